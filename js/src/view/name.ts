/**
 * What each chat of a page is called. A screen reader lists the regions of a page by their names, so
 * no two may have the same (WCAG 2.2 SC 2.4.6).
 *
 * Hosts load the module once per chat, and some put a chat into a shadow root of their own: of all that
 * the chats of a page share only its `window` is sure.
 */
import { atEnd } from "../lifetime.ts";

const TAKEN = Symbol.for("tutor_widget.names");

/** `name`, with a number if another chat of the page has that name until `signal` aborts. */
export function nameOnPage(name: string, signal: AbortSignal): string {
  const page = window as { [TAKEN]?: Set<string> };
  page[TAKEN] ??= new Set();
  const taken = page[TAKEN];
  let free = name;
  for (let n = 2; taken.has(free); n++) free = `${name} ${n}`;
  taken.add(free);
  atEnd(signal, () => taken.delete(free));
  return free;
}
