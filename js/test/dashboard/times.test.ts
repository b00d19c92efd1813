import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepAges, localize } from "../../src/dashboard/times.ts";

const NOW = Date.parse("2026-05-04T10:00:00Z");
const MINUTE = 60_000;

const age = () => document.querySelector("[data-since]")?.textContent;

function show(minutes: number, ahead = 0): void {
  document.body.innerHTML = `<span data-since="${NOW - minutes * MINUTE}" data-minutes="{n} min"
    data-most="120" data-long="over 2 h">?</span>`;
  document.body.dataset.now = String(NOW);
  vi.setSystemTime(NOW + ahead);
  keepAges(document);
}

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
  delete document.body.dataset.now;
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

test.each([60, -60])("a clock %s minutes ahead of the server's says the same", (ahead) => {
  show(8, ahead * MINUTE);
  expect(age()).toBe("8 min");
  vi.advanceTimersByTime(2 * MINUTE);
  localize(document);
  expect(age()).toBe("10 min");
});

test("an open page goes on counting", () => {
  show(12);
  vi.advanceTimersByTime(2 * MINUTE);
  expect(age()).toBe("14 min");
});
