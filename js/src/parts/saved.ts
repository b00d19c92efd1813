/**
 * A conversation in the notebook file. This code runs in two places: on the page of a chat, where `store`
 * writes the conversation into the notebook as it is saved; and in the saved notebook, in the front end's
 * place, where it shows what was stored, without a kernel.
 */
import type { Model } from "../model/conversation.ts";
import { Notebook } from "../model/notebook.ts";
import { excerptOf, type Live, putOutputs } from "./saved/excerpt.ts";
import { modelOf, putState, SAVED } from "./saved/states.ts";
import { draw, readSaved, type Saved } from "./saved/viewer.ts";

/** What a stored model has in common with the live one. */
const TRAITS = ["_anywidget_id"];
for (const side of ["model", "view"])
  for (const what of ["module", "module_version", "name"]) TRAITS.push(`_${side}_${what}`);

/** Stores the chat in the notebook, or removes it. `source`: the code of this module. */
export function store(notebook: Notebook, model: Model, live: Live, source: string): void {
  const { id, save, words, lang, title } = live;
  if (!id) return;
  if (!save) {
    putState(notebook, id, null);
    return;
  }
  putState(notebook, id, () => {
    const excerpt = excerptOf(live);
    putOutputs(notebook, live, excerpt, (output) => modelOf(output) === id);
    const saved: Saved = {
      model: id,
      lang,
      dir: words.dir,
      label: words.chat,
      title: title || words.chat,
      badge: words.badge.saved,
      html: excerpt.html,
    };
    return stateOf(model, saved, source);
  });
}

function stateOf(model: Model, saved: Saved, source: string) {
  const state = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
  return {
    model_name: state._model_name,
    model_module: state._model_module,
    model_module_version: state._model_module_version,
    state: { ...state, _esm: source, [SAVED]: saved },
  };
}

export default {
  /** Jupyter's own setting to save widgets drops those that have no kernel. */
  initialize({ model, signal }: { model: Model; signal: AbortSignal }): void {
    const saved = readSaved(model.get(SAVED));
    const notebook = Notebook.of(model.widget_manager);
    const state = () => stateOf(model, saved, model.get("_esm") as string);
    notebook?.beforeSave(() => putState(notebook, saved.model, state), signal);
  },
  render({ model, el }: { model: Model; el: HTMLElement }): void {
    draw(el, readSaved(model.get(SAVED)));
  },
};
