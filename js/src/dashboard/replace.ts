import { morph } from "./morph.ts";
import { localize } from "./times.ts";

/** What changes while a page is open; what was said after a form stays until the next one. */
const LIVE = ["away", "live"];

/**
 * Takes over the newer page in `html`; whether anything changed in it that a reader sees. After a form
 * (`whole`) also what was said of it.
 */
export function replace(page: Document, html: string, whole: boolean): boolean {
  const next = new DOMParser().parseFromString(html, "text/html");
  if (!next.getElementById("live")) return false;
  localize(next);
  let hasChanged = false;
  for (const id of whole ? ["notes", ...LIVE] : LIVE) {
    const now = page.getElementById(id);
    const wanted = next.getElementById(id);
    if (!now || !wanted) continue;
    const before = now.textContent;
    morph(now, page.adoptNode(wanted));
    hasChanged ||= now.textContent !== before;
  }
  return hasChanged;
}
