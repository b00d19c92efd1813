/**
 * The front end of a chat in a saved notebook, in the live one's place: shows what was stored, without a
 * kernel. The part `notebook` holds this code, and stores it with each chat.
 */
import type { Model } from "../model/conversation.ts";
import { Notebook } from "../model/notebook.ts";
import { putState, SAVED, stateOf } from "./saved/states.ts";
import { draw, readSaved } from "./saved/viewer.ts";

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
