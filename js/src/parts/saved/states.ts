/** The states of widgets in a notebook's metadata, where Jupyter's widget manager looks for them. */
import type { Model } from "../../model/conversation.ts";
import type { Notebook, Output } from "../../model/notebook.ts";
import type { Saved } from "./viewer.ts";

export const VIEW = "application/vnd.jupyter.widget-view+json";
const STATE = "application/vnd.jupyter.widget-state+json";
const REFERENCE = "IPY_MODEL_";
/** The trait of the model that a stored conversation becomes. */
export const SAVED = "saved_conversation";

/** A model as it is stored. */
export interface ModelState {
  model_name: unknown;
  model_module: unknown;
  model_module_version: unknown;
  state: Record<string, unknown>;
}

type States = Record<string, ModelState>;

/** What a stored model has in common with the live one. */
const TRAITS = ["_anywidget_id"];
for (const side of ["model", "view"])
  for (const what of ["module", "module_version", "name"]) TRAITS.push(`_${side}_${what}`);

/** `model` as it is stored, with the code that shows `saved`. */
export function stateOf(model: Model, saved: Saved, viewer: string): ModelState {
  const state = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
  return {
    model_name: state._model_name,
    model_module: state._model_module,
    model_module_version: state._model_module_version,
    state: { ...state, _esm: viewer, [SAVED]: saved },
  };
}

/**
 * Stores the state of the chat `id` that `make` returns; without `make`, and where no output shows the
 * chat, removes it. Also
 * removes all other chats that no output shows: cells that were run again left them. The states of other
 * widgets stay as they are.
 */
export function putState(notebook: Notebook, id: string, make: (() => ModelState) | null): void {
  const widgets = record(notebook.read("widgets"));
  const stored = record(widgets[STATE]);
  const before = record(stored.state) as States;
  if (before[id] && !isChat(before[id])) return;
  const states: States = { ...before };
  const shown = shownModels(notebook.outputs, states);
  if (make && shown.has(id)) states[id] = make();
  else remove(states, id);
  for (const each of Object.keys(states))
    if (!shown.has(each) && isChat(states[each])) remove(states, each);
  const isSame = JSON.stringify(states[id]) === JSON.stringify(before[id]);
  if (isSame && Object.keys(states).length === Object.keys(before).length) return;
  const { [STATE]: _, ...others } = widgets;
  const held = { version_major: 2, version_minor: 0, ...stored, state: states };
  const next = Object.keys(states).length ? { ...others, [STATE]: held } : others;
  notebook.write("widgets", Object.keys(next).length ? next : undefined);
}

export const modelOf = ({ data }: Output): unknown => record(data?.[VIEW]).model_id;

/** The ids of the models that outputs show, by themselves or inside another. */
function shownModels(outputs: Output[], states: States): Set<unknown> {
  const shown = new Set(outputs.map(modelOf));
  for (const id of shown) {
    const { state } = record(states[id as string]);
    // A chat holds no chat, and is large.
    if (!isChat({ state })) for (const other of references(state)) shown.add(other);
  }
  return shown;
}

/** The ids of the models that a state refers to, at whatever depth. */
function references(value: unknown): string[] {
  if (typeof value === "string")
    return value.startsWith(REFERENCE) ? [value.slice(REFERENCE.length)] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(references);
}

/** What this widget stores, and what Jupyter's own setting stores of a chat. */
function isChat(model: unknown): boolean {
  const { state } = record(model);
  const traits = record(state);
  return SAVED in traits || ("session_state" in traits && "_view" in traits);
}

/** Removes a model, and its layout unless another model has it too. */
function remove(states: States, id: string): void {
  const [layout] = references(record(states[id]?.state).layout);
  delete states[id];
  if (layout && !Object.values(states).some((each) => references(each).includes(layout)))
    delete states[layout];
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
