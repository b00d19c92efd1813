import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { replace } from "../../src/dashboard/replace.ts";
import { keepAges } from "../../src/dashboard/times.ts";

const NOW = Date.parse("2026-05-04T10:00:00Z");
const MINUTE = 60_000;

/** A page of a step at which `here` are, since ten minutes before `NOW` on average. */
const pageWith = (here: number, said: string) => `<main id="page" data-page="class">
  <div id="notes"></div><div id="away"></div><div id="live"><p>${here} here</p>
  <span data-since="${NOW - 10 * MINUTE}" data-minutes="{n} min" data-most="120"
    data-long="over 2 h">${said}</span></div></main>`;

const live = () => document.getElementById("live")?.textContent?.replace(/\s+/g, " ").trim();

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  document.body.dataset.now = String(NOW);
  document.body.innerHTML = pageWith(5, "10 min");
  keepAges(document);
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
  delete document.body.dataset.now;
});

test("that time has passed is shown, and is no change", () => {
  vi.setSystemTime(NOW + MINUTE); // no timer has run since
  expect(replace(document, pageWith(5, "11 min"), false)).toBe(false);
  expect(live()).toBe("5 here 11 min");
});

test("a number that is another one is a change", () => {
  vi.setSystemTime(NOW + MINUTE);
  expect(replace(document, pageWith(10, "11 min"), false)).toBe(true);
  expect(live()).toBe("10 here 11 min");
});
