/** How a learner deletes a conversation, and what the chat offers then. */
import { expect, test, vi } from "vitest";
import { connection, event } from "../support/fixtures.ts";
import { MockModel } from "../support/mock.mjs";
import { open, press, settled } from "../support/page.ts";
import { openMenu, servePart } from "../support/parts.ts";

const erased = { _view: { ...new MockModel().get("_view"), erased: ["k1"] } };

test("the menu has no such item where the tutor does not delete", () => {
  expect(openMenu().named("Delete this conversation…")).toBeUndefined();
});

test("deleting takes two steps, the harmless answer first; Esc is the harmless one", () => {
  const { choices, named, conversation, closed } = openMenu({ offers: () => true });
  named("Delete this conversation…")?.click();
  const question = choices.querySelector("[role=alertdialog]") as HTMLElement;
  expect(question.getAttribute("aria-label")).toBe("Delete this conversation?");
  const note = choices.querySelector(`#${question.getAttribute("aria-describedby")}`);
  expect(note?.textContent).toContain("deletes all of it for good");
  expect(document.activeElement?.textContent).toBe("Keep it");
  const around = vi.fn();
  document.body.addEventListener("keydown", around, { once: true });
  press(question, "Escape");
  expect(around).not.toHaveBeenCalled();
  document.body.removeEventListener("keydown", around);
  expect(question.hidden).toBe(true);
  expect(document.activeElement?.textContent).toBe("Delete this conversation…");
  named("Delete this conversation…")?.click();
  expect(conversation.erase).not.toHaveBeenCalled();
  named("Delete for good")?.click();
  expect(conversation.erase).toHaveBeenCalledOnce();
  expect(closed).toHaveBeenCalledOnce();
});

test("the menu of a chat deletes its conversation, and gives the focus back", async () => {
  const parts = servePart("menu");
  const none = open({}, { parts });
  none.$("button.menu").click();
  await vi.waitFor(() => expect(none.named("New conversation…")).toBeDefined());
  expect(none.named("Delete this conversation…")).toBeUndefined();
  none.end();
  const view = open({ _view: { offers: ["erase"] } }, { parts });
  view.$("button.menu").click();
  await vi.waitFor(() => expect(view.named("Delete this conversation…")).toBeDefined());
  view.named("Delete this conversation…")?.click();
  view.named("Delete for good")?.click();
  expect(view.model.ops("erase")).toMatchObject([{ key: "k1" }]);
  expect(view.$("#menu").hidden).toBe(true);
});

test("while it waits to be deleted, and once it is, nothing can be written", async () => {
  const view = open({ history: [event(1, "_a", "tutor")], _view: { offers: ["erase", "report"] } });
  const closed = () => [
    view.$("form").hidden,
    view.named("Start a new conversation") !== undefined,
  ];
  expect(closed()).toEqual([false, false]);
  view.model.change({ view: { erasing: true } });
  await settled();
  expect(closed()).toEqual([true, false]);
  expect(view.$(".composer").textContent).toContain("This conversation is being deleted.");
  expect(view.$(".report")?.hidden ?? true).toBe(true);
  const failed = connection("failed", {
    code: "erased",
    advice: "Start a new conversation to go on.",
  });
  view.model.traitsArrive({ status: "failed", connection: failed, history: [], ...erased, _n: 8 });
  await settled();
  expect(closed()).toEqual([true, true]);
  const buttons = view.$$(".notes button").filter((each) => !each.closest("[hidden]"));
  expect(buttons).toEqual([]);
  view.named("Start a new conversation")?.click();
  expect(view.model.ops("new")).toHaveLength(1);
});

test("the focus that was in the composer moves to what stands there: the line, then the offer", async () => {
  const view = open({ history: [event(1, "_a", "tutor")] });
  view.$("textarea").focus();
  const failed = connection("failed", { code: "erased" });
  view.model.change({ view: { erasing: true } });
  await settled();
  expect(view.root.activeElement?.textContent).toContain("This conversation is being deleted.");
  view.model.traitsArrive({ status: "failed", connection: failed, history: [], ...erased, _n: 8 });
  await settled();
  expect(view.root.activeElement?.textContent).toBe("Start a new conversation");
});
