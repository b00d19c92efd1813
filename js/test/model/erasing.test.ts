/** What a tab keeps of a deleted conversation: nothing. */
import { beforeEach, expect, test, vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import { connection } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

beforeEach(() => {
  vi.useFakeTimers();
});

function open(view = {}, traits = {}) {
  const model = new MockModel({ ...traits, _view: { key: "k1", owners: ["", "A"], ...view } });
  model.answers = false;
  return { model, conversation: new Conversation(model, testLifetime().signal) };
}

const kept = () => Object.values({ ...sessionStorage }).join(" ");
const erased = {
  status: "failed",
  connection: connection("failed", { code: "erased" }),
};

test("its drafts, contexts and commands go, in memory and in the tab's storage", () => {
  const { model, conversation } = open();
  conversation.write("the marker");
  conversation.attach({ cell: "the marker = 1" });
  conversation.say("the marker");
  conversation.report("_a", { reason: "the marker", share: false });
  expect(kept().match(/marker/g)).toHaveLength(4);
  model.change({ ...erased, view: { erased: ["k1"] } });
  expect(kept()).toBe("");
  expect([conversation.draft, conversation.attached]).toEqual(["", {}]);
  expect(conversation.commands.pending).toEqual([]);
});

test("they go as soon as it is to be deleted, and not into the conversation that replaces it", () => {
  const { model, conversation } = open();
  conversation.write("the marker");
  conversation.attach({ cell: "the marker = 1" });
  conversation.say("the marker");
  conversation.report("_a", { reason: "rude", share: false });
  conversation.erase();
  model.change({ view: { erasing: true } });
  expect(kept()).not.toContain("marker");
  expect(conversation.commands.pending.map(({ op }) => op)).toEqual(["report", "erase"]);
  model.change({ view: { key: "k2", erasing: false } });
  expect([conversation.draft, conversation.attached]).toEqual(["", {}]);
  conversation.write("the next");
  model.change({ view: { erased: ["k1"] } });
  expect(conversation.draft).toBe("the next");
  expect(kept()).toBe("the next");
});

test("also where the chat shows another conversation by now, and the old one's never comes over", () => {
  const { model, conversation } = open();
  conversation.write("the marker");
  conversation.say("the marker");
  model.change({ view: { key: "k2", erased: ["k1"] } });
  expect(kept()).toBe("");
  expect(conversation.draft).toBe("");
  expect(model.ops("say")).toHaveLength(1);
});

test("what another chat of the tab stored of it goes, too; what other owners wrote stays", () => {
  sessionStorage.setItem("tutor_widget:k1:draft:A", "the marker");
  sessionStorage.setItem("tutor_widget:k1:context", '{"cell": "the marker"}');
  sessionStorage.setItem("tutor_widget:k1:command:x", '{"op": "say", "owner": "A"}');
  sessionStorage.setItem("tutor_widget:k1:command:y", '{"op": "say", "owner": "B"}');
  sessionStorage.setItem("tutor_widget:k1:draft:B", "Bea's");
  sessionStorage.setItem("tutor_widget:k2:draft:A", "another conversation");
  open({ key: "k9", erased: ["k1"] });
  expect(Object.keys({ ...sessionStorage }).sort()).toEqual([
    "tutor_widget:k1:command:y",
    "tutor_widget:k1:draft:B",
    "tutor_widget:k2:draft:A",
  ]);
});

test("what is written later, in a conversation that began anew under the id, stays", () => {
  const { model, conversation } = open({ erased: ["k1"] });
  conversation.write("after thirty days");
  model.change({ state: { step: 1 } });
  expect(conversation.draft).toBe("after thirty days");
});

test("a conversation is deleted until it begins anew; then it can be deleted once more", () => {
  const { model, conversation } = open({ erased: ["k1"] });
  expect(conversation.end).toBe("erased");
  model.change({ connection: connection("closed") });
  expect(conversation.end).toBe("erased");
  model.change({ view: { erased: [] } });
  expect(conversation.end).toBeNull();
  conversation.write("the marker");
  model.change({ view: { erased: ["k1"] } });
  expect(conversation.draft).toBe("");
});

test("a deletion outlives a reload, and is never sent for another conversation", () => {
  const before = open();
  before.conversation.erase();
  expect(before.model.ops("erase")).toMatchObject([{ key: "k1", owner: "A" }]);
  const again = open();
  expect(again.model.ops("erase")).toMatchObject([{ key: "k1" }]);
  again.model.change({ view: { key: "k2" } });
  const sent = again.model.ops("erase").length;
  again.conversation.commands.resend();
  expect(again.model.ops("erase")).toHaveLength(sent);
  expect(again.conversation.end).toBeNull();
});

test("nothing more is said once it is asked for, until it is refused", () => {
  const { model, conversation } = open({ offers: ["erase", "report"] });
  expect(conversation.offers("erase")).toBe(true);
  conversation.erase();
  expect([conversation.end, conversation.offers("report")]).toEqual(["erasing", false]);
  const id = model.ops("erase")[0]?.id ?? "";
  model.receive({ acks: [{ id, error: "No.", code: "no_erasure" }] });
  expect(conversation.end).toBeNull();
  expect(conversation.commandError).toMatchObject({ code: "no_erasure" });
});

test("a message says which state was shown when it was written", () => {
  const { model, conversation } = open({ rev: 7 });
  conversation.say("Hint");
  model.change({ view: { rev: 8 } });
  conversation.commands.resend();
  expect(model.ops("say").map((said) => said.op === "say" && said.rev)).toEqual([7, 7]);
  open({ key: "k3", rev: null }).conversation.say("early");
  expect(conversation.unacknowledged.map((each) => "rev" in each && each.rev)).toEqual([7]);
});
