/** Whatever a tutor's state holds, header and suggestions draw what it means, or nothing. */
import { expect, test } from "vitest";
import { event } from "../support/fixtures.ts";
import { open, settled } from "../support/page.ts";

const LONG = "x".repeat(1_000_000);
const RTL = "\u202eמה זה \u2067ab\u2069؟";
/** What any key may hold. NaN and the infinities arrive as null. */
const VALUES: unknown[] = [
  ...[null, true, -1, -0, 0, 0.5, 1, 3, 1e308, -1e308, 2 ** 53, "", "3", " ", "Hint", RTL, LONG],
  ...[[], {}, [[]], { length: 3, 0: "Hint" }, [null, -1, "", " ", {}, ["Hint"], 1e308, true]],
  ...[["", "Hint", "Hint"], [LONG, RTL], Array.from({ length: 10_000 }, (_, i) => `${i}`)],
  ...[["\u200b", "\ud83d", "<b>x</b>", "__proto__", "constructor", "`", "{n}|{n}"]],
  [LONG.slice(0, 1_000), `${"🙂".repeat(300)}`, `\`${"y".repeat(300)}\``],
];
const KEYS = ["title", "step", "of", "progress", "suggestions"] as const;

/** States in which each pair of keys has each pair of values somewhere, about, and lone values. */
const STATES: unknown[] = [
  ...VALUES,
  ...VALUES.flatMap((_, i) =>
    [1, 2, 3, 5, 7].map((stride) =>
      Object.fromEntries(KEYS.map((key, k) => [key, VALUES[(i + k * stride) % VALUES.length]])),
    ),
  ),
  ...VALUES.map((value) => ({ step: 3, of: 8, progress: value, suggestions: value, title: value })),
  ...VALUES.map((value) => ({ step: value, of: 8, progress: 8 })),
  ...VALUES.map((value) => ({ step: 3, of: value, progress: 3 })),
];

const SEEN = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** What is wrong with what is drawn, in words. */
function faults({ $, $$ }: ReturnType<typeof open>): string[] {
  const [title = "", words = ""] = [".title", ".progress"].map((each) => $(each).textContent ?? "");
  const width = Number.parseFloat($(".fill").style.inlineSize || "0");
  const chips = $$(".chip").map((chip) => chip.textContent ?? "");
  const isDone = /^(\d+) of \1 done$/.test(words);
  const found = {
    "no title": !SEEN.test(title) || title.length > 200,
    "no words of the progress":
      !$(".progress").hidden && !/^(step )?\d+ of [1-9]\d*( done)?$/.test(words),
    "a bar out of bounds": !$(".progress").hidden && !(width >= 0 && width <= 100),
    "a bar that is full too early, or not": !$(".progress").hidden && isDone !== (width === 100),
    "too many suggestions": chips.length > 12 || new Set(chips).size < chips.length,
    "a suggestion that is empty or too long": chips.some(
      (text) => !SEEN.test(text) || [...text].length > 80,
    ),
    "a list without suggestions": !$(".suggestions").hidden !== chips.length > 0,
    "a writing direction that is not the text's": [$(".title"), ...$$(".chip")].some(
      (element) => element.dir !== "auto",
    ),
    markup: $$(".title *, .chip :not(code)").length > 0,
  };
  return Object.entries(found).flatMap(([name, is]) => (is ? [name] : []));
}

test("no state draws anything broken, one after the other, and a good one is drawn after them", async () => {
  const view = open();
  for (const state of STATES) {
    view.model.change({ state });
    await settled();
    const shown = JSON.stringify(state)?.slice(0, 200);
    expect([shown, faults(view)]).toEqual([shown, []]);
  }
  view.model.change({ state: { title: "Lists", step: 8, of: 8, progress: 8, suggestions: ["A"] } });
  await settled();
  expect(view.$(".title").textContent).toBe("Lists");
  expect(view.$(".progress").textContent).toBe("8 of 8 done");
  expect(view.$(".fill").style.inlineSize).toBe("100%");
  expect(view.$$(".chip").map((chip) => chip.textContent)).toEqual(["A"]);
});

test.each(["learner", "tutor", "notice"] as const)(
  "a time that no calendar has, of a message of the %s, leaves the others drawn",
  (role) => {
    const far = { at: Number.MAX_SAFE_INTEGER };
    const view = open({ history: [event(1, "a", role, far), event(2, "b", "tutor")] });
    expect(view.$$(".message .body").map((body) => body.textContent)).toEqual([
      "text of a",
      "text of b",
    ]);
  },
);
