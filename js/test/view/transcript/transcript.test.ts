import { beforeEach, describe, expect, test, vi } from "vitest";
import { Times } from "../../../src/view/times.ts";
import type { Entry } from "../../../src/view/transcript/entries.ts";
import { Transcript } from "../../../src/view/transcript/transcript.ts";
import { english } from "../../../src/words.ts";
import { testLifetime } from "../../support/lifetimes.ts";
import { press } from "../../support/page.ts";

const HEIGHT = 200;

const entry = (key: string, more: Partial<Entry> = {}): Entry => ({
  key,
  id: key,
  role: "tutor",
  text: `text of ${key}`,
  at: Date.UTC(2026, 0, 2, 12),
  state: "said",
  reason: "",
  re: "",
  place: null,
  ...more,
});
const entries = (from: number, to: number, more: Partial<Entry> = {}) =>
  Array.from({ length: to - from }, (_, i) => entry(`m${from + i}`, more));

beforeEach(() => {
  vi.useFakeTimers();
});

/**
 * A transcript on the page, whose log shows 200 px of 1,000 and can be scrolled. Its messages end where
 * it ends, and are 50 px high, or as `heights` says.
 */
function open(first: Entry[] = [], older = false) {
  const whole = testLifetime();
  const actions = {
    edit: vi.fn(),
    retry: vi.fn(),
    discard: vi.fn(),
    stop: vi.fn(),
    askAgain: vi.fn(),
    goOn: vi.fn(),
    canAsk: () => true,
    again: vi.fn(),
    editAgain: vi.fn(),
    enhance: vi.fn(),
    reportForm: vi.fn(),
    older: vi.fn(() => Promise.resolve()),
    leave: vi.fn(),
  };
  const made = new Transcript(english, new Times(english, "en-GB"), actions, whole.signal);
  document.body.append(made.element);
  const $ = (selector: string) => made.element.querySelector(selector) as HTMLElement;
  const $$ = (selector: string) => [...made.element.querySelectorAll<HTMLElement>(selector)];
  const log = $(".log");
  let top = 0;
  let height = 1_000;
  Object.defineProperties(log, {
    scrollHeight: { get: () => height },
    clientHeight: { get: () => HEIGHT },
    // As a browser does, it goes no further than to the end.
    scrollTop: { get: () => top, set: (to: number) => (top = Math.min(to, height - HEIGHT)) },
  });
  const heights = new Map<string, number>();
  const heightOf = (message: HTMLElement) => heights.get(message.dataset.id ?? "") ?? 50;
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
    const all = $$(".message");
    const at = all.indexOf(this as HTMLElement);
    const below = all.slice(at).reduce((sum, message) => sum + heightOf(message), 0);
    return at < 0 ? new DOMRect() : new DOMRect(0, height - below - top, 1, 0);
  });
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockImplementation(function (
    this: HTMLElement,
  ) {
    return heightOf(this);
  });
  const scroll = (to: number) => {
    log.scrollTop = to;
    log.dispatchEvent(new Event("scroll"));
  };
  const update = (next: Entry[], more = older) => made.update(next, more, true);
  const grow = (to: number) => {
    height = to;
  };
  update(first);
  const ids = () => $$(".message").map((message) => message.dataset.id);
  return { made, $, $$, log, scroll, update, grow, heights, ids, actions, end: whole.end };
}

