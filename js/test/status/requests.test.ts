/** What is spoken of reports, of a deletion, and of a person's notices. */
import { beforeEach, expect, test, vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import { LiveRegions } from "../../src/status/live_regions.ts";
import { Narrator } from "../../src/status/narrator.ts";
import { Outages } from "../../src/status/outages.ts";
import { Watch } from "../../src/status/watch.ts";
import { english } from "../../src/words.ts";
import { connection, event } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

beforeEach(() => {
  vi.useFakeTimers();
});

function open(traits = {}) {
  const model = new MockModel(traits, { answers: false });
  const { signal } = testLifetime();
  const conversation = new Conversation(model, signal);
  const watch = new Watch(conversation, () => english, signal);
  const regions = new LiveRegions();
  regions.addView(signal);
  new Narrator(conversation, regions, () => english, signal);
  new Outages(conversation, watch, regions, () => english, signal);
  const heard = async (channel: string) => {
    await vi.advanceTimersByTimeAsync(10);
    return document.querySelector(`[data-tutor-live-region=${channel}]`)?.textContent;
  };
  return { model, conversation, heard };
}

test("that a report arrived is told, and not that it waits", async () => {
  const { model, heard } = open();
  model.change({ view: { reports: { _a: "waiting" } } });
  expect(await heard("status")).toBe("");
  model.change({ view: { reports: { _a: "reported" } } });
  expect(await heard("status")).toBe("Reported. Thank you.");
});

test("what was reported before the page opened is no news", async () => {
  const { model, heard } = open({ _view: { reports: { _a: "reported" } } });
  model.change({ state: {} });
  expect(await heard("status")).toBe("");
});

test("a deletion is told when it is asked for and when it is done, and nothing said stays", async () => {
  const { model, heard } = open({ history: [event(1, "a", "learner")] });
  model.change({ events: [event(2, "_b", "tutor", { re: "a", text: "the marker" })] });
  expect(await heard("reply")).toContain("the marker");
  model.change({ view: { erasing: true } });
  expect(await heard("status")).toBe(english.erasing);
  const advice = "Start a new conversation to go on.";
  const reason = "This conversation was deleted.";
  const failed = connection("failed", { reason, advice, code: "erased" });
  model.traitsArrive({ history: [], status: "failed", connection: failed, _n: 9 });
  expect(await heard("reply")).toBe("");
  expect(await heard("status")).toBe(`${reason} ${advice}`);
});

test("a person's notice is told with the name", async () => {
  const { model, heard } = open({ history: [event(1, "a", "learner")] });
  model.change({ events: [event(2, "_n", "notice", { by: "Ms Grey", text: "Well done." })] });
  expect(await heard("reply")).toBe("Ms Grey: Well done.");
});

test("a person's notice is told while an answer is held, and the answer waits on", async () => {
  const reply = { re: "a", id: "", from: 0, text: "", held: true };
  const { model, heard } = open({ history: [event(1, "a", "learner")] });
  model.change({ reply });
  expect(await heard("status")).toBe(english.message.held);
  model.change({ events: [event(2, "_n", "notice", { by: "Ms Grey", text: "Wait for me." })] });
  expect(await heard("reply")).toBe("Ms Grey: Wait for me.");
  expect(model.get("history").at(-1)).toMatchObject({ re: "a", held: true });
});
