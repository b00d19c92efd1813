/** What is heard of the connection by who does not see the badge. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import { LiveRegions } from "../../src/status/live_regions.ts";
import { Outages } from "../../src/status/outages.ts";
import { Watch } from "../../src/status/watch.ts";
import { english } from "../../src/words.ts";
import { connection, event } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

beforeEach(() => {
  vi.useFakeTimers();
});

function open(traits = {}, { isNew = false } = {}) {
  const model = new MockModel(traits, { answers: false });
  const { signal } = testLifetime();
  const conversation = new Conversation(model, signal);
  const watch = new Watch(conversation, () => english, signal);
  const regions = new LiveRegions();
  regions.addView(signal);
  const log: string[] = [];
  vi.spyOn(regions, "announce").mockImplementation((channel, text, _about, scope) => {
    if (text) log.push([channel, scope, text].filter(Boolean).join(": "));
    return text !== "";
  });
  new Outages(conversation, watch, regions, () => english, signal, isNew);
  const pass = async (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const heard = async (ms = 2_000) => {
    await pass(ms);
    return log.splice(0);
  };
  return { model, conversation, heard };
}

const refused = (more = {}) =>
  connection("connecting", {
    code: "connection_refused",
    reason: "Nothing answers.",
    advice: "Correct the address.",
    since: 0,
    now: 0,
    retry_at: 9_000,
    ...more,
  });

describe("before the first connection", () => {
  test("why it is not made is said once for each reason, with what to do", async () => {
    const { model, heard } = open({ status: "connecting", connection: connection("connecting") });
    model.change({ connection: refused() });
    expect(await heard(1_000)).toEqual([]);
    expect(await heard()).toEqual(["status: Connecting… Nothing answers. Correct the address."]);
    model.change({ connection: refused({ attempt: 7, retry_at: 30_000 }) });
    expect(await heard(20_000)).toEqual([]);
    model.change({ connection: refused({ code: "busy", reason: "It is busy.", advice: "" }) });
    expect(await heard()).toEqual(["status: Connecting… It is busy."]);
  });

  test("a message that is written meanwhile is said to wait", async () => {
    const { model, conversation, heard } = open({
      status: "connecting",
      connection: connection("connecting"),
    });
    model.change({ connection: refused() });
    await heard();
    conversation.request({ op: "say", text: "hello" });
    expect(await heard(100)).toEqual(["status: Connecting… 1 message waiting"]);
  });
});

test.each([
  ["Disconnected", connection("closed")],
  ["No.", connection("failed", { reason: "No.", code: "no_tutor" })],
])(
  "while the badge says %s, each message that is written is said to wait",
  async (words, given) => {
    const { model, conversation, heard } = open();
    model.change({ connection: given });
    await heard();
    for (const waiting of ["1 message waiting", "2 messages waiting"]) {
      conversation.request({ op: "say", text: "hello" });
      expect(await heard(100)).toEqual([`status: ${words.replace(/d$/, "d.")} ${waiting}`]);
    }
  },
);

test("a connection that the kernel closes as it ends is not announced before that end", async () => {
  const { model, heard } = open();
  model.change({ connection: connection("closed") });
  expect(await heard(100)).toEqual([]);
  expect(await heard()).toEqual(["status: Disconnected"]);
});

describe("a chat that a cell has just made", () => {
  const lesson = { title: "Lists", step: 4, of: 10 };
  const history = [event(1, "_a", "tutor"), event(2, "_b", "learner")];

  test("says how things stand, though nothing changes, and where the lesson is", async () => {
    const { model, heard } = open({ history, session_state: lesson }, { isNew: true });
    model.change({ connection: connection("connected") });
    expect(await heard()).toEqual(["status: Connected. Lists, step 4 of 10"]);
  });

  test("says no place of a conversation that only begins: the greeting follows", async () => {
    const { model, heard } = open({ session_state: lesson }, { isNew: true });
    model.change({ connection: connection("connected") });
    expect(await heard()).toEqual(["status: Connected"]);
  });

  test("is not one that a page opened with", async () => {
    const { model, heard } = open({ history, session_state: lesson });
    model.change({ connection: connection("connected") });
    expect(await heard()).toEqual([]);
  });
});
