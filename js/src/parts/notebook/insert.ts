/** Code of the tutor's can be put into a new cell of the notebook. */
import { button } from "../../dom.ts";
import { labelFor } from "../../markdown/code.ts";
import type { Words } from "../../words.ts";
import type { InsertCell } from "./cells.ts";
import { wordsOf } from "./words.ts";

/** Adds a button, once, to each block of code in `drawn` that a cell could run. */
export function offerCells(drawn: Element, insert: InsertCell, words: Words): void {
  if (drawn.closest(".learner")) return;
  const { insert: offer, inserted } = wordsOf(words);
  for (const bar of drawn.querySelectorAll<HTMLElement>("[data-runs]")) {
    bar.removeAttribute("data-runs");
    const code = bar.parentElement?.querySelector("code")?.textContent ?? "";
    const onclick = () => {
      if (!insert(code.replace(/\n$/, ""))) return;
      label(inserted);
      setTimeout(() => label(offer), 2_000);
    };
    const made = button({ class: "copy", onclick });
    const label = labelFor(made, code, words);
    label(offer);
    bar.insertBefore(made, bar.querySelector("button"));
  }
}
