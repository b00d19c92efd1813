import { describe, expect, test, vi } from "vitest";
import { h } from "../../../src/dom.ts";
import { atEnd } from "../../../src/lifetime.ts";
import { Times } from "../../../src/view/times.ts";
import type { Entry } from "../../../src/view/transcript/entries.ts";
import { Message } from "../../../src/view/transcript/message.ts";
import { english } from "../../../src/words.ts";
import { testLifetime } from "../../support/lifetimes.ts";

const AT = Date.UTC(2026, 0, 2, 12);

const entry = (more: Partial<Entry> = {}): Entry => ({
  key: "m",
  id: "m",
  role: "learner",
  text: "*text*",
  at: AT,
  state: "said",
  reason: "",
  re: "",
  place: null,
  ...more,
});

function open(first: Partial<Entry> = {}, words = english) {
  const actions = {
    edit: vi.fn(),
    retry: vi.fn(),
    discard: vi.fn(),
    stop: vi.fn(),
    askAgain: vi.fn(),
    goOn: vi.fn(),
    tools: { moveTo: vi.fn(), toggle: vi.fn(), key: vi.fn() },
    enhance: vi.fn(),
    reportForm: vi.fn(),
    reading: document.body.appendChild(h("p", { id: "reading" })),
  };
  const made = new Message(entry(first), words, new Times(words, "en-GB"), actions);
  atEnd(testLifetime().signal, () => made.close());
  document.body.append(made.element);
  const $ = (selector: string) => made.element.querySelector(selector) as HTMLElement;
  const update = (more: Partial<Entry> = {}, connected = false) =>
    made.update(entry({ ...first, ...more }), connected);
  update();
  const footer = () =>
    [...$(".footer").children]
      .filter((child) => !(child as HTMLElement).hidden)
      .map((child) => child.textContent);
  const click = (label: string) =>
    [...made.element.querySelectorAll("button")].find((b) => b.textContent === label)?.click();
  return { made, actions, $, update, footer, click };
}

describe("a message", () => {
  test("has its id, its time as a machine reads it, and can take the focus", () => {
    const { made, $, update } = open();
    expect(made.element.dataset).toMatchObject({ id: "m", state: "said" });
    expect(made.element.getAttribute("tabindex")).toBe("-1");
    expect($("time").getAttribute("datetime")).toBe("2026-01-02T12:00:00.000Z");
    update({ id: "" });
    expect(made.element.hasAttribute("data-id")).toBe(false);
  });

  test("of the learner's stands as typed, the tutor's and a notice as Markdown", () => {
    expect(open().$(".body em")).toBeNull();
    expect(open({ role: "tutor" }).$(".body em").textContent).toBe("text");
    expect(open({ role: "notice" }).$(".body em").textContent).toBe("text");
  });

  test("says what was shared with it, and hides the line where nothing was", () => {
    const { $, update } = open();
    expect($(".shared").hidden).toBe(true);
    update({ shared: { error: "KeyError", cell: true }, state: "sent" });
    expect($(".shared").hidden).toBe(false);
    expect($(".shared").textContent).toBe("Attached: KeyError, code");
  });

  test("is drawn again for its parts to look better once it is whole, and only then", () => {
    const { actions, update } = open();
    expect(actions.enhance).toHaveBeenCalledTimes(1);
    update({ state: "failed" });
    expect(actions.enhance).toHaveBeenCalledTimes(1);
    update({ text: "other" });
    expect(actions.enhance).toHaveBeenCalledTimes(2);
  });
});

describe("the line below", () => {
  test("offers Discard last, whatever was offered before", () => {
    const { footer, update } = open({ state: "queued" });
    expect(footer()).toEqual(["Queued", "Edit", "Discard"]);
    update({ state: "failed", reason: "It is too long." });
    expect(footer()).toEqual(["Not sent: It is too long.", "Edit", "Try again", "Discard"]);
    update({ state: "queued" });
    expect(footer()).toEqual(["Queued", "Edit", "Discard"]);
  });

  test("follows the reason, in the reader's language", () => {
    const words = { ...english, sentences: { queue_full: "Schon {waiting:,} warten." } };
    const { footer, update } = open({ state: "failed", reason: "It is too long." }, words);
    expect(footer()[0]).toBe("Not sent: It is too long.");
    update({ reason: "1,000 wait.", code: "queue_full", args: { waiting: 1000 } });
    expect(footer()[0]).toBe("Not sent: Schon 1,000 warten.");
  });

  test.each([
    ["saving", false, true],
    ["sent", false, true],
    ["waiting", false, true],
    ["queued", false, false],
    ["queued", true, true],
    ["failed", true, false],
  ] as const)(
    "of a message that is %s (connected: %s) comes late: %s",
    (state, connected, late) => {
      const { $, update } = open();
      update({ state }, connected);
      expect($(".footer").classList.contains("late")).toBe(late);
    },
  );

  test("acts for the message as it is by now", () => {
    const { actions, update, click } = open({ state: "queued" });
    update({ state: "failed", text: "changed" });
    click("Edit");
    expect(actions.edit.mock.calls).toMatchObject([[{ text: "changed", state: "failed" }]]);
    click("Discard");
    click("Try again");
    expect(actions.discard).toHaveBeenCalledOnce();
    expect(actions.retry).toHaveBeenCalledOnce();
  });
});

