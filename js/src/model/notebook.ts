/**
 * The notebook that this page has open: its id, in its own metadata, and its path.
 *
 * Hosts built on JupyterLab's document manager expose the notebook. Where they do not (VS Code, Colab,
 * marimo, a console) the kernel goes by what it knows itself.
 */
import { atEnd } from "../lifetime.ts";

/** The members of JupyterLab's document context that are used here. */
interface Context {
  /** Without the name of a drive, which `path` may have. */
  localPath?: string;
  path: string;
  ready: Promise<unknown>;
  pathChanged: { connect(slot: () => void): unknown; disconnect(slot: () => void): unknown };
  model: {
    getMetadata(name: string): unknown;
    setMetadata(name: string, value: unknown): void;
  };
}

const NAME = "tutor_widget";
const ID = /^[\w-]{1,64}$/;

/**
 * Tells the kernel which notebook this is, now and whenever it is renamed, and writes the id that the
 * kernel answers into its metadata. `meet` asks the kernel.
 */
export function meetNotebook(
  manager: unknown,
  meet: (holds: string | null, path: string) => Promise<unknown>,
  signal: AbortSignal,
): void {
  const context = contextOf(manager);
  if (!context) return;
  const { model, pathChanged } = context;
  const tell = async () => {
    if (signal.aborted) return;
    const id = await meet(idIn(model), context.localPath ?? context.path);
    if (typeof id === "string" && id !== idIn(model)) model.setMetadata(NAME, { notebook: id });
  };
  // Before that the metadata may not be there.
  context.ready.then(tell, () => undefined);
  pathChanged.connect(tell);
  atEnd(signal, () => pathChanged.disconnect(tell));
}

/** Some hosts' managers are stubs whose properties throw; a console's has no notebook. */
function contextOf(manager: unknown): Context | null {
  try {
    const { context } = manager as { context?: Context };
    const isNotebook = context?.ready && context.pathChanged && context.model.setMetadata;
    return isNotebook ? context : null;
  } catch {
    return null;
  }
}

/** What stands in a notebook was written by anybody. */
function idIn(model: Context["model"]): string | null {
  const mark = model.getMetadata(NAME) as { notebook?: unknown } | null | undefined;
  const id = mark?.notebook;
  return typeof id === "string" && ID.test(id) ? id : null;
}
