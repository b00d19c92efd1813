import { expect, test, vi } from "vitest";
import { Conversation, type Model } from "../../src/model/conversation.ts";
import { draw } from "../../src/parts/context.ts";
import { Attachments, sharedWords } from "../../src/view/attachments.ts";
import { english } from "../../src/words.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

const error = { name: "NameError", message: "name 'x' is not defined", traceback: "line 1" };

function attachments(view = {}) {
  const model = new MockModel({ _view: view });
  const conversation = new Conversation(model as unknown as Model, testLifetime().signal);
  const made = new Attachments(english, conversation, vi.fn());
  made.update();
  const chips = () =>
    [...made.element.children].filter((c) => !(c as HTMLElement).hidden).map((c) => c.textContent);
  return { made, chips, conversation };
}

test("there is a chip for what there is, and none without", () => {
  expect(attachments().chips()).toEqual([]);
  expect(attachments({ error: "NameError" }).chips()).toEqual(["+ Last error: NameError"]);
  const both = attachments({ error: "KeyError", cell: true });
  expect(both.chips()).toEqual(["+ Last error: KeyError", "+ This cell"]);
  expect(both.made.take()).toBeUndefined();
});

test("what is attached outlives a reload, goes with one message, and comes back with it", () => {
  attachments().made.restore({ error });
  const { made, chips } = attachments({ error: "KeyError" });
  expect(chips()).toEqual(["✓ Attached: NameError"]);
  const taken = made.take();
  expect(taken).toEqual({ error });
  expect(made.take()).toBeUndefined();
  expect(attachments().made.take()).toBeUndefined();
  expect(chips()).toEqual(["+ Last error: KeyError"]);
  made.restore({ cell: undefined });
  expect(made.take()).toBeUndefined();
  made.restore({ cell: "x = 1" });
  made.restore(taken);
  expect(made.take()).toEqual({ cell: "x = 1", error });
});

test("what was shared is told in a line", () => {
  expect(sharedWords({}, english)).toBe("");
  expect(sharedWords({ cell: false }, english)).toBe("");
  expect(sharedWords({ error: "NameError", cell: true }, english)).toBe(
    "Attached: NameError, code",
  );
});

/** The preview, open on the page. */
function open(content: string | typeof error, attached = false) {
  const panel = document.createElement("div");
  document.body.append(panel);
  const done = vi.fn();
  draw(panel, undefined, content, attached, done);
  const fields = [...panel.querySelectorAll("textarea")];
  const button = (label: string) =>
    [...panel.querySelectorAll("button")].find((b) => b.textContent === label);
  const write = (text: string, n = 0) => {
    const field = fields[n] as HTMLTextAreaElement;
    field.value = text;
    field.dispatchEvent(new Event("input"));
  };
  const problem = () => panel.querySelector(".problem")?.textContent;
  return { panel, done, fields, button, write, problem };
}

test("the preview holds every part of an error, and what was changed there is what is attached", () => {
  const { done, fields, button, write } = open(error);
  expect(fields.map((field) => field.value)).toEqual(Object.values(error));
  expect(button("Remove")).toBeUndefined();
  write("only this", 2);
  button("Attach")?.click();
  expect(done.mock.calls).toEqual([[{ ...error, traceback: "only this" }]]);
});

test("what is too large or nothing at all cannot be attached, and the preview says why", () => {
  const { done, button, write, problem } = open("x".repeat(16_384));
  expect(problem()).toBe("");
  write(`${"x".repeat(16_380)}äöü`);
  expect(problem()).toBe("16,386 of 16,384 bytes: shorten it before you attach it.");
  button("Attach")?.click();
  write(" ");
  expect(problem()).toBe("There is nothing to attach.");
  button("Attach")?.click();
  expect(done).not.toHaveBeenCalled();
  expect(button("Attach")?.getAttribute("aria-disabled")).toBe("true");
  write("x = 1");
  button("Attach")?.click();
  expect(done.mock.calls).toEqual([["x = 1"]]);
});

test("Remove takes it off, Cancel and Esc change nothing", () => {
  const { panel, done, button } = open("x = 1", true);
  button("Remove")?.click();
  button("Cancel")?.click();
  panel.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  expect(done.mock.calls).toEqual([[null], [], []]);
});
