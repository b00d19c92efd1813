import { expect, test } from "vitest";
import type { HistoryItem, LogEvent, QueueItem } from "../../../src/model/types.ts";
import { arrange, sharedBy } from "../../../src/view/transcript/entries.ts";

let seq = 0;
const event = (id: string, role: LogEvent["role"], re?: string): LogEvent => {
  const whole: LogEvent = { seq: ++seq, id, role, text: id, at: seq, status: "complete" };
  return re === undefined ? whole : { ...whole, re };
};
const queued = (id: string): QueueItem => ({ id, text: id, at: 9, status: "queued", reason: "" });
const streaming = (re: string): HistoryItem => ({
  id: "t",
  re,
  role: "tutor",
  text: "t",
  status: "streaming",
});
const keys = (history: HistoryItem[], queue: QueueItem[] = []) =>
  arrange(history, queue, []).map((entry) => entry.key);

test("each reply stands under the message that it answers, unanswered messages follow", () => {
  const log = [event("a", "learner"), event("b", "learner"), event("ta", "tutor", "a")];
  expect(keys(log, [queued("c")])).toEqual(["a", "re:a", "b", "c"]);
});

test("unprompted words and notices stand by their place in the log", () => {
  const log = [
    event("hi", "tutor"),
    event("a", "learner"),
    event("n", "notice"),
    event("ta", "tutor", "a"),
  ];
  expect(keys(log)).toEqual(["hi", "a", "re:a", "n"]);
});

test("a reply to a message that is not held stands by its own place", () => {
  expect(keys([event("tx", "tutor", "x"), event("a", "learner")])).toEqual(["re:x", "a"]);
});

test("nothing moves or changes its key from typing to the answer", () => {
  const a = event("a", "learner");
  expect(keys([], [queued("a"), queued("b")])).toEqual(["a", "b"]);
  expect(keys([a], [queued("b")])).toEqual(["a", "b"]);
  expect(keys([a, streaming("a")], [queued("b")])).toEqual(["a", "re:a", "b"]);
  expect(keys([a, event("t", "tutor", "a")], [queued("b")])).toEqual(["a", "re:a", "b"]);
});

test("what no kernel has acknowledged comes last", () => {
  const pending = [
    { op: "say" as const, id: "z", text: "z", at: 1 },
    { op: "older" as const, id: "o", n: 1, at: 1 },
    { op: "say" as const, id: "y", text: "y", at: 2, error: "full" },
  ];
  const entries = arrange([], [queued("c")], pending);
  expect(entries.map(({ key, state }) => [key, state])).toEqual([
    ["c", "queued"],
    ["z", "waiting"],
    ["y", "failed"],
  ]);
});

test("an answer to a message that is still queued stands under it", () => {
  expect(keys([event("ta", "tutor", "a")], [queued("a"), queued("b")])).toEqual(["a", "re:a", "b"]);
});

test("a second answer to one message stands by its own place, and none is lost", () => {
  const log = [event("a", "learner"), event("t1", "tutor", "a"), event("b", "learner")];
  const entries = arrange([...log, event("t2", "tutor", "a")], [], []);
  expect(entries.map(({ id }) => id)).toEqual(["a", "t1", "b", "t2"]);
});

test("only a learner's message has an answer below it", () => {
  const notice = event("a", "notice");
  const entries = arrange([notice, event("t", "tutor", "a")], [queued("a")], []);
  expect(entries.map(({ role, id }) => `${role} ${id}`)).toEqual([
    "notice a",
    "learner a",
    "tutor t",
  ]);
});

test("an answer says what became of it", () => {
  const states = (["complete", "stopped", "failed"] as const).map(
    (status) => arrange([{ ...event("t", "tutor", "x"), status }], [], [])[0]?.state,
  );
  expect(states).toEqual(["said", "stopped", "broken"]);
});

test("of what is shared an error's name is told, and of code that there is some", () => {
  expect(sharedBy()).toEqual({ error: undefined, cell: false });
  expect(sharedBy({ cell: "" })).toEqual({ error: undefined, cell: true });
});
