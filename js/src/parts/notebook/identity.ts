/** Which notebook this page has open: its id, in its own metadata, and its path. */
import type { Notebook } from "../../model/notebook.ts";

const NAME = "tutor_widget";
const ID = /^[\w-]{1,64}$/;

/**
 * Tells the kernel which notebook this is, now and whenever it is renamed, and writes the id that the
 * kernel answers into its metadata. `meet` asks the kernel.
 */
export function meetNotebook(
  notebook: Notebook,
  meet: (holds: string | null, path: string) => Promise<unknown>,
  signal: AbortSignal,
): void {
  const tell = async () => {
    if (signal.aborted) return;
    const id = await meet(idIn(notebook), notebook.path);
    if (typeof id === "string" && id !== idIn(notebook)) notebook.write(NAME, { notebook: id });
  };
  notebook.ready.then(tell, () => undefined);
  notebook.whenRenamed(tell, signal);
}

/** What stands in a notebook was written by anybody. */
function idIn(notebook: Notebook): string | null {
  const mark = notebook.read(NAME) as { notebook?: unknown } | null | undefined;
  const id = mark?.notebook;
  return typeof id === "string" && ID.test(id) ? id : null;
}
