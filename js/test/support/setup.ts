/** A clean page for each test, and an error for a test that leaves something running. */
import { afterEach, expect, vi } from "vitest";
import "./environment.ts";
import { endAll, forgetAll, leftBehind } from "./lifetimes.ts";

/** Tests set the language and the theme of a page on these. */
const ROOTS = [document.documentElement, document.body];

afterEach(() => {
  endAll();
  const left = leftBehind();
  forgetAll();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  document.body.replaceChildren();
  for (const element of ROOTS)
    for (const name of element.getAttributeNames()) element.removeAttribute(name);
  sessionStorage.clear();
  expect(left, "what the test left behind").toEqual([]);
});
