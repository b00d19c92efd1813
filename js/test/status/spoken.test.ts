/** What is spoken in another language, at the edges, and when the page has ended. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import de from "../../../tutor_widget/words/de.json" with { type: "json" };
import { Conversation } from "../../src/model/conversation.ts";
import type { Change } from "../../src/model/types.ts";
import { LiveRegions } from "../../src/status/live_regions.ts";
import { Narrator } from "../../src/status/narrator.ts";
import { Outages } from "../../src/status/outages.ts";
import { Watch } from "../../src/status/watch.ts";
import { english, type Words } from "../../src/words.ts";
import { connection, event, item } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

beforeEach(() => {
  vi.useFakeTimers();
});

function open(traits = {}, words: Words = english) {
  const model = new MockModel(traits, { answers: false });
  const whole = testLifetime();
  const conversation = new Conversation(model, whole.signal);
  const watch = new Watch(conversation, () => words, whole.signal);
  const regions = new LiveRegions();
  regions.addView(whole.signal);
  const log: string[] = [];
  vi.spyOn(regions, "announce").mockImplementation((channel, text) => {
    if (text) log.push(`${channel}: ${text}`);
    return text !== "";
  });
  new Narrator(conversation, regions, () => words, whole.signal);
  new Outages(conversation, watch, regions, () => words, whole.signal);
  const pass = async (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { model, conversation, log, pass, end: whole.end };
}

describe("in German", () => {
  const german = { ...de.browser, sentences: de.sentences, advice: de.advice } as Words;
  const sentence = "Please sign in again.";
  const code = "sign_in";
  const ours = de.sentences[code];

  test("that one must sign in again interrupts as it does in English", async () => {
    expect(ours).not.toMatch(/sign in/);
    const { model, log, pass } = open({}, german);
    model.change({ connection: connection("failed", { reason: sentence, code }) });
    await pass(10);
    expect(log).toEqual([`alert: ${ours}`]);
  });

  test("why a message was not sent is said in German", async () => {
    const { model, log, pass } = open({}, german);
    model.change({ queue: [item("m", "failed", { reason: sentence, code })] });
    await pass(10);
    expect(log).toEqual([expect.stringMatching(/^alert: /)]);
    expect(log[0]).toContain(ours);
  });

  test("what the kernel warns of is said in German", async () => {
    const { model, log, pass } = open({}, german);
    model.change({ view: { warning: sentence, warning_code: code } });
    await pass(10);
    expect(log).toEqual([`status: ${ours}`]);
  });
});

describe("chats of one conversation in two languages", () => {
  function openBoth(traits = {}) {
    const spoken: string[] = [];
    const languages = [english, { ...de.browser, sentences: de.sentences, advice: de.advice }];
    const models = languages.map((words) => {
      const model = new MockModel(traits, { answers: false });
      const { signal } = testLifetime();
      const conversation = new Conversation(model, signal);
      const watch = new Watch(conversation, () => words as Words, signal);
      const regions = new LiveRegions(() => "k");
      regions.addView(signal);
      const announce = regions.announce.bind(regions);
      vi.spyOn(regions, "announce").mockImplementation((...given) => {
        const isSaid = announce(...given);
        if (isSaid) spoken.push(given[1]);
        return isSaid;
      });
      new Narrator(conversation, regions, () => words as Words, signal);
      new Outages(conversation, watch, regions, () => words as Words, signal);
      return model;
    });
    const change = async (given: Change, ms = 10) => {
      for (const model of models) model.change(given);
      await vi.advanceTimersByTimeAsync(ms);
      return spoken.splice(0);
    };
    return change;
  }
  const reply = (more = {}) => ({ reply: { re: "a", id: "t", from: 0, text: "", ...more } });

  test("say an outage, what waits in it, and the return once", async () => {
    const change = openBoth();
    expect(await change({ connection: connection("reconnecting") }, 2_000)).toEqual([
      "Reconnecting…",
    ]);
    expect(await change({ queue: [item("m", "queued")] })).toEqual([
      "Reconnecting, 1 message waiting",
    ]);
    expect(await change({ queue: [item("n", "queued")] })).toEqual([
      "Reconnecting, 2 messages waiting",
    ]);
    const sent = ["m", "n"].map((id, i) => event(i + 1, id, "learner"));
    const back = { connection: connection("connected"), events: sent };
    expect(await change(back, 600)).toEqual(["Reconnected, 2 messages sent"]);
    expect(await change({ connection: connection("reconnecting") }, 2_000)).toEqual([
      "Reconnecting…",
    ]);
  });

  test("say once that an answer waits, that it is looked at, that it begins and takes long", async () => {
    const change = openBoth();
    expect(await change(reply({ place: 2 }))).toHaveLength(1);
    expect(await change(reply({ held: true }))).toHaveLength(1);
    expect(await change(reply(), 60_000)).toHaveLength(2);
    expect(await change(reply({ re: "b" }))).toHaveLength(1);
  });

  test.each([
    ["a warning", { view: { warning: "The disk is full." } }],
    ["a report that arrived", { view: { reports: { t: "reported" as const } } }],
    ["a deletion", { view: { erasing: true } }],
    ["what is fatal", { connection: connection("failed", { reason: "No.", code: "sign_in" }) }],
    ["a disconnection", { connection: connection("closed") }],
  ])("say once: %s", async (_, given) => {
    expect(await openBoth()(given, 600)).toHaveLength(1);
  });
});

describe("an answer under way", () => {
  const reply = (more = {}) => ({ re: "a", id: "t", from: 0, text: "", ...more });

  test("is told once to stand in line, with its first place, and when it begins", async () => {
    const { model, log, pass } = open();
    model.change({ reply: reply({ place: 3 }) });
    await pass(60_000);
    model.change({ reply: reply({ place: 2 }) });
    await pass(60_000);
    expect(log.splice(0)).toEqual(["status: The tutor is busy: you are third in line."]);
    model.change({ reply: { from: 0, text: "Lo" } });
    await pass(10);
    expect(log).toEqual(["status: Tutor is answering"]);
  });

  test("is told when a person looks at it", async () => {
    const { model, log, pass } = open();
    model.change({ reply: reply() });
    await pass(10);
    model.change({ reply: reply({ held: true }) });
    await pass(60_000);
    expect(log).toEqual([
      "status: Tutor is answering",
      "status: A teacher is looking at this answer.",
    ]);
  });

  test("is told again after 30 s, and not when it was complete by then", async () => {
    const { model, log, pass } = open();
    model.change({ reply: reply() });
    await pass(29_000);
    expect(log).toEqual(["status: Tutor is answering"]);
    model.change({ events: [event(1, "t", "tutor", { re: "a", text: "Yes." })] });
    await pass(60_000);
    expect(log).toEqual(["status: Tutor is answering", "reply: Tutor: Yes."]);
  });

  test("is not told after the page has ended", async () => {
    const { model, log, pass, end } = open();
    model.change({ reply: reply() });
    await pass(10);
    end();
    await pass(60_000);
    expect(log).toEqual(["status: Tutor is answering"]);
  });
});

describe("a message that was not sent", () => {
  test("is told once, also while others fail, and not when it failed before the page opened", async () => {
    const failed = (id: string) => item(id, "failed", { reason: `${id} is too long.` });
    const { model, log, pass } = open({ queue: [failed("old")] });
    model.change({ queue: [failed("one")] });
    await pass(10);
    model.change({ queue: [failed("two")] });
    await pass(10);
    expect(log).toEqual([
      "alert: Message not sent. one is too long.",
      "alert: Message not sent. two is too long.",
    ]);
  });

  test("is told when the kernel refuses it, and not while it only waits", async () => {
    const { model, conversation, log, pass } = open();
    const id = conversation.request({ op: "say", text: "hello" });
    await pass(1_000);
    expect(log).toEqual([]);
    model.receive({ acks: [{ id, error: "The queue is full." }] });
    await pass(10);
    expect(log).toEqual(["alert: Message not sent. The queue is full."]);
  });
});

describe("the connection", () => {
  test("what is fatal is told with the step to take; it interrupts nobody who was never connected", async () => {
    const { model, log, pass } = open({
      status: "connecting",
      connection: connection("connecting"),
    });
    const given = { reason: "Please sign in again.", advice: "Open the hub." };
    model.change({ connection: connection("failed", given) });
    await pass(10);
    expect(log).toEqual(["status: Please sign in again. Open the hub."]);
  });

  test("a return is told once: that all is as before is no news", async () => {
    const { model, log, pass } = open();
    model.change({ connection: connection("reconnecting", { since: 0, now: 0 }) });
    await pass(2_000);
    model.change({ connection: connection("connected") });
    await pass(60_000);
    expect(log).toEqual(["status: Reconnecting…", "status: Reconnected"]);
  });

  test("a return is not told when the page has ended, nor when the connection is lost again", async () => {
    for (const happens of ["end", "lost"]) {
      const { model, log, pass, end } = open();
      model.change({ connection: connection("reconnecting", { since: 0, now: 0 }) });
      await pass(2_000);
      model.change({ connection: connection("connected") });
      await pass(10);
      if (happens === "end") end();
      else model.change({ connection: connection("closed") });
      await pass(60_000);
      expect(log.filter((line) => line.includes("Reconnected"))).toEqual([]);
    }
  });
});

describe("another conversation in place of this one", () => {
  const view = (key: string) => ({ ...new MockModel().get("_view"), key });

  test("is not read out, though its log is longer; what is said in it then is", async () => {
    const { model, log, pass } = open({ history: [event(1, "a", "tutor")] });
    const history = [1, 2, 3].map((seq) => event(seq, `b${seq}`, "tutor"));
    model.traitsArrive({ _view: view("other"), history, _n: 9 });
    await pass(10);
    expect(log).toEqual([]);
    model.change({ events: [event(4, "b4", "tutor", { text: "Now." })] });
    await pass(10);
    expect(log).toEqual(["reply: Tutor: Now."]);
  });
});

describe("words", () => {
  test("a notice is told as one, and the learner's own words are not", async () => {
    const { model, log, pass } = open();
    const text = "The lesson was changed.";
    model.change({ events: [event(1, "a", "learner"), event(2, "n", "notice", { text })] });
    await pass(10);
    expect(log).toEqual([`reply: Notice: ${text}`]);
  });

  test("three at once are read, four are counted", async () => {
    const { model, log, pass } = open();
    const events = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => event(from + i, `t${from + i}`, "tutor"));
    model.change({ events: events(1, 4) });
    await pass(10);
    model.change({ events: events(4, 8) });
    await pass(10);
    expect(log).toEqual([
      "reply: Tutor: text of t1. Tutor: text of t2. Tutor: text of t3",
      "reply: 4 new messages",
    ]);
  });

  test.each([
    ["a reply of 500 characters is read whole", "x".repeat(500), "x".repeat(500)],
    [
      "a point within a number ends no sentence",
      `Take 3.5 of it. ${"more ".repeat(100)}`,
      "Take 3.5 of it. 104 words, in the transcript",
    ],
    [
      "of a sentence without end, its beginning",
      "word ".repeat(200),
      `${"word ".repeat(40)}… 200 words, in the transcript`,
    ],
  ])("%s", async (_, text, heard) => {
    const { model, log, pass } = open();
    model.change({ events: [event(1, "t", "tutor", { text })] });
    await pass(10);
    expect(log).toEqual([`reply: Tutor: ${heard}`]);
  });

  test("between two replies there is a full stop", async () => {
    const { model, log, pass } = open();
    const events = ["one", "two?", "three"].map((text, i) => event(i + 1, text, "tutor", { text }));
    model.change({ events });
    await pass(10);
    expect(log).toEqual(["reply: Tutor: one. Tutor: two? Tutor: three"]);
  });

  test.each([
    ["is read with its code while that is not too long", "x = 1", "x = 1; x = 1; x = 1"],
    ["that code makes too long is read with its number of lines", "x".repeat(40), "code, 3 lines"],
  ])("a reply %s", async (_, line, heard) => {
    const { model, log, pass } = open();
    const prose = "y".repeat(400);
    const text = `${prose}\n\n${`    ${line}\n`.repeat(3)}`;
    model.change({ events: [event(1, "t", "tutor", { text })] });
    await pass(10);
    expect(log).toEqual([`reply: Tutor: ${prose}. ${heard}`]);
  });

  test("a reply that is too long also without its code is announced as one, with its words", async () => {
    const { model, log, pass } = open();
    const text = `So it is. ${"word ".repeat(100)}\n\n    a b c d`;
    model.change({ events: [event(1, "t", "tutor", { text })] });
    await pass(10);
    expect(log).toEqual(["reply: Tutor: So it is. 106 words, in the transcript"]);
  });
});
