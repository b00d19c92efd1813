/** What is left of today's questions: read from any state, shown in words, spoken twice at most. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import samples from "../../../tests/golden/budgets.json" with { type: "json" };
import de from "../../../tutor_widget/words/de.json" with { type: "json" };
import es from "../../../tutor_widget/words/es.json" with { type: "json" };
import fr from "../../../tutor_widget/words/fr.json" with { type: "json" };
import zh from "../../../tutor_widget/words/zh.json" with { type: "json" };
import follow, { budgetWords, readBudget } from "../../src/parts/budget.ts";
import { english, type Words } from "../../src/words.ts";
import { testLifetime } from "../support/lifetimes.ts";

const NOW = Date.UTC(2026, 0, 5, 10);
const HOUR = 3_600_000;
const until = NOW + 14 * HOUR;
const state = (left: unknown) => ({ ai: true, budget: { left, until } });

describe("a budget", () => {
  test.each(samples as [{ until?: unknown }, string | null][])(
    "%j is said as: %s",
    (sample, level) => {
      const until = sample?.until;
      const budget = typeof until === "number" ? { ...sample, until: NOW + until } : sample;
      expect(readBudget({ budget }, NOW)?.level ?? null).toBe(level);
    },
  );

  test.each([
    null,
    undefined,
    7,
    "budget",
    [],
    {},
    ...[Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].map(state),
    { budget: { left: 0.1, until: Number.NaN } },
  ])("is none in a state that anybody could have written: %j", (given) => {
    expect(readBudget(given, NOW)).toBeNull();
  });

  const all = { en: english, de, fr, es, zh };
  const words = (language: keyof typeof all): Words =>
    language === "en" ? english : { ...all[language].browser, parts: all[language].parts };

  test.each(["en", "de", "fr", "es", "zh"] as const)(
    "is in words of its own at each level, in %s, and names the time when it is used up",
    (language) => {
      const said = [0.2, 0.1, 0.01, 0].map((left) =>
        budgetWords(readBudget(state(left), NOW), words(language), language),
      );
      expect(new Set(said).size).toBe(4);
      const time = new Intl.DateTimeFormat(language, { hour: "2-digit", hourCycle: "h23" });
      expect(said[3]).toContain(`${time.format(until).slice(0, 2)}:00`);
      expect(said.join()).not.toMatch(/[{}|%]/);
    },
  );

  test("is nothing to say where there is none", () => {
    expect(budgetWords(null, english, "en")).toBe("");
  });
});

describe("on a page", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
  });

  function open(known: unknown, now: unknown = known) {
    const { signal, end } = testLifetime();
    const draws = new Set<() => void>();
    const conversation = {
      traits: { session_state: now } as never,
      subscribe: (draw: () => void) => void draws.add(draw),
    };
    const spoken: string[] = [];
    const announce = (_: unknown, text: string) => spoken.push(text) > 0;
    const watch = { refresh: vi.fn() };
    const around = { conversation, regions: { announce }, watch, words: english, lang: "en-GB" };
    const shown = follow({ ...around, signal }, known);
    const change = async (session_state: unknown) => {
      conversation.traits = { session_state } as never;
      for (const draw of draws) draw();
      await vi.advanceTimersByTimeAsync(0);
    };
    return { shown, spoken, change, watch, end };
  }
  const [FIFTH, USED] = [
    /^A fifth of today’s questions is left\.$/,
    /^Today’s questions are used up/,
  ];

  test("it is spoken when it appears and when it is used up, and not in between", async () => {
    const { shown, spoken, change } = open({});
    await change(state(0.2));
    expect(shown()).toMatch(FIFTH);
    for (const left of [0.19, 0.12, 0.1, 0.04, 0.03]) await change(state(left));
    expect(shown()).toMatch(/^Less than a tenth/);
    expect(spoken).toEqual([expect.stringMatching(FIFTH)]);
    for (const left of [0, 0]) await change(state(left));
    expect(spoken).toEqual([expect.stringMatching(FIFTH), expect.stringMatching(USED)]);
  });

  test("what was known when the page opened is shown and not spoken", async () => {
    const { shown, spoken, change } = open(state(0.1));
    await change(state(0.1));
    expect(shown()).toMatch(/^A tenth/);
    expect(spoken).toEqual([]);
  });

  test("what came while the part was on its way is spoken", async () => {
    const { spoken } = open({}, state(0));
    await vi.advanceTimersByTimeAsync(0);
    expect(spoken).toEqual([expect.stringMatching(USED)]);
  });

  test("it goes when the next one begins, without a word of the kernel and without a countdown", async () => {
    const { shown, spoken, change, watch } = open({});
    await change(state(0));
    watch.refresh.mockClear();
    await vi.advanceTimersByTimeAsync(14 * HOUR - 1);
    expect(watch.refresh).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(watch.refresh).toHaveBeenCalledOnce();
    expect(shown()).toBe("");
    expect(spoken).toHaveLength(1);
    const tomorrow = { budget: { left: 0.2, until: until + 24 * HOUR } };
    await change(tomorrow);
    expect(spoken).toHaveLength(2);
  });

  test("nothing is drawn or said after the end of the model", async () => {
    const { spoken, watch, end } = open({}, {});
    end();
    await vi.advanceTimersByTimeAsync(0);
    watch.refresh.mockClear();
    await vi.advanceTimersByTimeAsync(48 * HOUR);
    expect(watch.refresh).not.toHaveBeenCalled();
    expect(spoken).toEqual([]);
  });
});
