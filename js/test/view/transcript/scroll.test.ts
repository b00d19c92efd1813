import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Entry } from "../../../src/view/transcript/entries.ts";
import { entries, entry, openTranscript as open } from "../../support/transcripts.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

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
