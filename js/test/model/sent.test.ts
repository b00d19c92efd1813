/** What went along with a message goes along when it is asked again, also after a kernel's restart. */
import { expect, test } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

const context = { error: { name: "KeyError", message: "'x'", traceback: "line 1" } };

/** A chat of this tab, before a kernel that takes everything. */
function open(view: object = {}) {
  const model = new MockModel({ _view: { key: "k1", owners: [""], ...view } });
  return { model, conversation: new Conversation(model, testLifetime().signal) };
}

function said(conversation: Conversation, along: object | null = context): string {
  conversation.say("why?", { context: along ?? undefined });
  return conversation.commands.pending.at(-1)?.id ?? "";
}

test("a chat of the next kernel knows what an earlier one of this tab sent along", () => {
  const id = said(open().conversation);
  expect(open().conversation.contextOf(id)).toEqual(context);
  expect(open({ owners: ["", "A"] }).conversation.contextOf(id)).toEqual(context);
});

test("another account and another conversation know nothing of it", () => {
  const id = said(open({ owners: ["", "A"] }).conversation);
  expect(open({ owners: ["", "B"] }).conversation.contextOf(id)).toBeUndefined();
  expect(open({ key: "k2", owners: ["", "A"] }).conversation.contextOf(id)).toBeUndefined();
});

test("it is kept of the ten newest messages that had something", () => {
  const { conversation } = open();
  const ids = Array.from({ length: 11 }, () => said(conversation));
  said(conversation, null);
  expect(conversation.contextOf(ids[0] ?? "")).toBeUndefined();
  expect(conversation.contextOf(ids[1] ?? "")).toEqual(context);
});

test("nothing of it stays when the conversation is deleted", () => {
  const { model, conversation } = open({ owners: ["", "A"] });
  const id = said(conversation);
  model.change({ view: { erasing: true } });
  expect(conversation.contextOf(id)).toBeUndefined();
  expect(Object.values({ ...sessionStorage }).join(" ")).not.toContain("KeyError");
});

test("what another program stored there is nothing", () => {
  const { conversation } = open();
  for (const text of ["no JSON", "null", "7"]) {
    sessionStorage.setItem("tutor_widget:k1:sent", text);
    expect(open().conversation.contextOf("a")).toBeUndefined();
  }
  expect(conversation.contextOf("a")).toBeUndefined();
});
