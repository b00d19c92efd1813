import { beforeEach, describe, expect, test, vi } from "vitest";
import { CommandQueue, newId } from "../../src/model/commands.ts";
import { TabStorage } from "../../src/model/storage.ts";
import type { Command } from "../../src/model/types.ts";
import { testLifetime } from "../support/lifetimes.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

function queue(key = "k", listening = () => true) {
  const sent: Command[] = [];
  const changed = vi.fn();
  const transmit = (command: Command) => sent.push(command);
  const { signal, end } = testLifetime();
  const made = new CommandQueue(new TabStorage(key), transmit, listening, changed, signal);
  const texts = () => sent.map((command) => (command.op === "say" ? command.text : command.op));
  return { made, sent, texts, changed, end };
}

const say = (text: string) => ({ op: "say", text }) as const;
const keep = (key: string, id: string, at: number) =>
  new TabStorage(key).set(`command:${id}`, JSON.stringify({ op: "say", id, text: id, at }));

describe("after a reload", () => {
  test("the kept commands go out in the order in which they were written", () => {
    keep("k", "a", 3);
    keep("k", "c", 1);
    keep("k", "b", 2);
    const { made, texts } = queue();
    made.resend();
    expect(texts()).toEqual(["c", "b", "a"]);
  });

  test("all that the learner did to a message is still there", () => {
    const before = queue();
    const ids = [
      before.made.add(say("hello")),
      before.made.add({ op: "retry", message: "m" }),
      before.made.add({ op: "discard", message: "n" }),
    ];
    before.end();
    expect(queue().made.pending.map(({ id }) => id)).toEqual(ids);
  });

  test("what would surprise minutes later is not: a new conversation, a view, a nudge", () => {
    const { made } = queue();
    made.add({ op: "new" });
    made.add({ op: "view", view: "v", shown: true, n: 0, lang: "en" });
    made.add({ op: "nudge", why: "online" });
    expect(queue().made.pending).toEqual([]);
  });

  test("what was taken back or acknowledged does not come back", () => {
    const { made } = queue();
    made.drop(made.add(say("taken back")));
    made.settle(made.add(say("acknowledged")));
    expect(queue().made.pending).toEqual([]);
    expect(sessionStorage).toHaveLength(0);
  });

  test("a record that is damaged costs only itself", () => {
    new TabStorage("k").set("command:x", '{"op":"say"');
    keep("k", "y", 1);
    expect(queue().made.pending.map(({ id }) => id)).toEqual(["y"]);
  });
});

describe("what waits", () => {
  test("is told by its oldest command, and a refused one does not wait", () => {
    const { made } = queue();
    expect(made.waitingSince()).toBeNull();
    const began = Date.now();
    const first = made.add(say("one"));
    vi.advanceTimersByTime(1_000);
    const second = made.add(say("two"));
    expect(made.waitingSince()).toBe(began);
    made.settle(first, { error: "It is too long." });
    expect(made.waitingSince()).toBe(began + 1_000);
    made.settle(second, { error: "It is too long." });
    expect([made.waitingSince(), made.waitingSince("say")]).toEqual([null, null]);
  });

  test("a nudge never waits: later it would be worthless", () => {
    const { made, texts } = queue();
    made.add({ op: "nudge", why: "online" });
    expect(texts()).toEqual(["nudge"]);
    expect(made.waitingSince()).toBeNull();
  });

  test("of several words on one view the last waits, and another view's does too", () => {
    const { made } = queue();
    const view = (name: string, shown: boolean) =>
      made.add({ op: "view", view: name, shown, n: 0, lang: "en" });
    view("a", true);
    const other = view("b", true);
    const last = view("a", false);
    expect(made.pending.map(({ id }) => id)).toEqual([other, last]);
  });
});

describe("sending again", () => {
  /** In how many seconds each sending followed the one before. */
  function gaps(made: CommandQueue, sent: Command[], minutes: number): number[] {
    const found: number[] = [];
    let last = 0;
    let count = sent.length;
    for (let second = 1; second <= minutes * 60; second++) {
      vi.advanceTimersByTime(1_000);
      if (sent.length > count) found.push(second - last);
      if (sent.length > count) last = second;
      count = sent.length;
    }
    expect(made.waitingSince()).not.toBeNull();
    return found;
  }

  test("happens after 5, 10, 20 and 40 s, then once a minute", () => {
    const { made, sent } = queue();
    made.add(say("hello"));
    expect(gaps(made, sent, 5)).toEqual([5, 10, 20, 40, 60, 60, 60]);
  });

  test("begins anew once the kernel has acknowledged anything, and when it is free again", () => {
    const { made, sent } = queue();
    made.add(say("one"));
    const second = made.add({ op: "older", n: 1 });
    gaps(made, sent, 2);
    made.settle(second);
    expect(gaps(made, sent, 1).slice(0, 2)).toEqual([5, 10]);
    made.resendSoon();
    expect(gaps(made, sent, 1).slice(0, 2)).toEqual([5, 10]);
  });

  test("waits for a kernel that listens", () => {
    let listening = false;
    const { made, sent } = queue("k", () => listening);
    made.add(say("hello"));
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(16_000);
    expect(sent).toHaveLength(1);
    listening = true;
    vi.advanceTimersByTime(60_000);
    expect(sent.length).toBeGreaterThan(1);
  });

  test("ends with the queue of commands, and no timer is left", () => {
    const { made, sent, end } = queue();
    made.add(say("hello"));
    end();
    expect(vi.getTimerCount()).toBe(0);
    made.add(say("more"));
    expect(vi.getTimerCount()).toBe(0);
    expect(sent).toHaveLength(3);
  });

  test("a refused message goes again as it first went, and is kept so", () => {
    const { made, sent } = queue();
    const id = made.add(say("hello"));
    made.settle(id, { error: "The queue is full.", code: "queue_full", args: { waiting: 9 } });
    made.retry(id);
    expect(sent).toEqual([1, 2].map(() => ({ op: "say", text: "hello", id })));
    expect(queue().made.pending).toMatchObject([{ id }]);
    for (const key of ["error", "code", "args"])
      expect(queue().made.pending[0]).not.toHaveProperty(key);
  });
});

describe("when the conversation gets its name, or another", () => {
  test("what waits moves along, and nothing is left under the old one", () => {
    const { made } = queue("old");
    const id = made.add(say("hello"));
    made.follow(new TabStorage("new"), [""]);
    expect(queue("old").made.pending).toEqual([]);
    expect(queue("new").made.pending.map((each) => each.id)).toEqual([id]);
  });

  test("what was kept under the name is older, and goes out before what waits", () => {
    keep("named", "just before", Date.now());
    keep("named", "before", Date.now() - 1_000);
    const { made, texts } = queue("");
    made.add(say("after"));
    made.follow(new TabStorage("named"), [""]);
    expect(texts()).toEqual(["after", "before", "just before", "after"]);
  });
});

test("`changed` is told of each command that comes and goes", () => {
  const { made, changed } = queue();
  const id = made.add(say("hello"));
  expect(changed).toHaveBeenCalledTimes(1);
  made.settle(id);
  expect(changed).toHaveBeenCalledTimes(2);
  expect(made.settle(id)).toBe(false);
  expect(changed).toHaveBeenCalledTimes(2);
});

test("an id has 32 digits, whatever its bytes are", () => {
  vi.spyOn(crypto, "getRandomValues").mockImplementation((bytes) => bytes);
  expect(newId()).toBe("0".repeat(32));
});
