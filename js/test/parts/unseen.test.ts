import { beforeEach, describe, expect, test, vi } from "vitest";
import { Unseen } from "../../src/parts/unseen.ts";
import { testLifetime } from "../support/lifetimes.ts";

/** Tells the observers what is in sight. */
let look: (target: Element, isIntersecting: boolean) => void;

beforeEach(() => {
  const all = new Set<Observer>();
  look = (target, isIntersecting) => {
    for (const { watched, tell } of all)
      if (watched.has(target)) tell([{ target, isIntersecting }]);
  };
  class Observer {
    readonly watched = new Set<Element>();
    constructor(readonly tell: (entries: object[]) => void) {
      all.add(this);
    }
    observe(target: Element) {
      this.watched.add(target);
    }
    unobserve(target: Element) {
      this.watched.delete(target);
    }
    disconnect() {
      all.delete(this);
    }
  }
  vi.stubGlobal("IntersectionObserver", Observer);
  document.title = "lesson.ipynb";
});

/** A chat out of sight; `isKnown`: the browser has told so. */
function open(key = "", isKnown = true) {
  const { signal, end } = testLifetime();
  const view = document.createElement("div");
  const unseen = new Unseen(signal, () => key);
  unseen.watch(view, signal);
  if (isKnown) look(view, false);
  return { unseen, view, end };
}

const turn = (state: "visible" | "hidden") => {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
};

describe("answers that nobody sees", () => {
  test("because the chat is scrolled away are counted until it is in sight", () => {
    const { unseen, view } = open();
    look(view, true);
    look(view, false);
    unseen.add(1);
    expect(document.title).toBe("(1) lesson.ipynb");
    unseen.add(2);
    expect(document.title).toBe("(3) lesson.ipynb");
    look(view, true);
    expect(document.title).toBe("lesson.ipynb");
  });

  test("because the page is in the background, until it is not", () => {
    const { unseen, view } = open();
    look(view, true);
    turn("hidden");
    unseen.add(1);
    expect(document.title).toBe("(1) lesson.ipynb");
    turn("visible");
    expect(document.title).toBe("lesson.ipynb");
  });

  test("but in one of two views are seen", () => {
    const { unseen, view } = open();
    const other = testLifetime();
    const second = document.createElement("div");
    unseen.watch(second, other.signal);
    look(view, false);
    look(second, true);
    unseen.add(1);
    expect(document.title).toBe("lesson.ipynb");
    other.end();
    unseen.add(1);
    expect(document.title).toBe("(1) lesson.ipynb");
  });

  test("of several chats are counted together, and each takes off its own", () => {
    const [first, second] = [open(), open()];
    first.unseen.add(1);
    second.unseen.add(2);
    expect(document.title).toBe("(3) lesson.ipynb");
    second.end();
    expect(document.title).toBe("(1) lesson.ipynb");
  });

  test("of a conversation that another chat shows are seen", () => {
    const [away, shown, other] = [open("k"), open("k"), open("l")];
    look(shown.view, true);
    away.unseen.add(1);
    expect(document.title).toBe("lesson.ipynb");
    other.unseen.add(1);
    expect(document.title).toBe("(1) lesson.ipynb");
  });

  test("are no more counted when another chat of the conversation comes into sight", () => {
    const [away, back, other] = [open("k"), open("k"), open("l")];
    away.unseen.add(2);
    other.unseen.add(1);
    expect(document.title).toBe("(3) lesson.ipynb");
    look(back.view, true);
    expect(document.title).toBe("(1) lesson.ipynb");
  });

  test("are counted again once that chat has ended", () => {
    const [away, shown] = [open("k"), open("k")];
    look(shown.view, true);
    shown.end();
    away.unseen.add(1);
    expect(document.title).toBe("(1) lesson.ipynb");
  });

  test("of conversations that are not known yet are not taken for one", () => {
    const [away, shown] = [open(), open()];
    look(shown.view, true);
    away.unseen.add(1);
    expect(document.title).toBe("(1) lesson.ipynb");
  });

  test("leave the title alone that the host has set meanwhile", () => {
    const { unseen, view } = open();
    unseen.add(1);
    document.title = "other.ipynb";
    look(view, true);
    expect(document.title).toBe("other.ipynb");
  });

  test("are counted as soon as the browser tells that the chat is out of sight", () => {
    const { unseen, view } = open("", false);
    unseen.add(2);
    expect(document.title).toBe("lesson.ipynb");
    look(view, false);
    expect(document.title).toBe("(2) lesson.ipynb");
    look(view, true);
    expect(document.title).toBe("lesson.ipynb");
  });

  test("are not counted when it tells that the chat was in sight", () => {
    const { unseen, view } = open("", false);
    unseen.add(2);
    look(view, true);
    look(view, false);
    expect(document.title).toBe("lesson.ipynb");
  });

  test("are counted in a background page, of which the browser tells nothing", () => {
    const { unseen } = open("", false);
    unseen.add(1);
    turn("hidden");
    expect(document.title).toBe("(1) lesson.ipynb");
    unseen.add(1);
    expect(document.title).toBe("(2) lesson.ipynb");
  });
});
