import { beforeEach, describe, expect, test, vi } from "vitest";
import { press } from "../../support/page.ts";
import { entries, entry, openTranscript as open } from "../../support/transcripts.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

describe("the log", () => {
  test("takes the focus, so that the keyboard scrolls it, and Esc leaves it", () => {
    const { log, actions } = open(entries(0, 1));
    expect([log.tabIndex, log.getAttribute("aria-label")]).toEqual([0, "Conversation"]);
    // A log speaks each word of an answer unless it is told not to; live regions speak whole ones.
    expect([log.getAttribute("role"), log.getAttribute("aria-live")]).toEqual(["log", "off"]);
    press(log, "a");
    expect(actions.leave).not.toHaveBeenCalled();
    press(log, "Escape");
    expect(actions.leave).toHaveBeenCalledOnce();
  });

  test("says what to do while there is nothing in it", () => {
    const { made, update, $ } = open();
    made.invite("Say hello.");
    expect($(".empty")).toMatchObject({ hidden: false, textContent: "Say hello." });
    made.invite("");
    expect($(".empty").hidden).toBe(true);
    update(entries(0, 1));
    made.invite("Say hello.");
    expect($(".empty").hidden).toBe(true);
  });

  test("names each day once, also where an answer of the next stands among the former's", () => {
    const day = (date: number) => new Date(2026, 0, date, 12).getTime();
    const { $$ } = open([
      entry("a", { at: day(2) }),
      entry("b", { at: day(3) }),
      entry("c", { at: day(2) }),
      entry("d", { at: day(3) }),
      entry("e", { at: null, state: "streaming" }),
    ]);
    expect($$(".day").map((line) => line.nextElementSibling?.getAttribute("data-id"))).toEqual([
      "a",
      "b",
    ]);
  });

  test("stands in groups of 50, a day's line with its message, and what has a group stays in it", () => {
    const { $$, update } = open(entries(0, 20));
    update(entries(0, 120));
    expect($$(".group").map((group) => group.childElementCount)).toEqual([50, 50, 21]);
    expect($$(".day")).toEqual([$$(".group")[0]?.firstChild]);
    const [, second] = $$(".group");
    update(entries(0, 121));
    expect($$(".group")[1]).toBe(second);
    expect($$(".group").at(-1)?.childElementCount).toBe(22);
  });

  test("keeps nothing of a message that is gone", () => {
    const { update, ids, $$ } = open(entries(0, 3));
    const [kept, , gone] = $$(".message");
    update(entries(0, 2));
    expect(ids()).toEqual(["m0", "m1"]);
    update(entries(0, 3));
    expect(ids()).toEqual(["m0", "m1", "m2"]);
    expect($$(".message")[0]).toBe(kept);
    expect($$(".message")[2]).not.toBe(gone);
  });
});

describe("earlier messages", () => {
  test("are asked for once at a time, and the button says so meanwhile", async () => {
    let came = () => {};
    const { $, actions } = open(entries(0, 1), true);
    actions.older.mockImplementation(() => new Promise<void>((resolve) => (came = resolve)));
    const older = $(".older");
    older.click();
    older.click();
    expect(actions.older).toHaveBeenCalledOnce();
    expect(older.textContent).toBe("Loading earlier messages…");
    expect(older.getAttribute("aria-disabled")).toBe("true");
    came();
    await vi.advanceTimersByTimeAsync(1);
    expect(older.textContent).toBe("Earlier messages");
    older.click();
    expect(actions.older).toHaveBeenCalledTimes(2);
  });

  test("those held already are drawn little by little, and not after the end", () => {
    const { ids, end } = open(entries(0, 100));
    expect(ids()).toHaveLength(20);
    vi.advanceTimersToNextTimer();
    expect(ids()).toHaveLength(60);
    end();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("at the end of a view", () => {
  test("answers under way draw no more, and nothing is observed", () => {
    const observers = vi.spyOn(ResizeObserver.prototype, "disconnect");
    const cancelled = vi.spyOn(globalThis, "cancelAnimationFrame");
    const { end } = open([entry("t", { state: "streaming", at: null })]);
    expect(observers).not.toHaveBeenCalled();
    end();
    expect(observers).toHaveBeenCalledOnce();
    expect(cancelled).toHaveBeenCalled();
  });

  test("an answer that is taken out of the log draws no more", () => {
    const cancelled = vi.spyOn(globalThis, "cancelAnimationFrame");
    const { update } = open([entry("t", { state: "streaming", at: null })]);
    update([]);
    expect(cancelled).toHaveBeenCalled();
  });
});
