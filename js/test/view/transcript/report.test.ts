/** The report of an answer: its form, and what becomes of it. */
import { expect, test, vi } from "vitest";
import { h } from "../../../src/dom.ts";
import report from "../../../src/parts/report.ts";
import { Times } from "../../../src/view/times.ts";
import { arrange, type ReportState } from "../../../src/view/transcript/entries.ts";
import { Message } from "../../../src/view/transcript/message.ts";
import { english } from "../../../src/words.ts";
import { event } from "../../support/fixtures.ts";
import { press, settled, type } from "../../support/page.ts";

const actions = (send = vi.fn()) => ({
  edit: vi.fn(),
  retry: vi.fn(),
  discard: vi.fn(),
  stop: vi.fn(),
  askAgain: vi.fn(),
  goOn: vi.fn(),
  tools: { moveTo: vi.fn(), toggle: vi.fn(), key: vi.fn() },
  enhance: vi.fn(),
  reading: h("p", { id: "reading" }),
  reportForm: async (message: Message) => report(message, undefined, send),
});

function shown(more = {}, state: ReportState | null = "offered") {
  const send = vi.fn();
  const entry = () => {
    const [made] = arrange([event(1, "_a", "tutor", more)], [], [], () => state ?? undefined);
    if (!made) throw new Error("no entry");
    return made;
  };
  const message = new Message(entry(), english, new Times(english, "en"), actions(send));
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
  return { send, message, become, find, named };
}

test("the form has the focus, and gives it back; the reason may be empty", async () => {
  const { send, message, find, named } = shown();
  message.openReport();
  await settled();
  const form = find(".reporting");
  expect([form.hidden, form.getAttribute("role")]).toEqual([false, "dialog"]);
  expect(form.getAttribute("aria-label")).toBe("Report this answer");
  expect(document.activeElement).toBe(find("textarea"));
  named("Report")?.click();
  expect(send).toHaveBeenCalledExactlyOnceWith({ reason: "", share: false });
  expect(form.hidden).toBe(true);
  expect(document.activeElement).toBe(message.element);
});

test("Esc and Cancel report nothing", async () => {
  const { send, message, find, named } = shown();
  for (const leave of [() => press(find("textarea"), "Escape"), () => named("Cancel")?.click()]) {
    message.openReport();
    await settled();
    type(find("textarea"), "rude");
    leave();
    expect(find(".reporting").hidden).toBe(true);
  }
  expect(send).not.toHaveBeenCalled();
});

test("the conversation around it is shared only if that is ticked", async () => {
  const { send, message, find, named } = shown();
  message.openReport();
  await settled();
  const box = find<HTMLInputElement>("input[type=checkbox]");
  expect(box.checked).toBe(false);
  expect(box.closest("label")?.textContent).toBe(
    "Share the conversation around this answer with your teacher" +
      "Then your teacher also reads what you and the tutor wrote before and after it.",
  );
  box.click();
  named("Report")?.click();
  expect(send).toHaveBeenCalledExactlyOnceWith({ reason: "", share: true });
});

test("asked for again it keeps what is written", async () => {
  const { message, find } = shown();
  message.openReport();
  await settled();
  type(find("textarea"), "rude");
  message.focus();
  message.openReport();
  await settled();
  expect(find<HTMLTextAreaElement>("textarea").value).toBe("rude");
  expect(document.activeElement).toBe(find("textarea"));
});

test("an answer that is reported meanwhile gets no form, or loses it", async () => {
  const late = shown();
  late.message.openReport();
  late.become("waiting");
  await settled();
  expect(late.find(".reporting").hidden).toBe(true);
  const open = shown();
  open.message.openReport();
  await settled();
  open.become("waiting");
  expect(open.find(".reporting").hidden).toBe(true);
});

test("Esc that ends the choice of a word in an input method leaves the form open", async () => {
  const { message, find } = shown();
  message.openReport();
  await settled();
  press(find("textarea"), "Escape", { isComposing: true });
  press(find("textarea"), "Escape", { keyCode: 229 });
  expect(find(".reporting").hidden).toBe(false);
});

test("a reason has 2,000 characters at most, counted as the tutor counts", async () => {
  const { send, message, find, named } = shown();
  message.openReport();
  await settled();
  type(find("textarea"), "🙂".repeat(2001));
  named("Report")?.click();
  expect(send).not.toHaveBeenCalled();
  expect(find(".problem").textContent).toBe("2,001 of 2,000 characters: shorten it.");
  type(find("textarea"), ` ${"🙂".repeat(2000)} `);
  named("Report")?.click();
  expect(send).toHaveBeenCalledWith({ reason: "🙂".repeat(2000), share: false });
});

test("what becomes of it stands at the message", () => {
  const { become, find } = shown({ status: "stopped" });
  become("waiting");
  expect(find(".state").textContent).toBe("Stopped · Reporting…");
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
