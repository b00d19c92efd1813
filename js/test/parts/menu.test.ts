/** What the menu says of the notebook file, and of an AI. */
import { describe, expect, test, vi } from "vitest";
import menu from "../../src/parts/menu.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { openMenu } from "../support/parts.ts";

/** A host that gives access to its notebook. */
const notebook = (more = {}) => ({
  context: { model: { getMetadata: () => null, ...more }, pathChanged: {}, saveState: {} },
});

describe("the menu says of the notebook file", () => {
  const SAVED = /^Saving the notebook stores the newest messages/;
  const RAN = /^The notebook file holds no more than what was said before its cell last ran/;
  test.each([
    ["where the page can write it: that a save stores the messages", {}, notebook(), SAVED],
    ["in VS Code and Colab: what it holds at most", {}, {}, RAN],
    ["where several people edit it at once: the same", {}, notebook({ collaborative: true }), RAN],
    [
      "of a chat that is not to be stored: that it holds nothing",
      { save: false },
      notebook(),
      /^Nothing of this conversation is stored/,
    ],
  ] as const)("%s", (_, view, manager, words) => {
    const { choices } = openMenu({}, { _view: view }, manager);
    const notes = [...choices.querySelectorAll(".note")].map(({ textContent }) => textContent);
    expect(notes).toEqual([expect.stringMatching(words)]);
  });
});

test.each([
  [true, 1],
  ["yes", 0],
])("where `ai` is %j it says %i times at length that an AI answers", (ai, count) => {
  const { choices } = openMenu({}, { session_state: { ai } });
  const said = choices.textContent?.split("An AI, a language model, reads").length ?? 0;
  expect(said - 1).toBe(count);
});

test.each([true, false])("with an AI (%j) the short note behind it is not said as well", (ai) => {
  const { choices, conversation } = openMenu({}, { session_state: { ai } });
  const short = document.createElement("p");
  choices.after(short);
  const origin = { place: choices, whole: testLifetime().signal, floating: { end: null } };
  const more = { manager: {}, show: () => undefined };
  menu(choices, undefined, conversation, { ...origin, ...more }, () => undefined);
  expect(short.hidden).toBe(ai);
});

describe("a conversation that is saved as a file", () => {
  const told = (choices: Element) => choices.querySelector("[role=status]")?.textContent;

  test("is said to be, with the file's name: a browser does not always tell", async () => {
    vi.useFakeTimers(); // the browser reads the file for a minute
    const piece = { text: "{}", next: null, name: "Lists.json" };
    const { choices, named } = openMenu({ ask: vi.fn().mockResolvedValue(piece) });
    expect(told(choices)).toBe("");
    named("JSON")?.click();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told(choices)).toBe("Saved: Lists.json");
    expect(named("JSON")).toBeTruthy();
  });

  test("that the kernel refused is not: the notes say why", async () => {
    const { choices, named } = openMenu({ ask: vi.fn().mockResolvedValue(undefined) });
    named("JSON")?.click();
    await vi.waitFor(() => expect(named("JSON")).toBeTruthy());
    expect(told(choices)).toBe("");
  });
});
