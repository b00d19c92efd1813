import { beforeEach, describe, expect, test, vi } from "vitest";
import { event, item } from "../support/fixtures.ts";
import { open, press, type } from "../support/page.ts";

/** Lets what is drawn after a change be drawn: a clock that stands still runs microtasks, too. */
const drawn = () => vi.advanceTimersByTimeAsync(0);
const rested = () => vi.advanceTimersByTimeAsync(500);

beforeEach(() => {
  vi.useFakeTimers();
});

type View = ReturnType<typeof open>;
type Drawn = Pick<View, "$$">;
const LESSON = { session_state: { suggestions: ["Hint", "Skip"] }, _view: { rev: 4 } };

const chips = (view: Drawn) => view.$$(".chip");
const chip = (view: Drawn, label: string) =>
  chips(view).find((each) => each.textContent === label) as HTMLElement;
const disabled = (view: Drawn) =>
  chips(view).map((each) => each.getAttribute("aria-disabled") === "true");
/** A click, the `nth` in quick succession. */
const click = (element: HTMLElement, nth = 1) =>
  element.dispatchEvent(new MouseEvent("click", { detail: nth, bubbles: true }));

const say = (view: View) => {
  const said = view.model.ops("say") as { id: string; text: string; rev?: number }[];
  return said.map(({ text, rev }) => [text, rev]);
};
const lastId = (view: View) => view.model.ops("say").at(-1)?.id ?? "";

/** The tutor answers the last message, and goes on to `next`. */
async function answer(view: View, next: object, rev: number): Promise<void> {
  const id = lastId(view);
  view.model.change({ queue: [item(id, "queued")] });
  view.model.change({ events: [event(1, id, "learner")] });
  view.model.change({ reply: { re: id, id: "t", from: 0, text: "No" } });
  view.model.change({
    events: [event(2, "t", "tutor", { re: id })],
    state: next,
    view: { rev },
  });
  await drawn();
}

describe("suggestions", () => {
  test("are a list with a name", () => {
    const list = open(LESSON).$(".suggestions");
    expect(list.getAttribute("role")).toBe("list");
    expect(list.getAttribute("aria-label")).toBe("Suggestions");
    expect([...list.children].map((each) => each.localName)).toEqual(["li", "li"]);
    expect([...list.querySelectorAll("button")].map(({ dir }) => dir)).toEqual(["auto", "auto"]);
  });

  test("show code as code, and anything else as text", () => {
    const text = "It prints `<b>55</b>`. <img src=x>";
    const view = open({ session_state: { suggestions: [text] } });
    const [made] = chips(view);
    expect(made?.querySelector("code")?.textContent).toBe("<b>55</b>");
    expect(made?.textContent).toBe("It prints <b>55</b>. <img src=x>");
    expect(made?.querySelectorAll("*")).toHaveLength(1);
    click(made as HTMLElement);
    expect(say(view)).toEqual([[text, undefined]]);
  });

  test("that are long are cut, their whole is the name and what is sent", () => {
    const text = `A) It prints\n\`${"🙂".repeat(200)}\``;
    const view = open({ session_state: { suggestions: [text, "Hint"] } });
    const [long, short] = chips(view);
    const whole = text.replace("\n", " ").replaceAll("`", "");
    expect(long?.textContent).toBe(`A) It prints ${"🙂".repeat(65)}…`);
    expect(long?.title).toBe(whole);
    expect(long?.getAttribute("aria-label")).toBe(whole);
    expect(short?.hasAttribute("title")).toBe(false);
    click(long as HTMLElement);
    expect(say(view)).toEqual([[text, undefined]]);
  });

  test("are hidden where there are none, and in a saved conversation", async () => {
    const view = open();
    expect(view.$(".suggestions").hidden).toBe(true);
    view.model.change({ state: { suggestions: ["Hint"] } });
    await drawn();
    expect(view.$(".suggestions").hidden).toBe(false);
    const options = { answers: false, manager: { kernel: null } };
    const saved = open({ session_state: { suggestions: ["Hint"] } }, options);
    expect(saved.$(".suggestions").hidden).toBe(true);
  });

  test("of a state that is not a lesson's are none", () => {
    for (const state of [null, "Hint", { suggestions: "Hint" }, { suggestions: [7] }]) {
      const view = open({ session_state: state });
      expect(chips(view)).toEqual([]);
      expect(view.$(".suggestions").hidden).toBe(true);
    }
  });
});

