/**
 * Stores the conversation in the notebook at each save, so that it can be read without a kernel. The code
 * that does it is a part: it also is the front end of what is stored.
 */
import { drawMarkdown } from "./markdown/draw.ts";
import { drawTyped } from "./markdown/typed.ts";
import type { Conversation, Model } from "./model/conversation.ts";
import { Notebook } from "./model/notebook.ts";
import { readLesson } from "./model/session_state.ts";
import type { Live } from "./parts/saved/excerpt.ts";
import { arrange } from "./view/transcript/entries.ts";
import { preferredLanguages, tagFor, type Words } from "./words.ts";

export class Saving {
  readonly #notebook: Notebook | null;
  #isAsked = false;
  #store = (): void => undefined;

  constructor(
    private readonly model: Model,
    private readonly conversation: Conversation,
    private readonly words: () => Words,
    signal: AbortSignal,
  ) {
    this.#notebook = Notebook.of(model.widget_manager);
    this.#notebook?.beforeSave(() => this.#store(), signal);
  }

  /** The chat is shown: loads the code, where there is a notebook to store it in. */
  async prepare(): Promise<void> {
    const { model, conversation } = this;
    const notebook = this.#notebook;
    if (!notebook || this.#isAsked) return;
    this.#isAsked = true;
    type Part = typeof import("./parts/saved.ts");
    const { module, code } = await conversation.parts.module<Part>("saved");
    this.#store = () => module.store(notebook, model, this.#live(), code);
  }

  #live(): Live {
    const { traits, unacknowledged, end } = this.conversation;
    const { history, queue, session_state, status, connection, _view } = traits;
    const words = this.words();
    return {
      id: _view.model ?? "",
      save: _view.save ?? true,
      server: connection.server,
      status,
      title: readLesson(session_state).title,
      // Of a conversation that is to be deleted nothing is stored any more.
      entries: end ? [] : arrange(history, queue, unacknowledged),
      older: _view.older && !end,
      words,
      lang: tagFor(words, preferredLanguages(_view.lang)),
      draw: ({ role, text }) =>
        role === "learner" ? drawTyped(text, words) : drawMarkdown(text, words),
    };
  }
}
