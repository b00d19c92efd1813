/**
 * The anywidget front end: what exists for how long.
 *
 *     initialize   once per model: the conversation, its watch, its narrator
 *     render       once per view: a chat that draws the conversation
 *
 * Each lifetime has one AbortSignal that ends everything started in it. The module keeps no state,
 * because in some hosts several models share one module. Hence the default export is a function:
 * hosts call it once per model.
 */
import type { AnyWidget } from "@anywidget/types";
import { atEnd, lifetime, listen, on, onModel } from "./lifetime.ts";
import { newId } from "./model/commands.ts";
import { Conversation, type Model } from "./model/conversation.ts";
import { contextOf } from "./model/notebook.ts";
import { readLesson } from "./model/session_state.ts";
import type { Floating } from "./parts/floating.ts";
import type { AroundChat } from "./parts/notebook.ts";
import type { Unseen } from "./parts/unseen.ts";
import { LiveRegions } from "./status/live_regions.ts";
import { Narrator } from "./status/narrator.ts";
import { Outages } from "./status/outages.ts";
import { Watch } from "./status/watch.ts";
import { fill } from "./template.ts";
import { Chat } from "./view/chat.ts";
import { arrange } from "./view/transcript/entries.ts";
import { drawText, wordsOfState } from "./view/transcript/message.ts";
import { english, preferredLanguages, primary, tagFor, type Words } from "./words.ts";

/** So many changes at most has a model published by the time that its cell's output is drawn. */
const NEW = 9;

type Props = { model: unknown; signal?: AbortSignal };

/** What exists once per model. */
class ModelInstance {
  readonly conversation: Conversation;
  readonly watch: Watch;
  readonly regions: LiveRegions;

  readonly #notebook: Promise<AroundChat | null>;
  /** Counts the answers that nobody sees. A part: a page where nothing comes does not need it. */
  readonly #unseen: Promise<Unseen>;
  readonly #redraws = new Set<() => void>();
  readonly #chats = new Set<Chat>();
  /** Says nothing until the part is here. */
  #budget = () => "";
  readonly #floating: Floating = { end: null };
  readonly #model: Model;
  /** Called when the last view has ended. */
  readonly #lastViewClosed: () => void;

  constructor(
    model: Model,
    readonly signal: AbortSignal,
    lastViewClosed: () => void = () => undefined,
  ) {
    this.#model = model;
    this.#lastViewClosed = lastViewClosed;
    this.conversation = new Conversation(model, signal);
    const { conversation } = this;
    const words = () => this.words;
    this.watch = new Watch(conversation, words, signal);
    const key = () => conversation.traits._view.key;
    const kernel = () => conversation.kernel.id;
    this.regions = new LiveRegions(key, kernel, (text) => this.#named(text));
    let foundNews = () => {};
    this.#unseen = new Promise<void>((resolve) => {
      foundNews = resolve;
    }).then(async () => {
      type Part = typeof import("./parts/unseen.ts");
      const { Unseen } = await conversation.parts.module<Part>("unseen");
      return new Unseen(signal, key);
    });
    const answered = (n: number) => {
      foundNews();
      this.#unseen.then((unseen) => unseen.add(n));
    };
    const { watch, regions } = this;
    new Narrator(conversation, regions, words, signal, answered);
    new Outages(conversation, watch, regions, words, signal, this.#isJustMade);
    this.#notebook = this.#loadNotebook();
    this.#awaitBudget();
    this.#requestWords(signal);
  }

  get words(): Words {
    return this.#model.get("_words") ?? english;
  }

