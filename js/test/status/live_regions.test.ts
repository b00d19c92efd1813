import { describe, expect, test, vi } from "vitest";
import { type Channel, LiveRegions } from "../../src/status/live_regions.ts";
import { testLifetime } from "../support/lifetimes.ts";

const region = (channel: Channel) =>
  document.querySelector<HTMLElement>(`[data-tutor-live-region="${channel}"]`);

test("what closes with one view is still spoken for the other, and ends with the last", () => {
  const regions = new LiveRegions();
  const [first, second] = [testLifetime(), testLifetime()];
  regions.addView(first.signal);
  regions.addView(second.signal);
  first.end();
  regions.announce("status", "Reconnecting…");
  expect(region("status")?.textContent).toBe("Reconnecting…");
  expect(regions.hasViews).toBe(true);
  second.end();
  expect(region("status")).toBeNull();
  expect(regions.hasViews).toBe(false);
});

test("a second view leaves the regions where they are: moved, what they say would be lost", () => {
  const regions = new LiveRegions();
  regions.addView(testLifetime().signal);
  document.body.append("what a host puts after them");
  regions.addView(testLifetime().signal);
  expect(document.body.lastChild?.textContent).toBe("what a host puts after them");
});

test("replies and status wait for their turn, an alert interrupts", () => {
  new LiveRegions().addView(testLifetime().signal);
  expect(region("reply")?.getAttribute("aria-live")).toBe("polite");
  expect(region("status")?.getAttribute("role")).toBe("status");
  expect(region("alert")?.getAttribute("role")).toBe("alert");
});

test("the regions are out of sight, but not hidden: what is hidden is not spoken", () => {
  new LiveRegions().addView(testLifetime().signal);
  const style = region("alert")?.parentElement?.style;
  expect([style?.position, style?.width, style?.overflow]).toEqual(["absolute", "1px", "hidden"]);
  expect([style?.display, style?.visibility]).toEqual(["", ""]);
});

test("the same words twice are two announcements, and no words are none", () => {
  const regions = new LiveRegions();
  regions.addView(testLifetime().signal);
  regions.announce("alert", "Message not sent.");
  const first = region("alert")?.firstChild;
  regions.announce("alert", "Message not sent.");
  expect(region("alert")?.firstChild).not.toBe(first);
  regions.announce("alert", "");
  expect(region("alert")?.textContent).toBe("Message not sent.");
});

test("what is said in one channel leaves the others as they are", () => {
  const regions = new LiveRegions();
  regions.addView(testLifetime().signal);
  regions.announce("reply", "Tutor: Hello");
  regions.announce("status", "Connected");
  expect(region("reply")?.textContent).toBe("Tutor: Hello");
});

describe("chats of one conversation on a page", () => {
  /** Chats of these conversations, and all that their regions say. */
  function open(...keys: string[]) {
    const chats = keys.map((key) => new LiveRegions(() => key));
    const ends = chats.map((chat) => {
      const { signal, end } = testLifetime();
      chat.addView(signal);
      return end;
    });
    const spoken = () => {
      const all = document.querySelectorAll("[data-tutor-live-region]");
      return [...all].map(({ textContent }) => textContent).filter(Boolean);
    };
    return { chats: chats as [LiveRegions, LiveRegions], ends, spoken };
  }

  test("say their news once, whichever has it first, and again when it is news again", () => {
    const { chats, spoken } = open("k", "k");
    const [first, second] = chats;
    for (const text of ["Reconnecting…", "Connected", "Reconnecting…"]) {
      expect([first, second].map((chat) => chat.announce("status", text))).toEqual([true, false]);
      expect(spoken()).toEqual([text]);
    }
    expect([second, first].map((chat) => chat.announce("status", "Connected"))).toEqual([
      true,
      false,
    ]);
    expect(spoken()).toEqual(["Connected"]);
  });

  test("say an answer once, also in two languages", () => {
    const { chats, spoken } = open("k", "k");
    chats[0].announce("reply", "Tutor: Hello", "event 1");
    chats[1].announce("reply", "Tutorin: Hello", "event 1");
    expect(spoken()).toEqual(["Tutor: Hello"]);
  });

  test("hear from the other what was said by one that is gone", () => {
    const { chats, ends, spoken } = open("k", "k");
    chats[0].announce("status", "Reconnecting…");
    ends[0]?.();
    chats[1].announce("status", "Reconnecting…");
    expect(spoken()).toEqual(["Reconnecting…"]);
  });

  test.each([
    ["of another conversation", "k", "other"],
    ["whose conversation is not known", "", ""],
  ])("do not speak for one %s", (_, ...keys) => {
    const { chats, spoken } = open(...keys);
    for (const chat of chats) chat.announce("status", "Connected");
    expect(spoken()).toEqual(["Connected", "Connected"]);
  });
});

describe("chats of several conversations on a page", () => {
  function open(...given: [key: string, kernel: string][]) {
    return given.map(([key, kernel], i) => {
      const named = (text: string) => `Chat ${i + 1}: ${text}`;
      const regions = new LiveRegions(
        () => key,
        () => kernel,
        named,
      );
      regions.addView(testLifetime().signal);
      return regions;
    });
  }
  const spoken = () =>
    [...document.querySelectorAll("[data-tutor-live-region]")]
      .map(({ textContent }) => textContent)
      .filter(Boolean);
  const both: [string, string][] = [
    ["a", "k"],
    ["b", "k"],
  ];

  test("say which of them speaks", () => {
    for (const chat of open(...both)) chat.announce("status", "Reconnecting…");
    expect(spoken()).toEqual(["Chat 1: Reconnecting…", "Chat 2: Reconnecting…"]);
  });

  test("one alone, and two of one conversation, need no name", () => {
    const [first, second] = open(["a", "k"], ["a", "k"]);
    first?.announce("reply", "Tutor: Hello");
    second?.announce("status", "Connected");
    expect(spoken()).toEqual(["Tutor: Hello", "Connected"]);
  });

  test("say news of their kernel once, and again when it is news again", () => {
    vi.useFakeTimers();
    const [first, second] = open(...both) as [LiveRegions, LiveRegions];
    const say = (chat: LiveRegions) => chat.announce("status", "It stopped.", "stopped", "kernel");
    expect([first, second].map(say)).toEqual([true, false]);
    expect(spoken()).toEqual(["It stopped."]);
    vi.advanceTimersByTime(60_000);
    expect(say(second)).toBe(true);
  });

  test("of other kernels say it for themselves; what is news of the page is said once", () => {
    const chats = open(["a", "k"], ["b", "l"], ["c", ""], ["d", ""]);
    const say = (scope: "kernel" | "page") =>
      chats.map((chat) => chat.announce("status", "It is away.", scope, scope));
    expect(say("kernel")).toEqual([true, true, true, true]);
    expect(say("page")).toEqual([true, false, false, false]);
  });
});
