/**
 * The notebook around a widget, where the host gives access to it: the widget managers of JupyterLab and
 * Notebook 7 have its document context.
 */
import { atEnd } from "../lifetime.ts";

/** The members of JupyterLab's `DocumentRegistry.IContext<INotebookModel>` that are used here. */
interface Context {
  /** Without the name of a drive, which `path` may have. */
  localPath?: string;
  path: string;
  ready: Promise<unknown>;
  pathChanged: Signal<() => void>;
  model: {
    readOnly?: boolean;
    /** Several people edit it at once: the server saves it, and no page does. */
    collaborative?: boolean;
    getMetadata(key: string): unknown;
    setMetadata(key: string, value: unknown): void;
    deleteMetadata(key: string): void;
    sharedModel: {
      cells: Cell[];
      insertCell(index: number, cell: { cell_type: "code"; source: string }): unknown;
    };
  };
  contentsModel?: { writable?: boolean } | null;
  saveState: Signal<SaveSlot>;
}

interface Signal<Slot> {
  connect(slot: Slot): unknown;
  disconnect(slot: Slot): unknown;
}

type SaveSlot = (sender: unknown, state: string) => void;

interface Cell {
  /** Only a cell of code has outputs. Each read makes a copy of them. */
  outputs?: Output[];
  updateOutputs?(start: number, end: number, outputs: Output[], origin: unknown): void;
}

/** An output as in the notebook file; `data` is by media type, and errors and streams have none. */
export interface Output {
  data?: Record<string, unknown>;
}

/** JupyterLab draws nothing anew for a change of this origin. */
const SILENT = "silent-change";

/** The document context of this widget manager; undefined where the host shows no notebook. */
export function contextOf(manager: unknown): Context | undefined {
  try {
    const { context } = manager as { context?: Context };
    return context?.model.getMetadata && context.pathChanged && context.saveState
      ? context
      : undefined;
  } catch {
    return undefined; // some hosts' managers are stubs whose properties throw
  }
}

/** Whether a save of this widget manager's notebook stores its chats in the file. */
export function isStoredAtSave(manager: unknown): boolean {
  const context = contextOf(manager);
  return !!context && !context.model.collaborative;
}

export class Notebook {
  private constructor(private readonly context: Context) {}

  /** The notebook of this widget manager; null where the host shows none. */
  static of(manager: unknown): Notebook | null {
    const context = contextOf(manager);
    return context ? new Notebook(context) : null;
  }

  /** Resolves when the notebook is read: before that its metadata may not be there. */
  get ready(): Promise<unknown> {
    return this.context.ready;
  }

  get path(): string {
    return this.context.localPath ?? this.context.path;
  }

  /** Calls `act` after each change of the path. */
  whenRenamed(act: () => void, signal: AbortSignal): void {
    const { pathChanged } = this.context;
    pathChanged.connect(act);
    atEnd(signal, () => pathChanged.disconnect(act));
  }

  /** Nothing may be written: the file could not be saved. */
  get isReadOnly(): boolean {
    const { model, contentsModel } = this.context;
    return !!model.readOnly || contentsModel?.writable === false;
  }

  /** A copy of what the notebook's metadata has under `key`, or undefined. */
  read(key: string): unknown {
    return this.context.model.getMetadata(key);
  }

  /** Writes metadata; undefined removes it. But for a save under way, the notebook is unsaved then. */
  write(key: string, value: unknown): void {
    if (this.isReadOnly) return;
    if (value === undefined) this.context.model.deleteMetadata(key);
    else this.context.model.setMetadata(key, value);
  }

  /** Calls `act` at the beginning of each save: what it writes is in the file. */
  beforeSave(act: () => void, signal: AbortSignal): void {
    const slot: SaveSlot = (_, state) => {
      if (state === "started" && !this.isReadOnly && !signal.aborted) act();
    };
    this.context.saveState.connect(slot);
    atEnd(signal, () => this.context.saveState.disconnect(slot));
  }

  /** Inserts a cell of code at this place, or at the end; the notebook can undo it. */
  insertCell(index: number, source: string): void {
    const { sharedModel } = this.context.model;
    const place = Math.min(index, sharedModel.cells.length);
    sharedModel.insertCell(place, { cell_type: "code", source });
  }

  get outputs(): Output[] {
    return this.context.model.sharedModel.cells.flatMap((cell) => cell.outputs ?? []);
  }

  /** Replaces outputs in the file, and not on the screen. `replace` returns null for those that stay. */
  replaceOutputs(replace: (output: Output) => Output | null): void {
    if (this.isReadOnly) return;
    for (const cell of this.context.model.sharedModel.cells) {
      for (const [i, output] of (cell.outputs ?? []).entries()) {
        const other = replace(output);
        if (other) cell.updateOutputs?.(i, i + 1, [other], SILENT);
      }
    }
  }
}