describe("where the reader is", () => {
  test("at the end it stays at the end, whatever comes", () => {
    const { log, update, grow, $ } = open(entries(0, 3));
    expect(log.scrollTop).toBe(800);
    grow(1_500);
    update(entries(0, 4));
    expect(log.scrollTop).toBe(1_300);
    expect($(".jump").hidden).toBe(true);
  });

  test("at the end it stays at the end when its text is laid out longer", () => {
    const { log, scroll, update, grow, $ } = open(entries(0, 3));
    grow(1_500); // the window got narrower
    scroll(900); // the browser keeps what is in sight in its place, and that is no longer the end
    expect($(".jump").hidden).toBe(true);
    update(entries(0, 4));
    expect(log.scrollTop).toBe(1_300);
  });

  test("elsewhere it stays there, and what the tutor says is counted and marked", () => {
    const { log, scroll, update, $, $$ } = open(entries(0, 3));
    scroll(100);
    expect($(".jump").textContent).toBe("Latest messages");
    update([...entries(0, 3), entry("a", { role: "learner" })]);
    expect($(".jump").textContent).toBe("Latest messages");
    update([...entries(0, 3), entry("a", { role: "learner" }), ...entries(4, 6)]);
    expect(log.scrollTop).toBe(100);
    expect($(".jump").textContent).toBe("2 new messages");
    expect($$(".unread")).toHaveLength(1);
    expect($(".unread").nextElementSibling).toBe($("[data-id=m4]"));
  });

  test("an answer counts once, when it is complete", () => {
    const { scroll, update, $ } = open(entries(0, 3));
    scroll(100);
    const reply = { key: "re:m2", state: "streaming", at: null } as const;
    update([...entries(0, 3), entry("t", reply)]);
    expect($(".jump").textContent).toBe("Latest messages");
    update([...entries(0, 3), entry("t", { ...reply, state: "said", at: 1 })]);
    update([...entries(0, 3), entry("t", { ...reply, state: "said", at: 1 }), entry("n")]);
    expect($(".jump").textContent).toBe("2 new messages");
  });

  test("an answer that was under way when the reader scrolled away is new, though last", () => {
    const reply = entry("t", { key: "re:m2", state: "streaming", at: null });
    const { scroll, update, $ } = open([...entries(0, 3), reply]);
    scroll(100);
    update([...entries(0, 3), { ...reply, state: "said" }]);
    expect($(".jump").textContent).toBe("1 new message");
  });

  test("an answer is new also where messages wait below it", () => {
    const mine = ["a", "b"].map((key) => entry(key, { role: "learner", state: "queued" }));
    const { scroll, update, $ } = open([...entries(0, 3), ...mine]);
    scroll(100);
    const [a, b] = mine as [Entry, Entry];
    update([...entries(0, 3), a, entry("t", { key: "re:a" }), b]);
    expect($(".jump").textContent).toBe("1 new message");
  });

  test("who scrolls to the end by hand has read it: scrolled up again, nothing is new", () => {
    const { scroll, update, $ } = open(entries(0, 3));
    scroll(100);
    update(entries(0, 5));
    expect($(".jump").textContent).toBe("2 new messages");
    scroll(800);
    expect($(".jump").hidden).toBe(true);
    scroll(100);
    expect($(".jump").textContent).toBe("Latest messages");
    update(entries(0, 6));
    expect($(".jump").textContent).toBe("1 new message");
  });

  test("nearly at the end is at the end", () => {
    const { log, scroll, update, grow, $ } = open(entries(0, 3));
    scroll(780);
    expect($(".jump").hidden).toBe(true);
    grow(1_100);
    update(entries(0, 4));
    expect(log.scrollTop).toBe(900);
    scroll(870);
    expect($(".jump").hidden).toBe(false);
  });

  test("what comes in above is not new", () => {
    const { scroll, update, $ } = open(entries(10, 13));
    scroll(100);
    update(entries(0, 13));
    expect($(".jump").textContent).toBe("Latest messages");
    expect($(".unread")).toBeNull();
  });

  test("so where nobody but the learner has said anything yet", () => {
    const mine = entry("a", { role: "learner" });
    const { scroll, update, $ } = open([mine]);
    scroll(100);
    update([...entries(0, 3), mine]);
    expect($(".jump").textContent).toBe("Latest messages");
  });

  test("the jump goes to the end with the keyboard, and leaves the mark", () => {
    const { log, scroll, update, $ } = open(entries(0, 3));
    scroll(100);
    update(entries(0, 5));
    $(".jump").click(); // which gives a button no focus in Safari
    expect(log.scrollTop).toBe(800);
    expect(document.activeElement).toBe(log);
    expect($(".jump").hidden).toBe(true);
    expect($(".unread")).not.toBeNull();
    scroll(100);
    expect($(".jump").textContent).toBe("Latest messages");
  });

  test("who speaks is at the end, keeps the focus, and has read what was marked", () => {
    const { made, log, scroll, update, $ } = open(entries(0, 3));
    scroll(100);
    update(entries(0, 5));
    const field = document.body.appendChild(document.createElement("input"));
    field.focus();
    made.follow();
    update(entries(0, 5));
    expect(log.scrollTop).toBe(800);
    expect(document.activeElement).toBe(field);
    expect($(".unread")).toBeNull();
  });

  test("the jump that goes away under the focus hands it to the log", () => {
    const { log, scroll, $ } = open(entries(0, 3));
    scroll(100);
    $(".jump").focus();
    scroll(800);
    expect(document.activeElement).toBe(log);
  });

  test("what is read stays in its place when something comes in above it", () => {
    const { log, scroll, update, $ } = open(entries(10, 13));
    scroll(100);
    // Each message is 100 px high, laid out as it stands in the log.
    const all = () => [...log.querySelectorAll<HTMLElement>(".message")];
    const box = (element: Element): DOMRect => {
      const at = all().indexOf(element as HTMLElement);
      const { length } = all();
      if (element.matches(".group")) return new DOMRect(0, -log.scrollTop, 1, length * 100);
      return at < 0 ? new DOMRect() : new DOMRect(0, at * 100 - log.scrollTop, 1, 100);
    };
    vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (
      this: Element,
    ) {
      return box(this);
    });
    const read = $("[data-id=m11]");
    const before = read.getBoundingClientRect().top;
    update(entries(8, 13));
    vi.advanceTimersByTime(1_000);
    expect(all()).toHaveLength(5);
    expect(read.getBoundingClientRect().top).toBe(before);
  });
});

