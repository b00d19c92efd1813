/** Notebooks, and chats in them, as their host gives them to widgets. */
import { expect } from "vitest";
import catalogue from "../../../tutor_widget/words/en.json" with { type: "json" };
import type { Model } from "../../src/model/conversation.ts";
import { Notebook, type Output } from "../../src/model/notebook.ts";
import type { Live } from "../../src/parts/notebook/excerpt.ts";
import { type ModelState, SAVED, VIEW } from "../../src/parts/saved/states.ts";
import { arrange } from "../../src/view/transcript/entries.ts";
import { wordsOfState } from "../../src/view/transcript/message.ts";
import { english } from "../../src/words.ts";
import { event } from "./fixtures.ts";

export const words = catalogue.parts.notebook;
export const STATE = "application/vnd.jupyter.widget-state+json";
export const CODE = "export default {}";

export const showing = (id: string): Output => ({
  data: { [VIEW]: { version_major: 2, model_id: id }, "text/plain": "TutorChat(…, connecting)" },
});
export const layout: ModelState = {
  model_name: "LayoutModel",
  model_module: "@jupyter-widgets/base",
  model_module_version: "2.0.0",
  state: {},
};
export const slider = {
  ...layout,
  model_name: "IntSliderModel",
  state: { layout: "IPY_MODEL_l1" },
};
/** What Jupyter's own setting stores of a chat. */
export const whole = (more = {}) => ({
  ...layout,
  model_name: "AnyModel",
  state: { history: [], session_state: {}, _view: {}, _esm: "…", ...more },
});

/** A notebook as JupyterLab gives it to widgets; each of `shown` is the output of a cell. */
export function openNotebook(shown: Output[] = [], states?: Record<string, unknown>) {
  const metadata: Record<string, unknown> = states
    ? { widgets: { [STATE]: { version_major: 2, version_minor: 0, state: states } } }
    : {};
  const slots = new Set<(sender: unknown, state: string) => void>();
  const cells = shown.map((output) => ({
    outputs: [output],
    updateOutputs(start: number, end: number, outputs: Output[], origin: unknown) {
      expect(origin).toBe("silent-change");
      this.outputs.splice(start, end - start, ...outputs);
    },
  }));
  const model = {
    readOnly: false,
    getMetadata: (key: string) => structuredClone(metadata[key]),
    setMetadata: (key: string, value: unknown) => {
      metadata[key] = structuredClone(value);
    },
    deleteMetadata: (key: string) => delete metadata[key],
    sharedModel: { cells: [{}, ...cells] },
  };
  const saveState = {
    connect: (slot: (sender: unknown, state: string) => void) => slots.add(slot),
    disconnect: (slot: (sender: unknown, state: string) => void) => slots.delete(slot),
  };
  const pathChanged = { connect: () => undefined, disconnect: () => undefined };
  const place = { path: "Lists.ipynb", ready: Promise.resolve(), pathChanged };
  const manager = { context: { ...place, model, saveState } };
  const save = () => {
    for (const state of ["started", "completed"]) for (const slot of slots) slot(null, state);
  };
  const stored = () =>
    (metadata.widgets as Record<string, { state: Record<string, ModelState> }> | undefined)?.[STATE]
      ?.state ?? {};
  const notebook = Notebook.of(manager) as Notebook;
  return { notebook, manager, metadata, model, cells, slots, save, stored };
}

export const TRAITS: Record<string, unknown> = {
  _anywidget_id: "tutor_widget.notebook.widget.TutorChat",
  _model_name: "AnyModel",
  _model_module: "anywidget",
  _model_module_version: "~0.11.*",
  _view_name: "AnyView",
  _view_module: "anywidget",
  _view_module_version: "~0.11.*",
};
export const modelWith = (traits: Record<string, unknown>, manager: unknown = {}) =>
  ({ get: (name: string) => traits[name], widget_manager: manager }) as unknown as Model;
export const model = modelWith(TRAITS);

export function live(more: Partial<Live> = {}): Live {
  const history = [event(1, "a", "learner"), event(2, "b", "tutor", { re: "a", text: "**b**" })];
  return {
    id: "m1",
    save: true,
    server: "hub",
    status: "connected",
    title: "Lists",
    ai: false,
    entries: arrange(history, [], []),
    older: false,
    words: english,
    lang: "en-GB",
    draw: ({ text }) => {
      const p = document.createElement("p");
      p.textContent = text;
      return [p];
    },
    stateWords: (entry) => wordsOfState(entry, english),
    ...more,
  };
}

export const htmlOf = (state: ModelState | undefined) =>
  (state?.state[SAVED] as { html: string } | undefined)?.html ?? "";

/** The notebook's file, as Jupyter writes it: indented, with a string for each line of an output. */
export function file({ metadata, cells }: ReturnType<typeof openNotebook>): string {
  const lines = (key: string, value: unknown) =>
    key.startsWith("text/") ? String(value).split(/(?<=\n)/) : value;
  const outputs = cells.map((cell) => cell.outputs);
  return JSON.stringify(outputs, lines, 1) + JSON.stringify(metadata, null, 1);
}
