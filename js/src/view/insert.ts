/** Code of the tutor's can be put into a new cell of the notebook, where the page allows that. */
import { button, setText } from "../dom.ts";
import type { InsertCell } from "../model/cells.ts";
import type { Words } from "../words.ts";

/** Adds a button to each block of code in `drawn` that a cell could run. */
export function offerCells(drawn: Element, insert: InsertCell, { message }: Words): void {
  if (drawn.closest(".learner")) return;
  for (const bar of drawn.querySelectorAll<HTMLElement>("[data-runs]")) {
    const onclick = () => {
      const code = bar.parentElement?.querySelector("code")?.textContent ?? "";
      if (!insert(code.replace(/\n$/, ""))) return;
      setText(made, message.inserted);
      setTimeout(() => setText(made, message.insert), 2_000);
    };
    const made = button({ class: "copy", onclick }, message.insert);
    bar.insertBefore(made, bar.querySelector("button"));
  }
}
