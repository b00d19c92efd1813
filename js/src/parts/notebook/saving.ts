/** Stores the conversation in the notebook at each save, so that it can be read without a kernel. */
import type { Conversation, Model } from "../../model/conversation.ts";
import type { Notebook } from "../../model/notebook.ts";
import type { readLesson } from "../../model/session_state.ts";
import type { arrange } from "../../view/transcript/entries.ts";
import type { drawText, wordsOfState } from "../../view/transcript/message.ts";
import type { Words } from "../../words.ts";
import { modelOf, putState, stateOf } from "../saved/states.ts";
import type { Saved } from "../saved/viewer.ts";
import viewer from "../saved.ts?raw";
import { excerptOf, type Live, putOutputs } from "./excerpt.ts";
import { wordsOf } from "./words.ts";

/** How the page shows a conversation. The front end has this code anyway: a second copy is not sent. */
export interface Drawing {
  words: Words;
  lang: string;
  arrange: typeof arrange;
  readLesson: typeof readLesson;
  drawText: typeof drawText;
  wordsOfState: typeof wordsOfState;
}

export class Saving {
  #isShown = false;

  constructor(
    notebook: Notebook,
    model: Model,
    private readonly conversation: Conversation,
    private readonly drawing: () => Drawing,
    signal: AbortSignal,
  ) {
    notebook.beforeSave(() => {
      if (this.#isShown) store(notebook, model, this.#live(), viewer);
    }, signal);
  }

  /** The chat is shown: it is stored from now on. */
  shown(): void {
    this.#isShown = true;
  }

  #live(): Live {
    const { traits, unacknowledged, end } = this.conversation;
    const { history, queue, session_state, status, connection, _view } = traits;
    const { words, lang, arrange, readLesson, drawText, wordsOfState } = this.drawing();
    const { title, ai } = readLesson(session_state);
    return {
      id: _view.model ?? "",
      save: _view.save ?? true,
      server: connection.server,
      status,
      title,
      ai,
      // Of a conversation that is to be deleted nothing is stored any more.
      entries: end ? [] : arrange(history, queue, unacknowledged),
      older: _view.older && !end,
      words,
      lang,
      draw: (entry) => drawText(entry, words),
      stateWords: (entry) => wordsOfState(entry, words),
    };
  }
}

/** Stores the chat in the notebook, or removes it. `viewer`: the code that shows what is stored. */
export function store(notebook: Notebook, model: Model, live: Live, viewer: string): void {
  const { id, save, words, lang, title, ai } = live;
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
      note: ai ? wordsOf(words).ai : "",
      html: excerpt.html,
    };
    return stateOf(model, saved, viewer);
  });
}
