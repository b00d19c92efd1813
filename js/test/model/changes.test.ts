import { expect, test } from "vitest";
import { applied } from "../../src/model/changes.ts";
import type { Change, HistoryItem, Traits } from "../../src/model/types.ts";
import { event, item } from "../support/fixtures.ts";
import { MockModel } from "../support/mock.mjs";

const reply: HistoryItem = { id: "t", re: "a", role: "tutor", text: "a🙂", status: "streaming" };
function after(history: HistoryItem[], change: Change): Partial<Traits> {
  const model = new MockModel();
  const traits = { history, queue: [item("q", "queued")], _view: model.get("_view") };
  return applied(traits as unknown as Traits, change);
}
const ids = (traits: Partial<Traits>) => traits.history?.map(({ id }) => id);

test("earlier messages come first, and the answer under way stays last", () => {
  const changed = after([event(3, "c", "learner"), reply], {
    older: [event(1, "a", "learner"), event(2, "b", "tutor")],
    events: [event(4, "d", "notice")],
  });
  expect(ids(changed)).toEqual(["a", "b", "c", "d", "t"]);
});

test("words that come end the waiting in line, and stand behind the code points before them", () => {
  const waiting = { ...reply, text: "", place: 2 } as HistoryItem;
  expect(after([waiting], { reply: { from: 0, text: "x" } }).history).toEqual([
    { ...reply, text: "x" },
  ]);
  expect(after([reply], { reply: { from: 2, text: "b" } }).history).toMatchObject([
    { text: "a🙂b" },
  ]);
});

test("an answer under way ends with its own event, not with another's", () => {
  expect(ids(after([reply], { events: [event(1, "n", "notice")] }))).toEqual(["n", "t"]);
  expect(ids(after([reply], { events: [event(1, "o", "tutor", { re: "b" })] }))).toEqual([
    "o",
    "t",
  ]);
  expect(ids(after([reply], { events: [event(1, "t2", "tutor", { re: "a" })] }))).toEqual(["t2"]);
  expect(ids(after([event(1, "a", "learner"), reply], { reply: null }))).toEqual(["a"]);
});

test("what changes nothing gives no new value: nothing is drawn for it", () => {
  expect(after([reply], { n: 2, gone: ["unknown"] })).toEqual({});
});

test("a queue keeps its order when one of it changes, and loses what came to the log", () => {
  const changed = after([], {
    queue: [item("q", "sent"), item("r", "queued")],
    gone: [],
    events: [event(1, "r", "learner")],
  });
  expect(changed.queue).toEqual([item("q", "sent")]);
});
