/** What a chat does with the notebook around it. Only a page that has one asks for this code. */
import type { Conversation, Model } from "../model/conversation.ts";
import { Notebook } from "../model/notebook.ts";
import type { Words } from "../words.ts";
import { cellsBelow } from "./notebook/cells.ts";
import { meetNotebook } from "./notebook/identity.ts";
import { offerCells } from "./notebook/insert.ts";
import { type Drawing, Saving } from "./notebook/saving.ts";

export { default as viewer } from "./saved.ts?raw";

export interface AroundChat {
  /** A view is shown. */
  shown(): void;
  /** Offers to put the code in `drawn` into cells below the one that shows `place`. */
  offerCells(drawn: Element, place: Element, words: Words): void;
}

/** For the lifetime of a model; `drawing`: see `Saving`. */
export default function around(
  model: Model,
  conversation: Conversation,
  drawing: () => Drawing,
  signal: AbortSignal,
): AroundChat | null {
  const notebook = Notebook.of(model.widget_manager);
  if (!notebook) return null;
  meetNotebook(
    notebook,
    (holds, path) => conversation.ask({ op: "notebook", holds, path }),
    signal,
  );
  const saving = new Saving(notebook, model, conversation, drawing, signal);
  return {
    shown: () => saving.shown(),
    offerCells(drawn, place, words) {
      if (!notebook.isReadOnly) offerCells(drawn, cellsBelow(notebook, place), words);
    },
  };
}
