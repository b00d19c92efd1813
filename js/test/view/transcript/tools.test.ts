/** What can be done with a message that arrived: one bar for all messages. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { event, item } from "../../support/fixtures.ts";
import { open, press, settled, type } from "../../support/page.ts";

const HISTORY = [
  event(1, "_1", "tutor", { text: "*What* is a list?" }),
  event(2, "a", "learner", { text: "`[]`" }),
  event(3, "_3", "tutor", { re: "a" }),
  event(4, "n", "notice"),
];
const written = vi.fn();

beforeEach(() => {
  written.mockReset().mockResolvedValue(undefined);
  vi.stubGlobal("navigator", { ...navigator, onLine: true, clipboard: { writeText: written } });
});

function opened(traits = {}) {
  const view = open({ history: HISTORY, _view: { offers: ["report"] }, ...traits });
  const message = (id: string) => view.$(`[data-id="${id}"]`);
  const hover = (id: string) => message(id).dispatchEvent(new Event("pointerenter"));
  const bar = () => view.$(".tools");
  const offered = () =>
    [...bar().querySelectorAll<HTMLElement>(".offered button")]
      .filter((each) => !each.hidden)
      .map((each) => each.textContent);
  const tool = (name: string) => view.$(`.tool.${name}`);
  const opener = (id: string) => message(id).querySelector(".opener") as HTMLButtonElement;
  return { view, message, hover, bar, offered, tool, opener };
}

describe("the bar", () => {
  test("is in the message that the pointer or the focus came to last, and nowhere before", () => {
    const { view, message, hover, bar } = opened();
    expect(bar()).toBeNull();
    hover("_1");
    expect(message("_1").contains(bar())).toBe(true);
    message("a").focus();
    expect(message("a").contains(bar())).toBe(true);
    expect(view.$$(".tools")).toHaveLength(1);
  });

  test.each([
    ["_3", ["Copy", "Report this answer"]],
    ["a", ["Copy", "Ask again", "Edit and ask again"]],
    ["n", ["Copy"]],
  ])("offers at %s what can be done with that", (id, tools) => {
    const { hover, offered } = opened();
    hover(id);
    expect(offered()).toEqual(tools);
  });

  test("offers nothing at what has not arrived, and something once it has", async () => {
    const { view, hover, bar, offered } = opened({ queue: [item("q", "queued")] });
    hover("q");
    expect(bar().hidden).toBe(true);
    view.model.change({ events: [event(5, "q", "learner")] });
    await settled();
    expect(bar().hidden).toBe(false);
    expect(offered()).toEqual(["Copy", "Ask again", "Edit and ask again"]);
  });

  test("asks nothing in a conversation that is being deleted", async () => {
    const { view, hover, offered } = opened();
    hover("a");
    view.model.change({ view: { erasing: true } });
    await settled();
    expect(offered()).toEqual(["Copy"]);
  });

  test("names each of its buttons, also where only an icon is seen", () => {
    const { hover, view } = opened();
    hover("a");
    for (const each of view.$$(".tool")) {
      expect(each.getAttribute("aria-label")).toBeTruthy();
      expect(each.title).toBe(each.getAttribute("aria-label"));
    }
  });

  test("is not taken by a pointer from who uses it by keyboard", () => {
    const { view, message, hover, bar, tool } = opened();
    message("a").focus();
    tool("again").focus();
    vi.spyOn(tool("again"), "matches").mockReturnValue(true); // `:focus-visible`
    hover("_3");
    expect(message("a").contains(bar())).toBe(true);
    expect(view.root.activeElement).toBe(tool("again"));
  });

  test("leaves the focus at its message when it goes to another", () => {
    const { view, message, hover, tool } = opened();
    message("a").focus();
    tool("copy").focus();
    vi.spyOn(tool("copy"), "matches").mockReturnValue(false); // it was clicked
    hover("_1");
    expect(view.root.activeElement).toBe(message("a"));
  });
});

describe("its menu", () => {
  test("opens with the focus on the first action, and Esc closes it", () => {
    const { view, message, tool, opener } = opened();
    const own = opener("a");
    const state = () => [own.getAttribute("aria-expanded"), view.root.activeElement];
    expect(own.getAttribute("aria-label")).toBe("Actions");
    own.click();
    expect(state()).toEqual(["true", tool("copy")]);
    press(tool("copy"), "Escape");
    expect(state()).toEqual(["false", own]);
    own.click();
    own.focus();
    press(own, "Escape");
    expect(state()).toEqual(["false", own]);
    press(own, "Escape");
    expect(state()).toEqual(["false", message("a")]);
  });

  test("has a button at each message with which something can be done, before any focus", () => {
    const { view } = opened({ queue: [item("q", "queued")] });
    const ids = view
      .$$(".opener")
      .filter((each) => !each.hidden)
      .map((each) => each.closest<HTMLElement>(".message")?.dataset.id);
    expect(ids).toEqual(["_1", "a", "_3", "n"]);
  });

  test("is closed when the bar goes to another message", () => {
    const { opener, message, view } = opened();
    opener("a").click();
    message("_3").focus();
    expect(opener("a").getAttribute("aria-expanded")).toBe("false");
    expect(view.$(".tools.open")).toBeNull();
  });

  test("closes with the choice, and the focus stays in the message", () => {
    const { view, message, tool, opener } = opened();
    opener("a").click();
    tool("copy").click();
    expect(view.$(".tools.open")).toBeNull();
    expect(view.root.activeElement).toBe(message("a"));
  });
});

describe("Copy", () => {
  test("gives a message as it was written, and says that it did", async () => {
    const { view, hover, tool } = opened();
    for (const [id, text] of [
      ["_1", "*What* is a list?"],
      ["a", "`[]`"],
    ] as const) {
      hover(id);
      expect(view.$(".told").textContent).toBe("");
      tool("copy").click();
      await settled();
      expect(written).toHaveBeenLastCalledWith(text);
      expect(view.$(".told").textContent).toBe("Copied");
      expect(view.$(".told").getAttribute("role")).toBe("status");
    }
  });

  test("says so again each time, also of the same message: a new node is announced", async () => {
    const { view, hover, tool } = opened();
    hover("a");
    const told = [];
    for (let n = 0; n < 2; n++) {
      tool("copy").click();
      await settled();
      told.push(view.$(".told").firstChild);
    }
    expect(told[1]?.textContent).toBe("Copied");
    expect(told[1]).not.toBe(told[0]);
  });

  test("says what to press where the page has no clipboard, with the message selected", async () => {
    written.mockRejectedValue(new Error("not allowed"));
    const { view, message, hover, tool } = opened();
    hover("_1");
    tool("copy").click();
    await settled();
    expect(view.$(".told").textContent).toBe("Press Ctrl+C to copy");
    expect(getSelection()?.anchorNode).toBe(message("_1").querySelector(".body"));
  });
});

describe("what is asked again", () => {
  test("is a new message: the log stays as it is", () => {
    const { view, hover, tool } = opened();
    hover("a");
    tool("again").click();
    const [said] = view.model.ops("say");
    expect(said).toMatchObject({ text: "`[]`", again: "a" });
    expect(said?.id).not.toBe("a");
    expect(view.model.get("history")).toEqual(HISTORY);
  });

  test("may be edited first, with what went along", async () => {
    const context = { cell: "xs[3]" };
    sessionStorage.setItem("tutor_widget:k1:sent", JSON.stringify([["a", context]]));
    const { view, hover, tool } = opened();
    hover("a");
    tool("editAgain").click();
    const composer = view.$<HTMLTextAreaElement>("textarea");
    expect(view.root.activeElement).toBe(composer);
    type(composer, `${composer.value}?`);
    press(composer, "Enter");
    expect(view.model.ops("discard")).toEqual([]);
    expect(view.model.ops("say")).toMatchObject([{ text: "`[]`?", context }]);
  });
});

describe("an answer that is not whole", () => {
  const part = (more = {}) => [
    event(1, "a", "learner"),
    event(2, "t", "tutor", { re: "a", status: "stopped", text: "Lists are", ...more }),
  ];

  test("is gone on with, while it is the newest and has a beginning", async () => {
    const view = open({ history: part() }, { answers: false });
    view.named("Go on")?.click();
    expect(view.model.ops("say")).toMatchObject([{ text: "Can you finish your last answer?" }]);
    await settled();
    expect(view.named("Go on")).toBeUndefined(); // the next message is there
    expect(open({ history: part({ text: "" }) }).named("Go on")).toBeUndefined();
    expect(open({ history: part({ status: "complete" }) }).named("Go on")).toBeUndefined();
  });

  test("that failed is gone on with if there is more of it than that it failed", () => {
    const failed = (text: string) => open({ history: part({ status: "failed", text }) });
    expect(failed("Lists are\n\nThe answer was cut off.").named("Go on")).toBeDefined();
    const view = failed("The AI does not answer now.");
    expect(view.named("Go on")).toBeUndefined();
    expect(view.named("Try again")).toBeDefined();
  });

  test("is asked for again also where its question has to be loaded first", async () => {
    const [question, answer] = part({ status: "failed" });
    const view = open({ history: [answer], _view: { older: true } }, { answers: false });
    view.named("Try again")?.click();
    view.named("Try again")?.click(); // once is enough
    const [older, ...more] = view.model.ops("older");
    expect(more).toEqual([]);
    view.model.change({ older: [question] as never[] });
    view.model.receive({ acks: [{ id: older?.id ?? "", answer: 1 }] });
    await settled();
    expect(view.model.ops("say")).toMatchObject([{ text: question?.text, again: "a" }]);
  });

  test("is not asked for again where the kernel cannot get the question, which it says", async () => {
    const [, answer] = part();
    const view = open({ history: [answer], _view: { older: true } }, { answers: false });
    view.named("Try again")?.click();
    const [older] = view.model.ops("older");
    const error = "The tutor cannot be reached at the moment.";
    view.model.receive({ acks: [{ id: older?.id ?? "", error }] });
    await settled();
    expect(view.model.ops("say")).toEqual([]);
    expect(view.$(".notes").textContent).toContain(error);
    view.named("Try again")?.click();
    expect(view.model.ops("older")).toHaveLength(2);
  });

  test("offers nothing where the question is nowhere", () => {
    const [, answer] = part();
    const view = open({ history: [answer] });
    expect(view.named("Try again")).toBeUndefined();
  });
});
