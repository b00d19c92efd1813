import { describe, expect, test } from "vitest";
import { readLesson } from "../../src/model/session_state.ts";

const NOTHING = { title: "", progress: null, suggestions: [], ai: false };
const progress = (state: object) => readLesson(state).progress;

describe("a state that is not a lesson's", () => {
  test.each([null, undefined, 7, "Hint", true, [], ["Hint"], {}])("%j shows nothing", (state) => {
    expect(readLesson(state)).toEqual(NOTHING);
  });

  test("shows nothing of what has another type", () => {
    const state = { title: 7, step: "4", of: "8", progress: "3", suggestions: "Hint" };
    expect(readLesson(state)).toEqual(NOTHING);
  });
});

test.each([
  [true, true],
  [false, false],
  ["true", false],
  [1, false],
  [{}, false],
])("ai: %j is %j: an AI answers only where the tutor says exactly that", (ai, read) => {
  expect(readLesson({ ai }).ai).toBe(read);
});

describe("the title", () => {
  test("is bounded, and has no space around it", () => {
    expect(readLesson({ title: " Lists\n" }).title).toBe("Lists");
    expect(readLesson({ title: "x".repeat(1_000_000) }).title).toHaveLength(200);
    expect(readLesson({ title: `x${"🙂".repeat(200)}` }).title).toBe(`x${"🙂".repeat(99)}`);
  });
});

describe("a text of which nothing is seen", () => {
  // Spaces of all kinds, format characters, fillers, half a character, code that is a space.
  test.each([
    "",
    " \n",
    "\u00a0",
    "\u200b\u200d",
    "\u202e\u2066",
    "\ufeff",
    "\u00ad",
    "\u2800",
    "\u3164",
    "\ud83d",
    "\0",
  ])("%j is no title and no suggestion", (text) => {
    expect(readLesson({ title: text, suggestions: [text, "Hint"] })).toEqual({
      ...NOTHING,
      suggestions: ["Hint"],
    });
  });

  test("is only space in code, too; signs and letters of every writing are seen", () => {
    const seen = ["`", "``", "` x `", "\u202eabc", "עברית", "❤️", "👩‍👩‍👧", "0", "́a"];
    expect(readLesson({ suggestions: ["` `", "`\u200b`", ...seen] }).suggestions).toEqual(seen);
    for (const title of seen) expect(readLesson({ title }).title).toBe(title);
  });
});

describe("the progress", () => {
  test("counts the steps that are answered, as the tutor does", () => {
    expect(progress({ step: 8, of: 8, progress: 8 })).toEqual({ step: 8, of: 8, answered: 8 });
    expect(progress({ step: 2, of: 8, progress: 5 })).toEqual({ step: 2, of: 8, answered: 5 });
    expect(progress({ step: 1, of: 8, progress: 0 })).toEqual({ step: 1, of: 8, answered: 0 });
  });

  test("is up to the step before, where the tutor does not count", () => {
    expect(progress({ step: 4, of: 8 })?.answered).toBe(3);
    expect(progress({ step: 8, of: 8 })?.answered).toBe(7);
    expect(progress({ step: 0, of: 8 })?.answered).toBe(0);
    expect(progress({ step: 4, of: 8, progress: -1 })?.answered).toBe(3);
    expect(progress({ step: 4, of: 8, progress: 2.5 })?.answered).toBe(3);
  });

  test("never goes beyond the last step", () => {
    expect(progress({ step: 9, of: 8, progress: 9 })).toEqual({ step: 8, of: 8, answered: 8 });
  });

  test.each([Number.NaN, -1, 1.5, 1e9, 1e300, Number.POSITIVE_INFINITY, "4", null, [4], undefined])(
    "is not shown for %j",
    (value) => {
      expect(progress({ step: value, of: 8 })).toBeNull();
      expect(progress({ step: 4, of: value })).toBeNull();
      expect(progress({ step: 0, of: 0 })).toBeNull();
    },
  );
});

describe("the suggestions", () => {
  const read = (suggestions: unknown) => readLesson({ suggestions }).suggestions;

  test("are texts, each once, in the tutor's order", () => {
    const given = ["B", null, "A", 7, "", " ", "B", ["C"], { text: "D" }];
    expect(read(given)).toEqual(["B", "A"]);
  });

  test("are at most twelve, and none is a book", () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `${i}`);
    expect(read(many)).toEqual(many.slice(0, 12));
    expect(read(["x".repeat(1_001), "Hint"])).toEqual(["Hint"]);
  });

  test("are looked for at the beginning only, however long the list is", () => {
    let looked = 0;
    const list = new Proxy(new Array(20_000).fill(7), {
      get: (target, name) => {
        if (/^\d+$/.test(String(name))) looked++;
        return Reflect.get(target, name);
      },
    });
    expect(read(list)).toEqual([]);
    expect(looked).toBeLessThanOrEqual(100);
  });
});