  /** A cell has just made it. A page that opens has no learner yet who did anything. */
  get #isJustMade(): boolean {
    return this.conversation.traits._n <= NEW && !!navigator.userActivation?.hasBeenActive;
  }

  /** `text` as this chat says it among others. */
  #named(text: string): string {
    const [first] = this.#chats;
    return first ? fill(this.words.spoken.ofChat, { chat: first.name, text }) : text;
  }

  get lang(): string {
    return tagFor(this.words, preferredLanguages(this.conversation.traits._view.lang));
  }

  /** The code for the notebook around the chat is a part; null where the host shows no notebook. */
  async #loadNotebook(): Promise<AroundChat | null> {
    const { conversation, signal } = this;
    const model = this.#model;
    if (!contextOf(model.widget_manager)) return null;
    type Part = typeof import("./parts/notebook.ts");
    const part = await conversation.parts.module<Part>("notebook");
    const shared = { arrange, readLesson, drawText, wordsOfState };
    const drawing = () => ({ words: this.words, lang: this.lang, ...shared });
    return part.default(model, conversation, drawing, signal);
  }

  /** What is left of today's questions is a part: most tutors count none. */
  #awaitBudget(): void {
    const { conversation } = this;
    const known = conversation.traits.session_state;
    const { signal, end } = lifetime(this.signal);
    const look = async () => {
      if (!Object(conversation.traits.session_state).budget) return;
      end();
      type Part = typeof import("./parts/budget.ts");
      const part = await conversation.parts.module<Part>("budget");
      this.#budget = part.default(this, known);
    };
    // A kernel that could send the part acknowledges something first.
    conversation.subscribe(look, signal);
  }

  /** Asks the kernel for the words of the reader's language. The kernel has the list of languages. */
  #requestWords(signal: AbortSignal): void {
    const redraw = () => {
      for (const each of this.#redraws) each();
    };
    onModel(this.#model, "change:_words", redraw, signal);
    const languages = preferredLanguages(this.conversation.traits._view.lang);
    if (!this.#model.get("_words") && primary(languages[0] ?? "") !== "en")
      this.conversation.request({ op: "words", languages });
  }

  /** `place`: see `Origin`; `whole` is the lifetime of the view there. */
  #draw(el: HTMLElement, place: HTMLElement, signal: AbortSignal, whole: AbortSignal): Chat {
    const words = this.words;
    const offerCells = (drawn: Element) =>
      this.#notebook.then((around) => around?.offerCells(drawn, place, words));
    const show = (el: HTMLElement, outer: AbortSignal) => this.show(el, outer, place);
    const manager = this.#model.widget_manager;
    const origin = { place, whole, floating: this.#floating, manager, show };
    const budget = () => this.#budget();
    const surroundings = { words, lang: this.lang, offerCells, budget, ...origin };
    const chat = new Chat(el, this.conversation, this.watch, surroundings, signal);
    this.#chats.add(chat);
    atEnd(signal, () => this.#chats.delete(chat));
    return chat;
  }

  /**
   * A chat that a cell has just made grows below the fold: scrolls as far as needed while it grows,
   * until the learner does something else. Not when a notebook is opened, nor to a chat out of sight.
   */
  #bringIntoView(el: HTMLElement, outer: AbortSignal): void {
    if (this.conversation.traits._n > NEW) return;
    const { signal, end } = lifetime(outer);
    const observer = new ResizeObserver(() => {
      // Active for some seconds after a key or a click, such as the one that has run the cell.
      const isAwaited = navigator.userActivation?.isActive;
      const { top } = el.getBoundingClientRect();
      if (isAwaited && top >= 0 && top < window.innerHeight)
        el.scrollIntoView({ block: "nearest" });
      else end();
    });
    observer.observe(el);
    atEnd(signal, () => observer.disconnect());
    for (const event of ["wheel", "pointerdown", "keydown"] as const)
      on(window, event, end, signal);
  }

  /**
   * Draws a view in `el`. It ends by the returned function, by the host's signal `outer`, or with the
   * model. The kernel sends changes only to models in view, so views report to it.
   */
  show(el: HTMLElement, outer?: AbortSignal, place = el): () => void {
    const { conversation } = this;
    const { signal, end } = lifetime(outer, this.signal);
    const view = newId();
    const report = (shown: boolean) => conversation.show(view, shown);
    this.#notebook.then((around) => around?.shown());
    this.regions.addView(signal);
    this.#unseen.then((unseen) => unseen.watch(el, signal));
    let drawn = lifetime(signal);
    const draw = () => this.#draw(el, place, drawn.signal, signal);
    draw();
    if (el === place) this.#bringIntoView(el, signal);
    const redraw = () => {
      const isFocused = !!el.shadowRoot?.activeElement;
      drawn.end();
      drawn = lifetime(signal);
      const chat = draw();
      if (isFocused) chat.focus();
    };
    listen(this.#redraws, redraw, signal);
    report(true);
    on(window, "pagehide", () => report(false), signal);
    on<PageTransitionEvent>(window, "pageshow", (event) => event.persisted && report(true), signal);
    atEnd(signal, () => {
      report(false);
      if (!this.regions.hasViews) this.#lastViewClosed();
    });
    return end;
  }
}

export default (): AnyWidget => {
  let instance: ModelInstance | undefined;
  return {
    // Not async: messages that arrive before its listeners are registered are lost.
    initialize({ model, signal: outer }: Props) {
      const { signal, end } = lifetime(outer);
      instance = new ModelInstance(model as Model, signal);
      return end;
    },
    render({ model, el, signal: outer }: Props & { el: HTMLElement }) {
      if (!instance || instance.signal.aborted) {
        // A host that did not call `initialize` does not end it either: it ends with its last view.
        const { signal, end } = lifetime();
        instance = new ModelInstance(model as Model, signal, end);
      }
      return instance.show(el, outer);
    },
  };
};
