import { morph } from "./morph.ts";
import { localize, sayAges } from "./times.ts";

/** What changes while a page is open; what was said after a form stays until the next one. */
const LIVE = ["away", "live"];

/**
 * Takes over the newer page in `html`; whether anything changed that a reader sees. After a form
 * (`whole`) also what was said of it. Of another page, such as one that says what went wrong, only its
 * sentence is shown: the rest would take away what is typed.
 */
export function replace(page: Document, html: string, whole: boolean): boolean {
  const next = new DOMParser().parseFromString(html, "text/html");
  if (pageOf(next) !== pageOf(page)) return showFault(page, next);
  localize(next);
  sayAges(page); // that somebody waits longer than before is no news
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

const pageOf = (page: Document) => page.getElementById("page")?.dataset.page ?? "";

/** A proxy's own page has no sentence of ours: then the connection is as good as lost. */
function showFault(page: Document, next: Document): boolean {
  const note = next.querySelector("#live > .note") ?? page.createElement("p");
  if (!note.textContent) {
    note.className = "note bad";
    note.textContent = page.body.dataset.lost ?? "";
  }
  page.getElementById("notes")?.replaceChildren(page.adoptNode(note));
  return false;
}