describe("a click", () => {
  test("sends the text with the revision of the state that showed it", async () => {
    const view = open(LESSON);
    click(chip(view, "Hint"));
    expect(say(view)).toEqual([["Hint", 4]]);
    await answer(view, { suggestions: ["Hint", "Skip"] }, 5);
    await rested();
    click(chip(view, "Hint"));
    expect(say(view).at(-1)).toEqual(["Hint", 5]);
  });

  test("sends the revision that was shown, when another state is not drawn yet", () => {
    const view = open(LESSON);
    view.model.change({ state: { suggestions: ["Next"] }, view: { rev: 5 } });
    click(chip(view, "Hint"));
    expect(say(view)).toEqual([["Hint", 4]]);
  });

  test("counts once, in all views, until its answer is complete", async () => {
    const view = open(LESSON, { answers: false });
    const second = view.show();
    click(chip(view, "Hint"));
    expect(disabled(view)).toEqual([true, true]);
    click(chip(view, "Skip"));
    await drawn();
    expect(disabled(second)).toEqual([true, true]);
    click(chip(second, "Hint"));
    const id = lastId(view);
    view.model.change({ queue: [item(id, "queued")] });
    view.model.change({ events: [event(1, id, "learner")] });
    await rested();
    click(chip(view, "Hint"));
    view.model.change({ reply: { re: id, id: "t", from: 0, text: "An" } });
    await rested();
    click(chip(second, "Skip"));
    expect(say(view)).toHaveLength(1);
    view.model.change({ events: [event(2, "t", "tutor", { re: id })] });
    await rested();
    expect(disabled(view)).toEqual([false, false]);
    expect(disabled(second)).toEqual([false, false]);
  });

  test("right after the answer is the rest of a double click, and does nothing", async () => {
    const view = open(LESSON);
    click(chip(view, "Hint"));
    await answer(view, { suggestions: ["Hint", "Skip"] }, 5);
    click(chip(view, "Hint"));
    await rested();
    click(chip(view, "Hint"), 2);
    expect(say(view)).toHaveLength(1);
    click(chip(view, "Hint"));
    expect(say(view)).toHaveLength(2);
  });

  test("by a key that is held down counts once", () => {
    const view = open(LESSON);
    const hint = chip(view, "Hint");
    expect(press(hint, "Enter").defaultPrevented).toBe(false);
    expect(press(hint, "Enter", { repeat: true }).defaultPrevented).toBe(true);
  });

  test("waits offline and over a reload, with its revision", async () => {
    const view = open(LESSON, { throws: true });
    click(chip(view, "Hint"));
    view.end();
    const later = open({ ...LESSON, _view: { rev: 9 } });
    await drawn();
    expect(say(later)).toEqual([["Hint", 4]]);
    expect(disabled(later)).toEqual([true, true]);
  });
});

describe("while an answer is under way", () => {
  const asked = event(1, "m", "learner");
  const reply = { re: "m", id: "", role: "tutor", text: "", status: "streaming" } as const;

  test.each([
    ["begins", reply],
    ["is written", { ...reply, id: "t", text: "No" }],
    ["waits in line", { ...reply, place: 3 }],
    ["waits for a person", { ...reply, held: true }],
  ])("that %s, suggestions do nothing, also in a page that opens now", (_, underWay) => {
    const view = open({ ...LESSON, history: [asked, underWay] });
    expect(disabled(view)).toEqual([true, true]);
    click(chip(view, "Hint"));
    expect(say(view)).toEqual([]);
  });

  test.each(["complete", "stopped", "failed"])("until it is %s", async (status) => {
    const view = open({ ...LESSON, history: [asked, { ...reply, id: "t", text: "No" }] });
    view.model.change({ events: [event(2, "t", "tutor", { re: "m", status })] });
    await rested();
    expect(disabled(view)).toEqual([false, false]);
    click(chip(view, "Hint"));
    expect(say(view)).toEqual([["Hint", 4]]);
  });
});

describe("another state that comes unasked", () => {
  test.each([
    ["other suggestions", { suggestions: ["Next", "Skip"] }, 5],
    ["the same ones in another order", { suggestions: ["Skip", "Hint"] }, 5],
    ["the same ones of another step", { suggestions: ["Hint", "Skip"] }, 5],
    ["others of the same revision", { suggestions: ["Skip", "Next"] }, 4],
  ])("with %s takes no click that was aimed at the last one", async (_, state, rev) => {
    const view = open(LESSON);
    view.model.change({ state, view: { rev } });
    await drawn();
    expect(disabled(view)).toEqual([true, true]);
    click(chip(view, "Skip"));
    expect(say(view)).toEqual([]);
    await rested();
    expect(disabled(view)).toEqual([false, false]);
    click(chip(view, "Skip"));
    expect(say(view)).toEqual([["Skip", rev]]);
  });

  test("leaves suggestions alone that are the same, of the same state", async () => {
    const view = open(LESSON);
    view.model.change({
      state: { ...LESSON.session_state, score: 1 },
      view: { error: "KeyError" },
    });
    await drawn();
    expect(disabled(view)).toEqual([false, false]);
  });

  test("may bring the first ones, which can be clicked at once", async () => {
    const view = open({ _view: { rev: 4 } });
    view.model.change({ state: LESSON.session_state, view: { rev: 5 } });
    await drawn();
    click(chip(view, "Hint"));
    expect(say(view)).toEqual([["Hint", 5]]);
  });
});

describe("what is typed", () => {
  test("makes suggestions wait for its answer, too, and names the state that is shown", async () => {
    const view = open(LESSON);
    type(view.$("textarea"), "3");
    press(view.$("textarea"), "Enter");
    expect(say(view)).toEqual([["3", 4]]);
    expect(disabled(view)).toEqual([true, true]);
    await answer(view, { suggestions: ["Hint"] }, 5);
    expect(disabled(view)).toEqual([true]);
    await rested();
    expect(disabled(view)).toEqual([false]);
  });

  test("and was not sent leaves them free", () => {
    const view = open({ ...LESSON, queue: [item("a", "failed", { reason: "It is too long." })] });
    expect(disabled(view)).toEqual([false, false]);
  });
});

describe("the focus", () => {
  test("stays on a suggestion that stays, and is never lost with one that goes", async () => {
    const view = open(LESSON);
    chip(view, "Hint").focus();
    click(chip(view, "Hint"));
    await answer(view, { suggestions: ["A", "Hint"] }, 5);
    expect(view.root.activeElement).toBe(chip(view, "Hint"));
    view.model.change({ state: { suggestions: ["A"] } });
    await drawn();
    expect(view.root.activeElement).toBe(view.$("textarea"));
  });
});
