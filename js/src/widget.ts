/**
 * The anywidget front end: what lives when.
 *
 *     initialize   once per model: the conversation, what watches over it, what speaks of it
 *     render       once per view: a chat that draws the conversation
 *
 * Each life has one AbortSignal, and all that it starts ends with it. The module keeps no state:
 * hosts differ in whether several models share one module. Hence the default export is a function;
 * hosts call it once per model, and what it closes over is that model's.
 */
import type { AnyWidget } from "@anywidget/types";
import { atEnd, lifetime, listen, on } from "./lifetime.ts";
import { Conversation, type Model } from "./model/conversation.ts";
import { newId } from "./model/outbox.ts";
import { Announcer } from "./status/announcer.ts";
import { Narrator } from "./status/narrator.ts";
import { Watch } from "./status/watch.ts";
import { Chat } from "./view/chat.ts";
import { english, primary, tagFor, type Words, wanted } from "./words.ts";

type Props = { model: unknown; signal?: AbortSignal };

class Life {
  readonly conversation: Conversation;
  readonly watch: Watch;
  readonly announcer = new Announcer();

  readonly #redraws = new Set<() => void>();

  constructor(
    private readonly model: Model,
    readonly signal: AbortSignal,
    /** The last view has gone. */
    private readonly lastViewClosed: () => void = () => undefined,
  ) {
    this.conversation = new Conversation(model, signal);
    const words = () => this.#words;
    this.watch = new Watch(this.conversation, words, signal);
    new Narrator(this.conversation, this.watch, this.announcer, words, signal);
    this.#learn(signal);
  }

  get #words(): Words {
    return this.model.get("_words") ?? english;
  }

  /** The kernel knows which languages there are: it chooses, and tells the words. */
  #learn(signal: AbortSignal): void {
    const redraw = () => {
      for (const each of this.#redraws) each();
    };
    this.model.on("change:_words", redraw);
    atEnd(signal, () => this.model.off("change:_words", redraw));
    const languages = wanted(this.conversation.traits._view.lang);
    if (!this.model.get("_words") && primary(languages[0] ?? "") !== "en")
      this.conversation.request({ op: "words", languages });
  }

  #draw(el: HTMLElement, signal: AbortSignal): void {
    const words = this.#words;
    const lang = tagFor(words, wanted(this.conversation.traits._view.lang));
    new Chat(el, this.conversation, this.watch, { words, lang }, signal);
  }

  /**
   * A view begins, and ends by what it returns, by the host's signal or with the model. The kernel
   * sends changes only to models that a page shows.
   */
  show(el: HTMLElement, outer?: AbortSignal): () => void {
    const { conversation } = this;
    const { signal, end } = lifetime(outer, this.signal);
    const view = newId();
    const tell = (shown: boolean) => conversation.show(view, shown);
    this.announcer.addView(signal);
    let drawn = lifetime(signal);
    this.#draw(el, drawn.signal);
    const redraw = () => {
      drawn.end();
      drawn = lifetime(signal);
      this.#draw(el, drawn.signal);
    };
    listen(this.#redraws, redraw, signal);
    tell(true);
    on(window, "pagehide", () => tell(false), signal);
    on<PageTransitionEvent>(window, "pageshow", (event) => event.persisted && tell(true), signal);
    atEnd(signal, () => {
      tell(false);
      if (!this.announcer.hasViews) this.lastViewClosed();
    });
    return end;
  }
}

export default (): AnyWidget => {
  let life: Life | undefined;
  return {
    // Not async: the host waits for it, and messages that come before its listeners are lost.
    initialize({ model, signal: outer }: Props) {
      const { signal, end } = lifetime(outer);
      life = new Life(model as Model, signal);
      return end;
    },
    render({ model, el, signal: outer }: Props & { el: HTMLElement }) {
      if (!life || life.signal.aborted) {
        // Nobody will end what `initialize` did not begin: it ends with its views.
        const { signal, end } = lifetime();
        life = new Life(model as Model, signal, end);
      }
      return life.show(el, outer);
    },
  };
};
