import { beforeEach, describe, expect, test, vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import type { Connection, LogEvent } from "../../src/model/types.ts";
import { LiveRegions } from "../../src/status/live_regions.ts";
import { Narrator } from "../../src/status/narrator.ts";
import { Outages } from "../../src/status/outages.ts";
import { Watch } from "../../src/status/watch.ts";
import { english } from "../../src/words.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

beforeEach(() => vi.useFakeTimers());

function open(traits = {}, options = {}) {
  const model = new MockModel(traits, options);
  const { signal } = testLifetime();
  const words = () => english;
  const conversation = new Conversation(model, signal);
  const watch = new Watch(conversation, words, signal);
  const regions = new LiveRegions();
  regions.addView(signal);
  new Narrator(conversation, regions, words, signal);
  new Outages(conversation, watch, regions, words, signal);
  const log: string[] = [];
  vi.spyOn(regions, "announce").mockImplementation((channel, text) => {
    if (text) log.push(`${channel}: ${text}`);
    return text !== "";
  });
  const pass = async (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { model, conversation, log, pass };
}

const told = (seq: number, text: string, more = {}): LogEvent => ({
  seq,
  id: `t${seq}`,
  role: "tutor",
  text,
  at: 1,
  status: "complete",
  ...more,
});

const connection = (status: Connection["status"], more = {}): Connection => ({
  ...new MockModel().get("connection"),
  status,
  since: 0,
  now: 0,
  ...more,
});

describe("what is spoken", () => {
  test("nothing of what is there when the page opens", async () => {
    const { log, pass } = open({ history: [told(1, "Hello")] });
    await pass(60_000);
    expect(log).toEqual([]);
  });

  test("a reply: that it begins, that it takes long, and all of it once; never its tokens", async () => {
    const { model, log, pass } = open();
    model.change({ reply: { re: "a", id: "t", from: 0, text: "Lo" } });
    await pass(100);
    for (let i = 0; i < 20; i++) {
      model.change({ reply: { from: 2 + i, text: "o" } });
      await pass(2_000);
    }
    model.change({ events: [told(1, "Look: `x`\n\n```\n1\n2\n```", { re: "a" })] });
    await pass(100);
    expect(log).toEqual([
      "status: Tutor is answering",
      "status: Tutor is still answering",
      "reply: Tutor: Look: x. 1; 2",
    ]);
  });

  test("a long reply by its first sentence, many at once by their number", async () => {
    const { model, log, pass } = open();
    model.change({ events: [told(1, `One thing. ${"word ".repeat(200)}`)] });
    await pass(10);
    model.change({ events: [2, 3, 4, 5].map((seq) => told(seq, "x")) });
    await pass(10);
    expect(log).toEqual([
      "reply: Tutor: One thing. 202 words, in the transcript",
      "reply: 4 new messages",
    ]);
  });

  test("an outage once, after 1.5 s, and the return once with what was sent", async () => {
    const item = { id: "m", text: "x", at: 1, status: "queued" as const, reason: "" };
    const { model, log, pass } = open({ queue: [item] });
    model.change({ connection: connection("reconnecting") });
    await pass(1_000);
    expect(log).toEqual([]);
    await pass(1_000);
    for (let attempt = 1; attempt < 5; attempt++) {
      model.change({ connection: connection("reconnecting", { attempt, retry_at: 4_000 }) });
      await pass(1_000);
    }
    model.change({ connection: connection("connected") });
    await pass(100);
    model.change({ events: [told(1, "", { id: "m", role: "learner" })] });
    await pass(10_000);
    expect(log).toEqual(["status: Reconnecting…", "status: Reconnected, 1 message sent"]);
  });

  test("nothing of what waits when the page opens in an outage", async () => {
    const { log, pass } = open({
      status: "reconnecting",
      connection: connection("reconnecting", { now: 20_000 }),
      queue: [{ id: "m", text: "x", at: 1, status: "queued", reason: "" }],
    });
    await pass(60_000);
    expect(log).toEqual([]);
  });

  test("in an outage, that a message waits: once for each that the learner writes", async () => {
    const { model, conversation, log, pass } = open();
    model.change({ connection: connection("reconnecting") });
    await pass(2_000);
    for (const text of ["one", "two"]) {
      conversation.request({ op: "say", text });
      await pass(100);
      const id = model.ops("say").at(-1)?.id ?? "";
      model.change({ queue: [{ id, text, at: 1, status: "queued", reason: "" }] });
      await pass(5_000);
    }
    expect(log).toEqual([
      "status: Reconnecting…",
      "status: Reconnecting, 1 message waiting",
      "status: Reconnecting, 2 messages waiting",
    ]);
  });

  test("a blip not at all", async () => {
    const { model, log, pass } = open();
    model.change({ connection: connection("reconnecting") });
    await pass(1_400);
    model.change({ connection: connection("connected") });
    await pass(10_000);
    expect(log).toEqual([]);
  });

  test("a message that was not sent interrupts, with the reason", async () => {
    const { model, log, pass } = open();
    const item = { id: "m", text: "x", at: 1, reason: "It is too long." };
    model.change({ queue: [{ ...item, status: "failed" }] });
    await pass(10);
    model.change({ queue: [{ ...item, status: "failed" }] });
    await pass(10);
    expect(log).toEqual(["alert: Message not sent. It is too long."]);
  });

  test.each([
    ["Please sign in again.", "sign_in", "alert"],
    ["This conversation was deleted.", "erased", "status"],
    // A kernel of 0.1 sends no code: nothing is concluded from words.
    ["Please sign in again.", undefined, "status"],
  ])(
    "what ends a conversation interrupts only if the learner must act: %s, code %s",
    async (reason, code, voice) => {
      const { model, log, pass } = open({
        status: "connecting",
        connection: connection("connecting"),
      });
      model.change({ connection: connection("connected") });
      await pass(10);
      model.change({ connection: connection("failed", { reason, code }) });
      await pass(10);
      expect(log).toEqual(["status: Connected", `${voice}: ${reason}`]);
    },
  );

  test("in a page opened on a living conversation, that one must sign in again interrupts", async () => {
    const { model, log, pass } = open();
    model.change({ connection: connection("failed", { reason: "Sign in.", code: "sign_in" }) });
    await pass(10);
    expect(log).toEqual(["alert: Sign in."]);
  });

  test("what the eye finds above the log, once", async () => {
    const { model, conversation, log, pass } = open({}, { answers: false });
    model.change({ view: { warning: "The disk is full." } });
    await pass(10);
    const id = conversation.request({ op: "older", n: 100 });
    model.receive({ acks: [{ id, error: "The tutor cannot be reached." }] });
    await pass(10);
    model.change({ view: { older: true } });
    await pass(10);
    expect(log).toEqual(["status: The disk is full.", "status: The tutor cannot be reached."]);
    expect(conversation.commandError?.error).toBe("The tutor cannot be reached.");
    model.change({ connection: connection("connected") });
    expect(conversation.commandError).toBeNull();
  });

  test("a long reply in Chinese by its first sentence, and its characters", async () => {
    const { model, log, pass } = open();
    const text = `${"列表是值的序列。".repeat(80)}`;
    model.change({ events: [told(1, text)] });
    await pass(10);
    expect(log).toEqual([expect.stringContaining("列表是值的序列。")]);
    expect(log[0]).toContain("640");
    expect(log[0]?.length).toBeLessThan(100);
  });

  test("a log that a new kernel finds is not read out, but a greeting is", async () => {
    for (const [events, heard] of [
      [[told(1, "Welcome")], ["reply: Tutor: Welcome"]],
      [[told(1, "Welcome"), told(2, "said long ago")], []],
    ] as const) {
      const { model, log, pass } = open({
        status: "connecting",
        connection: { status: "connecting" },
        history: [],
      });
      model.change({ connection: connection("connected"), events: [...events] });
      await pass(1_000);
      expect(log.filter((line) => line.startsWith("reply"))).toEqual(heard);
    }
  });

  test("a log that was replaced is not read out", async () => {
    const { model, log, pass } = open({ history: [told(7, "old")] });
    model.traitsArrive({ history: [told(1, "other"), told(2, "words")], _n: 9 });
    await pass(10);
    expect(log).toEqual([]);
  });
});

test("the regions are there, empty, before they are used, and hold one thing at a time", () => {
  const regions = new LiveRegions();
  regions.announce("status", "unheard");
  regions.addView(testLifetime().signal);
  const region = document.querySelector('[data-tutor-live-region="status"]');
  expect(region?.textContent).toBe("");
  regions.announce("status", "one");
  regions.announce("status", "two");
  expect(region?.textContent).toBe("two");
});
