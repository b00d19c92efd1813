/** Code in cells of the notebook around the chat, where the host gives access to it. */
import { Notebook } from "./notebook.ts";

/** Inserts code into a new cell and returns true; false where there is no notebook any more. */
export type InsertCell = (source: string) => boolean;

/**
 * Inserts cells below the one that shows `element`, as one step that the notebook can undo. They are
 * never run. Null where the host gives no access.
 */
export function cellsBelow(manager: unknown, element: Element): InsertCell | null {
  if (!writable(manager)) return null;
  return (source) => {
    const notebook = writable(manager);
    const index = indexOf(element);
    if (!notebook || index === null) return false;
    notebook.insertCell(index + 1, source);
    return true;
  };
}

function writable(manager: unknown): Notebook | null {
  const notebook = Notebook.of(manager);
  return notebook?.isReadOnly ? null : notebook;
}

/** JupyterLab keeps the index at each cell, also while the cell is out of sight and not on the page. */
function indexOf(element: Element): number | null {
  const cell = element.closest<HTMLElement>("[data-windowed-list-index]");
  const index = Number(cell?.dataset.windowedListIndex);
  return cell && Number.isInteger(index) ? index : null;
}
