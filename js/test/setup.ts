/** What happy-dom lacks, and a clean page for each test. */
import { afterEach, vi } from "vitest";

vi.stubGlobal(
  "matchMedia",
  () => Object.assign(new EventTarget(), { matches: false }) as unknown as MediaQueryList,
);

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  document.body.replaceChildren();
  sessionStorage.clear();
});
