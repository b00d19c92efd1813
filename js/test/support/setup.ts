/** What happy-dom lacks, and a clean page for each test. */
import { afterEach, expect, vi } from "vitest";
import { endAll, forgetAll, leftBehind, watchPage } from "./lifetimes.ts";

vi.stubGlobal(
  "matchMedia",
  () => Object.assign(new EventTarget(), { matches: false }) as unknown as MediaQueryList,
);
// happy-dom's own throws while the focus is in another shadow root.
const activeElement = Object.getOwnPropertyDescriptor(ShadowRoot.prototype, "activeElement");
Object.defineProperty(ShadowRoot.prototype, "activeElement", {
  get(this: ShadowRoot): Element | null {
    const inside = document.activeElement?.shadowRoot === this;
    return inside ? activeElement?.get?.call(this) : null;
  },
});
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
