/** What happy-dom lacks, and a clean page for each test. */
import { afterEach, expect, vi } from "vitest";
import { endAll, forgetAll, leftBehind, watchPage } from "./lifetimes.ts";

vi.stubGlobal(
  "matchMedia",
  () => Object.assign(new EventTarget(), { matches: false }) as unknown as MediaQueryList,
);
watchPage();

afterEach(() => {
  endAll();
  const left = leftBehind();
  forgetAll();
  vi.restoreAllMocks();
  vi.useRealTimers();
  document.body.replaceChildren();
  sessionStorage.clear();
  expect(left, "what the test left behind").toEqual([]);
});
