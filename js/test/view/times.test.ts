import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { dayNumber, Times } from "../../src/view/times.ts";
import { english } from "../../src/words.ts";

const times = () => new Times(english, "en-GB");

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Los Angeles is hours behind UTC, Auckland hours before it. */
describe.each(["America/Los_Angeles", "Pacific/Auckland"])("in %s", (zone) => {
  beforeEach(() => {
    vi.stubEnv("TZ", zone);
    vi.useFakeTimers();
  });

  test("a day ends at the reader's own midnight", () => {
    const late = new Date(2026, 2, 3, 23, 59).getTime();
    const early = new Date(2026, 2, 4, 0, 1).getTime();
    expect(dayNumber(early) - dayNumber(late)).toBe(1);
    expect(dayNumber(new Date(2026, 2, 3, 0, 1).getTime())).toBe(dayNumber(late));
    vi.setSystemTime(early);
    expect([early, late].map((at) => times().day(at))).toEqual(["Today", "Yesterday"]);
    expect(times().clock(early)).toBe("00:01");
  });

  test("days follow one another across a change of the clock", () => {
    const days = Array.from({ length: 366 }, (_, i) =>
      dayNumber(new Date(2026, 0, 1 + i, 0, 30).getTime()),
    );
    expect(days).toEqual(days.map((_, i) => (days[0] ?? 0) + i));
  });
});

test("a day is named by its distance, then by its date, with the year if it is another", () => {
  vi.useFakeTimers({ now: new Date(2026, 5, 15, 12) });
  const day = (year: number, month: number, date: number) =>
    times().day(new Date(year, month, date, 12).getTime());
  expect(day(2026, 5, 15)).toBe("Today");
  expect(day(2026, 5, 14)).toBe("Yesterday");
  expect(day(2026, 5, 13)).toBe("Saturday 13 June");
  expect(day(2026, 5, 16)).toBe("Tuesday 16 June"); // the kernel's clock is ahead
  expect(day(2025, 5, 15)).toContain("2025");
});

test.each([
  [400, "0 s"],
  [24_000, "24 s"],
  [89_000, "89 s"],
  [90_000, "2 min"],
  [300_000, "5 min"],
  [5_399_000, "90 min"],
  [5_400_000, "2 h"],
  [10_800_000, "3 h"],
])("%i ms are about %s", (ms, words) => {
  expect(times().duration(ms)).toBe(words);
});

test("a language that the browser does not know is no reason to show no times", () => {
  expect(new Times(english, "not a tag").clock(0)).toMatch(/^\d\d:\d\d$/);
});
