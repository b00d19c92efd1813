import { describe, expect, test, vi } from "vitest";
import golden from "../../../tests/golden/comm.json" with { type: "json" };
import { firstCodePoints } from "../../src/model/changes.ts";
import { Conversation } from "../../src/model/conversation.ts";
import type { Change, Command, Traits } from "../../src/model/types.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

function open(traits = {}, options = {}) {
  const model = new MockModel(traits, options);
  const { signal, end } = testLifetime();
  const conversation = new Conversation(model, signal);
  return { model, conversation, end };
}

/** Gives a command as a view does. */
function give(conversation: Conversation, model: MockModel, sample: Command): void {
  const { id: _id, owner: _owner, ...request } = sample;
  if (request.op === "view") model.set("_n", request.n);
  if (request.op === "say") conversation.say(request.text, request);
  else if (request.op === "report") {
    const { message, reason, share } = request;
    conversation.report(message, { reason, share });
  } else if (request.op === "erase") conversation.erase();
  else if (request.op === "view") conversation.show(request.view, request.shown);
  else if (request.op === "discard") conversation.discard(request.message);
  else if (request.op === "retry") conversation.retry(request.message);
  else conversation.request(request);
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("changes", () => {
  test("the golden messages lead to the golden traits, and nothing is saved or sent", () => {
    const { model, conversation } = open(golden.start);
    let expected = golden.start as unknown as Traits;
    for (const step of golden.steps) {
      expected = { ...expected, ...(step.traits as Partial<Traits>) };
      if (step.message) model.receive(step.message as Change);
      else model.traitsArrive(expected);
      expect(conversation.traits, step.fact).toEqual(expected);
      // A number known already is ignored.
      if (step.message) model.receive(step.message as Change);
      expect(conversation.traits, step.fact).toEqual(expected);
    }
    expect(model.saved).toBe(0);
    expect(model.sent).toEqual([]);
  });

  test("arrays are replaced, never altered: ipywidgets compares old with new", () => {
    const { model } = open(golden.start);
    const before = model.get("history");
    const held = [...before];
    model.change({ reply: { re: "m", id: "t", from: 0, text: "a" } });
    expect(model.get("history")).not.toBe(before);
    expect(before).toEqual(held);
  });

  test("`_n` is set last, so that who draws from it sees the rest", () => {
    const { model } = open();
    const seen: number[] = [];
    model.on("change:_n", () => seen.push(model.get("history").length));
    model.change({
      events: [{ seq: 1, id: "a", role: "notice", text: "x", at: 1, status: "complete" }],
    });
    expect(seen).toEqual([1]);
  });

  test("a gap says once what is held, and is deaf until whole traits come", () => {
    const { model, conversation } = open({}, { answers: false });
    conversation.show("v", true);
    model.receive({ acks: [{ id: model.sent[0]?.id ?? "" }] });
    model.receive({ n: 5, state: { title: "missed" } });
    model.receive({ n: 6, state: { title: "missed" } });
    expect(model.ops("view").map((command) => ({ ...command, id: "" }))).toEqual(
      [0, 0].map((n) => ({ op: "view", view: "v", shown: true, n, lang: "en-US", id: "" })),
    );
    expect(conversation.traits.session_state).toEqual({});
    model.traitsArrive({ session_state: { title: "whole" }, _n: 6 });
    model.receive({ n: 7, state: { title: "next" } });
    expect(conversation.traits.session_state).toEqual({ title: "next" });
  });

  test("code points are counted, not UTF-16 units", () => {
    expect(firstCodePoints("a🙂b", 2)).toBe("a🙂");
    expect(firstCodePoints("ab", 9)).toBe("ab");
    expect(firstCodePoints("ab", 0)).toBe("");
  });
});

describe("commands", () => {
  test("have the golden shapes", () => {
    const { model, conversation } = open(golden.start, { answers: false });
    for (const sample of golden.commands as Command[]) {
      give(conversation, model, sample);
      model.receive({ acks: [{ id: model.sent.at(-1)?.id ?? "" }] });
    }
    const shapes = (commands: object[]) => commands.map((c) => ({ ...c, id: "" }));
    expect(JSON.parse(JSON.stringify(shapes(model.sent)))).toEqual(shapes(golden.commands));
    const ids = model.sent.map((command) => command.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9-][A-Za-z0-9_-]{0,63}$/);
  });

  test("one unacknowledged is sent again under its id, at growing intervals", () => {
    vi.useFakeTimers();
    const { model, conversation } = open({}, { answers: false });
    const id = conversation.request({ op: "say", text: "hello" });
    vi.advanceTimersByTime(5_100);
    vi.advanceTimersByTime(10_100);
    expect(model.sent.map((command) => command.id)).toEqual([id, id, id]);
    model.receive({ acks: [{ id }] });
    vi.advanceTimersByTime(600_000);
    expect(model.sent).toHaveLength(3);
  });

  test("no message overtakes one that may have been lost", () => {
    const { model, conversation } = open({}, { answers: false });
    const ids = ["one", "two"].map((text) => conversation.request({ op: "say", text }));
    const third = conversation.request({ op: "reconnect" });
    expect(model.sent.map((command) => command.id)).toEqual([ids[0], ...ids, third]);
  });

  test("a draft follows the conversation, and is there when its name is learnt", () => {
    open().conversation.write("half a sentence");
    const { model, conversation } = open({ _view: { key: "" } });
    expect(conversation.draft).toBe("");
    model.traitsArrive({ _view: { ...model.get("_view"), key: "k1" }, _n: 1 });
    expect(conversation.draft).toBe("half a sentence");
    model.traitsArrive({ _view: { ...model.get("_view"), key: "k2" }, _n: 2 });
    expect(conversation.draft).toBe("half a sentence");
    expect(open().conversation.draft).toBe("");
  });

  test("nothing at all is sent while nothing happens", () => {
    vi.useFakeTimers();
    const { model } = open();
    vi.advanceTimersByTime(600_000);
    expect(model.sent).toEqual([]);
  });

  test("a kernel that cannot be reached is no error: the message waits", async () => {
    const { model, conversation } = open({}, { throws: true });
    conversation.request({ op: "say", text: "hello" });
    expect(conversation.unacknowledged.map(({ op }) => op)).toEqual(["say"]);
    model.throws = false;
    conversation.commands.resend();
    await settled();
    expect(conversation.unacknowledged).toEqual([]);
  });

  test("what was not acknowledged outlives a reload, and goes out again under its id", async () => {
    const before = open({}, { answers: false });
    const id = before.conversation.request({ op: "say", text: "hello" });
    before.conversation.request({ op: "new" });
    before.end();
    const after = open({}, { answers: false });
    expect(after.model.sent).toEqual([{ op: "say", id, text: "hello" }]);
    after.model.receive({ acks: [{ id }] });
    expect(open().model.sent).toEqual([]);
  });

  test("another conversation's commands are not ours", () => {
    open({}, { answers: false }).conversation.request({ op: "say", text: "hello" });
    expect(open({ _view: { key: "other" } }).model.sent).toEqual([]);
  });

  test("to stand in the queue or in the log is as good as an acknowledgement", () => {
    const { model, conversation } = open({}, { answers: false });
    const id = conversation.request({ op: "say", text: "hello" });
    model.change({ queue: [{ id, text: "hello", at: 1, status: "saving", reason: "" }] });
    expect(conversation.unacknowledged).toEqual([]);
  });

  test("a refused message stays, with the reason, and is not sent again by itself", () => {
    vi.useFakeTimers();
    const { model, conversation } = open({}, { answers: false });
    const id = conversation.request({ op: "say", text: "hello" });
    model.receive({ acks: [{ id, error: "The queue is full." }] });
    vi.advanceTimersByTime(120_000);
    expect(conversation.unacknowledged[0]?.error).toBe("The queue is full.");
    expect(model.sent).toHaveLength(1);
    conversation.retry(id);
    expect(model.sent).toHaveLength(2);
    conversation.discard(id);
    expect(conversation.unacknowledged).toEqual([]);
  });

  test("a refused command of another kind is an error that is shown until the next command", () => {
    const { model, conversation } = open({}, { answers: false });
    const id = conversation.request({ op: "older", n: 100 });
    model.receive({ acks: [{ id, error: "The server is away." }] });
    expect(conversation.commandError?.error).toBe("The server is away.");
    conversation.request({ op: "reconnect" });
    expect(conversation.commandError).toBeNull();
  });

  test("where the browser forbids storage, all works but outliving a reload", () => {
    vi.spyOn(window, "sessionStorage", "get").mockImplementation(() => {
      throw new DOMException("denied", "SecurityError");
    });
    const { model, conversation } = open({}, { answers: false });
    conversation.request({ op: "say", text: "hello" });
    conversation.write("x");
    expect(conversation.draft).toBe("x");
    expect(open().conversation.draft).toBe("");
    expect(model.sent).toHaveLength(1);
  });
});
