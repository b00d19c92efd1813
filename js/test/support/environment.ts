/** What happy-dom lacks, and the watch for leaks. Done once a process: all test files share a page. */
import { watchPage } from "./lifetimes.ts";

Object.assign(globalThis, {
  matchMedia: () => Object.assign(new EventTarget(), { matches: false }),
});

// happy-dom's own getter throws while the focus is in another shadow root.
const activeElement = Object.getOwnPropertyDescriptor(ShadowRoot.prototype, "activeElement");
Object.defineProperty(ShadowRoot.prototype, "activeElement", {
  get(this: ShadowRoot): Element | null {
    const inside = document.activeElement?.shadowRoot === this;
    return inside ? activeElement?.get?.call(this) : null;
  },
});

watchPage();
