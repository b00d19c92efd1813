import { describe, expect, test, vi } from "vitest";
import { item } from "../support/fixtures.ts";
import { open, press, settled, type } from "../support/page.ts";

const error = { name: "NameError", message: "x", traceback: "line 1" };
const field = (view: ReturnType<typeof open>) => view.$<HTMLTextAreaElement>("textarea");

describe("the field", () => {
  test("has a name, grows in its reader's direction, and tells a phone what Enter does", () => {
    const own = field(open());
    expect(own.getAttribute("aria-label")).toBe("Message to the tutor");
    expect(own.placeholder).toBe("Ask your tutor…");
    expect(own.dir).toBe("auto");
    expect(own.getAttribute("enterkeyhint")).toBe("send");
  });

  test("sends code with its indentation, and without the empty lines around it", () => {
    const view = open();
    type(field(view), "\n \n    x = 1\n    y\n\n ");
    press(field(view), "Enter");
    expect(view.model.ops("say")).toMatchObject([{ text: "    x = 1\n    y" }]);
  });

  test("sends what holds a long row of spaces at once: to look for its end costs its length", () => {
    const view = open();
    type(field(view), `x${" ".repeat(256 * 1024)}y\n`);
    press(field(view), "Enter");
    expect(view.model.ops("say")).toHaveLength(1);
  });

  test("keeps Alt+Enter for a line of its own", () => {
    const view = open();
    type(field(view), "x");
    expect(press(field(view), "Enter", { altKey: true }).defaultPrevented).toBe(false);
    expect(view.model.ops("say")).toEqual([]);
  });

  test("takes the Enter that sends, and ↑ only while it is empty", () => {
    const view = open({ queue: [item("a", "queued")] });
    type(field(view), "x");
    expect(press(field(view), "ArrowUp").defaultPrevented).toBe(false);
    expect(view.model.ops("discard")).toEqual([]);
    expect(press(field(view), "Enter").defaultPrevented).toBe(true);
  });

  test("is one text in all views, and what it holds is kept", () => {
    const first = open();
    const second = first.show();
    type(field(first), "half");
    const other = second.$<HTMLTextAreaElement>("textarea");
    expect(other.value).toBe("half");
    expect(second.$(".send").getAttribute("aria-disabled")).toBeNull();
  });

  test("has the caret between what was taken back and what was being written", () => {
    const view = open({ queue: [item("a", "queued")] });
    type(field(view), "draft");
    view.named("Edit")?.click();
    expect(field(view).value).toBe("text of a\ndraft");
    expect(field(view).selectionStart).toBe("text of a".length);
    expect(view.root.activeElement).toBe(field(view));
  });
});

describe("the button", () => {
  test("sends without loading the page anew, and the field has the focus for more", () => {
    const view = open();
    type(field(view), "x");
    const submitted = new Event("submit", { cancelable: true });
    view.$("form").dispatchEvent(submitted);
    expect(submitted.defaultPrevented).toBe(true);
    expect(view.model.ops("say")).toHaveLength(1);
    expect(view.root.activeElement).toBe(field(view));
  });

  test("says that it does nothing while nothing is written, and stays focusable", () => {
    const view = open();
    const send = view.$<HTMLButtonElement>(".send");
    expect([send.getAttribute("aria-disabled"), send.disabled]).toEqual(["true", false]);
    type(field(view), "x");
    expect(send.getAttribute("aria-disabled")).toBeNull();
    type(field(view), "  ");
    expect(send.getAttribute("aria-disabled")).toBe("true");
  });
});

describe("what is attached", () => {
  test("goes with the message, comes back with it, and goes again", () => {
    sessionStorage.setItem("tutor_widget:k1:context", JSON.stringify({ error }));
    const view = open({}, { answers: false });
    type(field(view), "why?");
    press(field(view), "Enter");
    expect(view.model.ops("say")).toMatchObject([{ context: { error } }]);
    view.named("Edit")?.click();
    press(field(view), "Enter");
    expect(view.model.ops("say")[1]).toMatchObject({ text: "why?", context: { error } });
  });

  test.each([
    [{ error }, "Can you look at this error?"],
    [{ cell: "x = 1" }, "Can you look at this code?"],
    [{ error, cell: "x = 1" }, "Can you look at this error?"],
  ])("is sent without words, too, with a sentence for it: %j", async (context, text) => {
    sessionStorage.setItem("tutor_widget:k1:context", JSON.stringify(context));
    const view = open();
    type(field(view), " \n ");
    expect(view.$(".send").getAttribute("aria-disabled")).toBeNull();
    press(field(view), "Enter");
    press(field(view), "Enter");
    expect(view.model.ops("say")).toMatchObject([{ text, context }]);
    await settled();
    expect(view.$(".send").getAttribute("aria-disabled")).toBe("true");
  });

  test("changes what the button does at once", async () => {
    const view = open();
    const send = view.$(".send");
    expect(send.getAttribute("aria-disabled")).toBe("true");
    sessionStorage.setItem("tutor_widget:k2:context", JSON.stringify({ error }));
    view.model.change({ view: { key: "k2" } });
    await settled();
    expect(send.getAttribute("aria-disabled")).toBeNull();
  });

  test("is nowhere to be chosen in a saved conversation", () => {
    const view = open({ _view: { cell: true } }, { answers: false, manager: { kernel: null } });
    expect(view.$(".chips").hidden).toBe(true);
    const live = open({ _view: { cell: true } });
    expect(live.$(".chips").hidden).toBe(false);
  });
});

test("who writes is told at once what stands in the way: the situation is looked at anew", () => {
  const view = open({}, { answers: false, manager: { kernel: { status: "idle" } } });
  const looked = vi.spyOn(navigator, "onLine", "get");
  type(field(view), "x");
  expect(looked).toHaveBeenCalled();
});
