import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { grow, localize } from "../../src/dashboard/times.ts";

const NOW = Date.parse("2026-05-04T10:00:00Z");
const MINUTE = 60_000;

const age = () => document.querySelector("[data-since]")?.textContent;

function show(minutes: number): void {
  document.body.innerHTML = `<span data-since="${NOW - minutes * MINUTE}" data-minutes="{n} min"
    data-long="over 2 h">?</span>`;
  localize(document);
}

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

test.each([
  [12.9, "12 min"],
  [0, "1 min"],
  [-5, "1 min"],
  [120, "120 min"],
  [121, "over 2 h"],
])("%s minutes ago is said as %s", (minutes, said) => {
  show(minutes);
  expect(age()).toBe(said);
});

test("an open page goes on counting", () => {
  show(12);
  grow(document);
  vi.advanceTimersByTime(2 * MINUTE);
  expect(age()).toBe("14 min");
});
