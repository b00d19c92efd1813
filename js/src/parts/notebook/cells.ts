/** Code in cells of the notebook around the chat. */
import type { Notebook } from "../../model/notebook.ts";

/** Inserts code into a new cell and returns true; false where nothing can be inserted any more. */
export type InsertCell = (source: string) => boolean;

/**
 * Inserts cells below the one that shows `element`, as one step that the notebook can undo. They are
 * never run.
 */
export function cellsBelow(notebook: Notebook, element: Element): InsertCell {
  return (source) => {
    const index = indexOf(element);
    if (notebook.isReadOnly || index === null) return false;
    notebook.insertCell(index + 1, source);
    return true;
  };
}

/** JupyterLab keeps the index at each cell, also while the cell is out of sight and not on the page. */
function indexOf(element: Element): number | null {
  const cell = element.closest<HTMLElement>("[data-windowed-list-index]");
  const index = Number(cell?.dataset.windowedListIndex);
  return cell && Number.isInteger(index) ? index : null;
}