describe("a long answer", () => {
  const question = entry("q", { role: "learner" });
  const growing = entry("t", { key: "re:q", re: "q", state: "streaming", at: null });
  const answered: Entry = { ...growing, state: "said", at: 1 };

  /** One that grows beyond the log, after its question. */
  function answer() {
    const view = open([...entries(0, 3), question]);
    view.update([...entries(0, 3), question, growing]);
    expect(view.log.scrollTop).toBe(800);
    const grow = (to: number) => {
      view.heights.set("t", to);
      view.grow(950 + to);
      view.update([...entries(0, 3), question, { ...growing, text: `${to} px` }]);
    };
    return { ...view, grow };
  }

  test("is shown from its question on, and what does not fit waits below", () => {
    const { log, grow, $ } = answer();
    grow(120);
    expect(log.scrollTop).toBe(870);
    expect($(".jump").hidden).toBe(true);
    grow(600);
    expect(log.scrollTop).toBe(892); // the question is at 900
    expect($(".jump").textContent).toBe("Latest messages");
    expect($(".jump").hidden).toBe(false);
    log.dispatchEvent(new Event("scroll")); // the browser's own, after the log has moved
    grow(700);
    expect(log.scrollTop).toBe(892);
  });

  test("stays where its reader is, who scrolls in it", () => {
    const { log, scroll, grow } = answer();
    grow(600);
    scroll(1_000);
    grow(700);
    expect(log.scrollTop).toBe(1_000);
    scroll(960);
    grow(800);
    expect(log.scrollTop).toBe(960);
  });

  test("is followed by who went to its end", () => {
    const { log, scroll, grow, $ } = answer();
    grow(600);
    scroll(1_350);
    expect($(".jump").hidden).toBe(true);
    grow(700);
    expect(log.scrollTop).toBe(1_450);
    expect($(".jump").hidden).toBe(true);
  });

  test("is followed by who jumps there, too", () => {
    const { log, grow, $ } = answer();
    grow(600);
    $(".jump").click();
    expect(log.scrollTop).toBe(1_350);
    grow(700);
    expect(log.scrollTop).toBe(1_450);
  });

  test("is left by who speaks, and not for what else comes", () => {
    const { made, log, grow, update, $ } = answer();
    grow(600);
    update([...entries(0, 3), question, answered]);
    update([...entries(0, 3), question, answered, entry("n", { role: "notice" })]);
    expect(log.scrollTop).toBe(892);
    expect($(".jump").textContent).toBe("1 new message");
    made.follow();
    expect(log.scrollTop).toBe(1_350);
    expect($(".jump").hidden).toBe(true);
  });

  test("that was all in sight keeps its end there when its text is laid out longer", () => {
    const { log, heights, grow, update } = answer();
    update([...entries(0, 3), question, answered]);
    heights.set("t", 600);
    grow(600);
    update([...entries(0, 3), question, answered]);
    expect(log.scrollTop).toBe(1_350);
  });

  test("above what the learner says meanwhile is followed: that is at the end", () => {
    const { log, update, heights, grow } = open([...entries(0, 3), question]);
    const waiting = entry("w", { role: "learner", state: "queued" });
    heights.set("t", 600);
    grow(1_700);
    update([...entries(0, 3), question, growing, waiting]);
    expect(log.scrollTop).toBe(1_500);
  });

  test("to a long question is shown from its own beginning", () => {
    const { log, update, heights, grow } = open([...entries(0, 3), question]);
    heights.set("q", 300).set("t", 600);
    grow(1_600);
    update([...entries(0, 3), question, answered]);
    expect(log.scrollTop).toBe(992);
  });

  test("that nobody asked for is shown from its beginning, also when the log opens", () => {
    const { log, update, heights, grow } = open();
    heights.set("g", 600);
    grow(1_000);
    update([entry("g")]);
    expect(log.scrollTop).toBe(392);
  });
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
