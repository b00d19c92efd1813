/**
 * The cells of the notebook around the chat, where the host's widget manager gives access to them:
 * JupyterLab and Notebook 7.
 */

/** The members of JupyterLab's `ISharedNotebook` and of what holds it that are used here. */
interface Context {
  model?: { readOnly?: boolean; sharedModel?: SharedNotebook };
}

interface SharedNotebook {
  cells: unknown[];
  insertCell(index: number, cell: { cell_type: "code"; source: string }): unknown;
}

/** Inserts code into a new cell and returns true; false where there is no notebook any more. */
export type InsertCell = (source: string) => boolean;

/**
 * Inserts cells below the one that shows `element`, as one step that the notebook can undo. They are
 * never run. Null where the host gives no access.
 */
export function cellsBelow(manager: unknown, element: Element): InsertCell | null {
  if (!notebookOf(manager)) return null;
  return (source) => {
    const notebook = notebookOf(manager);
    const index = indexOf(element);
    if (!notebook || index === null) return false;
    const below = Math.min(index + 1, notebook.cells.length);
    notebook.insertCell(below, { cell_type: "code", source });
    return true;
  };
}

/** Some hosts' managers are stubs whose properties throw. */
function notebookOf(manager: unknown): SharedNotebook | null {
  try {
    const { model } = (manager as { context?: Context } | null)?.context ?? {};
    const notebook = model?.sharedModel;
    return notebook?.insertCell && !model?.readOnly ? notebook : null;
  } catch {
    return null;
  }
}

/** JupyterLab keeps the index at each cell, also while the cell is out of sight and not on the page. */
function indexOf(element: Element): number | null {
  const cell = element.closest<HTMLElement>("[data-windowed-list-index]");
  const index = Number(cell?.dataset.windowedListIndex);
  return cell && Number.isInteger(index) ? index : null;
}