describe("the description, heard after the name by who comes to a message", () => {
  const described = ({ element }: Message): string[] => {
    const of = element.querySelector(`[id="${element.getAttribute("aria-describedby")}"]`);
    const heard = [...(of?.children ?? [])].filter((child) => !(child as HTMLElement).hidden);
    return heard.map((child) => child.textContent ?? "").filter(Boolean);
  };

  test.each([
    [{ state: "said" }, []],
    [{ state: "queued" }, ["Queued", "Edit", "Discard"]],
    [{ state: "withdrawing" }, ["Taking back"]],
    [
      { state: "failed", reason: "It is too long." },
      ["Not sent: It is too long.", "Edit", "Try again", "Discard"],
    ],
    [{ role: "tutor", state: "broken", canAskAgain: true }, ["The answer failed.", "Try again"]],
    [
      { role: "tutor", state: "streaming", held: true },
      ["A teacher is looking at this answer.", "Stop"],
    ],
    [{ role: "tutor", state: "said", report: "reported" }, ["Reported"]],
    [{ role: "tutor", state: "said", report: "offered" }, []],
    [{ role: "notice", state: "said", by: "Ms Grey" }, []],
  ] as [Partial<Entry>, string[]][])("of %j is %j", (more, words) => {
    const { made } = open(more);
    expect(described(made)).toEqual(words);
    expect(made.element.hasAttribute("aria-describedby")).toBe(words.length > 0);
  });

  test("follows what becomes of the message, and the name stays who and when", () => {
    const { made, update } = open({ state: "queued" });
    const name = made.element.getAttribute("aria-label");
    update({ state: "failed", reason: "No." });
    expect(described(made)[0]).toBe("Not sent: No.");
    update({ state: "said" });
    expect(described(made)).toEqual([]);
    expect(made.element.getAttribute("aria-label")).toBe(name);
    expect(name).toMatch(/^You, /);
  });
});

describe("an answer", () => {
  const reply = { role: "tutor", state: "streaming", at: null, text: "" } as const;

  test("that waits in line says its place, which follows", () => {
    const { footer, update } = open({ ...reply, place: 3 });
    expect(footer()).toEqual(["The tutor is busy: you are third in line.", "Stop"]);
    update({ place: 2 });
    expect(footer()[0]).toBe("The tutor is busy: you are second in line.");
    update({ place: 60 });
    expect(footer()[0]).toBe("The tutor is busy: you are number 60 in line.");
    update({ place: null });
    expect(footer()[0]).toBe("Tutor is answering…");
    update({ place: null, text: "Lo" });
    expect(footer()).toEqual(["", "Stop"]);
  });

  test("that is being stopped says so, and the button keeps the focus", () => {
    const { actions, footer, click, made } = open(reply);
    const button = [...made.element.querySelectorAll("button")].find(
      (each) => each.textContent === "Stop",
    );
    button?.focus();
    click("Stop");
    expect(footer()[1]).toBe("Stopping…");
    expect(document.activeElement).toBe(button);
    expect(actions.stop).toHaveBeenCalledOnce();
  });

  test.each([
    ["stopped", "Stopped"],
    ["broken", "The answer failed."],
  ] as const)("that was %s says so, and offers what helps", (state, words) => {
    const { footer, update } = open({ ...reply, state, at: AT });
    expect(footer()).toEqual([words]);
    update({ canGoOn: true, canAskAgain: true });
    expect(footer()).toEqual([words, "Go on", "Try again"]);
    update({ canGoOn: false, canAskAgain: true });
    expect(footer()).toEqual([words, "Try again"]);
  });

  test("that is generated anew streams anew, and ends as what was said", () => {
    vi.useFakeTimers();
    const { $, update } = open(reply);
    const done = { state: "said", at: AT } as const;
    update({ text: "first" });
    update({ text: "first", ...done });
    expect($(".body").textContent).toBe("first");
    update({ text: "" });
    update({ text: "second try" });
    vi.advanceTimersByTime(1_000);
    expect($(".body").textContent).toBe("second try");
    update({ text: "second try, whole", ...done });
    expect($(".body").textContent).toBe("second try, whole");
    update({ text: "corrected", ...done });
    expect($(".body").textContent).toBe("corrected");
  });

  test("that is closed while words come in draws no more", () => {
    vi.useFakeTimers();
    const { made, $, update } = open(reply);
    update({ text: "word ".repeat(100) });
    vi.advanceTimersByTime(20);
    made.close();
    const before = $(".body").textContent;
    vi.advanceTimersByTime(1_000);
    expect($(".body").textContent).toBe(before);
  });
});
