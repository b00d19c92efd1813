/** The report of an answer: its button, its form, and what becomes of it. */
import { expect, test, vi } from "vitest";
import report from "../../../src/parts/report.ts";
import { Times } from "../../../src/view/times.ts";
import { arrange, type ReportState } from "../../../src/view/transcript/entries.ts";
import { Message } from "../../../src/view/transcript/message.ts";
import { english } from "../../../src/words.ts";
import { event } from "../../support/fixtures.ts";
import { press, settled, type } from "../../support/page.ts";

const actions = () => ({
  edit: vi.fn(),
  retry: vi.fn(),
  discard: vi.fn(),
  stop: vi.fn(),
  askAgain: vi.fn(),
  enhance: vi.fn(),
  report: vi.fn(),
  fillReport: async (form: HTMLElement, done: (reason?: string) => void) =>
    report(form, undefined, done),
});

function shown(more = {}, state: ReportState | null = "offered") {
  const given = actions();
  const entry = () => {
    const [made] = arrange([event(1, "_a", "tutor", more)], [], [], () => state ?? undefined);
    if (!made) throw new Error("no entry");
    return made;
  };
  const message = new Message(entry(), english, new Times(english, "en"), given);
  document.body.append(message.element);
  message.update(entry(), true);
  const become = (next: ReportState) => {
    state = next;
    message.update(entry(), true);
  };
  const find = <E extends HTMLElement>(selector: string) =>
    message.element.querySelector<E>(selector) as E;
  const named = (label: string) =>
    [...message.element.querySelectorAll("button")].find((each) => each.textContent === label);
  return { given, message, become, find, named };
}

test("only a tutor's message can be reported, and only where that is offered", () => {
  expect(shown({}, null).find(".report")).toBeNull();
  expect(shown({ role: "notice" }).find(".report")).toBeNull();
  expect(shown({ role: "learner" }).find(".report")).toBeNull();
  const button = shown().find(".report");
  expect(button.getAttribute("aria-label")).toBe("Report this answer");
});

test("the form has the focus, and gives it back; the reason may be empty", async () => {
  const { given, find, named } = shown();
  find(".report").click();
  await settled();
  const form = find(".reporting");
  expect([form.hidden, form.getAttribute("role")]).toEqual([false, "dialog"]);
  expect(form.getAttribute("aria-label")).toBe("Report this answer");
  expect(document.activeElement).toBe(find("textarea"));
  named("Report")?.click();
  expect(given.report).toHaveBeenCalledWith(expect.objectContaining({ id: "_a" }), "");
  expect(form.hidden).toBe(true);
  expect(document.activeElement).toBe(find(".report"));
});

test("Esc and Cancel report nothing", async () => {
  const { given, find, named } = shown();
  for (const leave of [() => press(find("textarea"), "Escape"), () => named("Cancel")?.click()]) {
    find(".report").click();
    await settled();
    type(find("textarea"), "rude");
    leave();
    expect(find(".reporting").hidden).toBe(true);
  }
  expect(given.report).not.toHaveBeenCalled();
});

test("the button pressed again keeps what is written, and says that the form is open", async () => {
  const { find } = shown();
  const expanded = () => find(".report").getAttribute("aria-expanded");
  expect(expanded()).toBe("false");
  find(".report").click();
  await settled();
  expect(expanded()).toBe("true");
  type(find("textarea"), "rude");
  find(".report").click();
  await settled();
  expect(find<HTMLTextAreaElement>("textarea").value).toBe("rude");
  expect(document.activeElement).toBe(find("textarea"));
  press(find("textarea"), "Escape");
  expect(expanded()).toBe("false");
});

test("Esc that ends the choice of a word in an input method leaves the form open", async () => {
  const { find } = shown();
  find(".report").click();
  await settled();
  press(find("textarea"), "Escape", { isComposing: true });
  press(find("textarea"), "Escape", { keyCode: 229 });
  expect(find(".reporting").hidden).toBe(false);
});

test("a reason has 2,000 characters at most, counted as the tutor counts", async () => {
  const { given, find, named } = shown();
  find(".report").click();
  await settled();
  type(find("textarea"), "🙂".repeat(2001));
  named("Report")?.click();
  expect(given.report).not.toHaveBeenCalled();
  expect(find(".problem").textContent).toBe("2,001 of 2,000 characters: shorten it.");
  type(find("textarea"), ` ${"🙂".repeat(2000)} `);
  named("Report")?.click();
  expect(given.report).toHaveBeenCalledWith(expect.anything(), "🙂".repeat(2000));
});

test("what becomes of it stands at the message", () => {
  const { become, find } = shown({ status: "stopped" });
  become("waiting");
  expect(find(".state").textContent).toBe("Stopped · Reporting…");
  expect(find(".report").hidden).toBe(true);
  become("reported");
  expect(find(".state").textContent).toBe("Stopped · Reported");
});

test("a notice has the name of the person who wrote it", () => {
  const { find, message } = shown({ role: "notice", by: "Ms Grey" }, null);
  expect(find(".who").textContent).toBe("Ms Grey");
  expect(message.element.getAttribute("aria-label")).toMatch(/^Ms Grey, /);
});

test("an answer that waits for a person says so", () => {
  const reply = { id: "", re: "m", role: "tutor", text: "", status: "streaming" } as const;
  const [entry] = arrange([{ ...reply, held: true }], [], []);
  if (!entry) throw new Error("no entry");
  const message = new Message(entry, english, new Times(english, "en"), actions());
  message.update(entry, true);
  expect(message.element.querySelector(".state")?.textContent).toBe(
    "A teacher is looking at this answer.",
  );
});
