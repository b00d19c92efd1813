/** A transcript on the page that a test can scroll. */
import { vi } from "vitest";
import { Times } from "../../src/view/times.ts";
import type { Entry } from "../../src/view/transcript/entries.ts";
import { Transcript } from "../../src/view/transcript/transcript.ts";
import { english } from "../../src/words.ts";
import { testLifetime } from "./lifetimes.ts";

export const HEIGHT = 200;

export const entry = (key: string, more: Partial<Entry> = {}): Entry => ({
  key,
  id: key,
  role: "tutor",
  text: `text of ${key}`,
  at: Date.UTC(2026, 0, 2, 12),
  state: "said",
  reason: "",
  re: "",
  place: null,
  ...more,
});
export const entries = (from: number, to: number, more: Partial<Entry> = {}) =>
  Array.from({ length: to - from }, (_, i) => entry(`m${from + i}`, more));

/**
 * A transcript on the page, whose log shows 200 px of 1,000 and can be scrolled. Its messages end where
 * it ends, and are 50 px high, or as `heights` says.
 */
export function openTranscript(first: Entry[] = [], older = false) {
  const whole = testLifetime();
  const actions = {
    edit: vi.fn(),
    retry: vi.fn(),
    discard: vi.fn(),
    stop: vi.fn(),
    askAgain: vi.fn(),
    goOn: vi.fn(),
    canAsk: () => true,
    again: vi.fn(),
    editAgain: vi.fn(),
    enhance: vi.fn(),
    reportForm: vi.fn(),
    older: vi.fn(() => Promise.resolve()),
    leave: vi.fn(),
  };
  const made = new Transcript(english, new Times(english, "en-GB"), actions, whole.signal);
  document.body.append(made.element);
  const $ = (selector: string) => made.element.querySelector(selector) as HTMLElement;
  const $$ = (selector: string) => [...made.element.querySelectorAll<HTMLElement>(selector)];
  const log = $(".log");
  let top = 0;
  let height = 1_000;
  Object.defineProperties(log, {
    scrollHeight: { get: () => height },
    clientHeight: { get: () => HEIGHT },
    // As a browser does, it goes no further than to the end.
    scrollTop: { get: () => top, set: (to: number) => (top = Math.min(to, height - HEIGHT)) },
  });
  const heights = new Map<string, number>();
  const heightOf = (message: HTMLElement) => heights.get(message.dataset.id ?? "") ?? 50;
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
    const all = $$(".message");
    const at = all.indexOf(this as HTMLElement);
    const below = all.slice(at).reduce((sum, message) => sum + heightOf(message), 0);
    return at < 0 ? new DOMRect() : new DOMRect(0, height - below - top, 1, 0);
  });
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockImplementation(function (
    this: HTMLElement,
  ) {
    return heightOf(this);
  });
  const scroll = (to: number) => {
    log.scrollTop = to;
    log.dispatchEvent(new Event("scroll"));
  };
  const update = (next: Entry[], more = older) => made.update(next, more, true);
  const grow = (to: number) => {
    height = to;
  };
  update(first);
  const ids = () => $$(".message").map((message) => message.dataset.id);
  return { made, $, $$, log, scroll, update, grow, heights, ids, actions, end: whole.end };
}
