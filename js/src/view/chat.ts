/** One view of the conversation: builds its parts and updates them. */
import { h, show } from "../dom.ts";
import { atEnd } from "../lifetime.ts";
import type { Conversation, Said } from "../model/conversation.ts";
import { readLesson } from "../model/session_state.ts";
import type { Complaint, HistoryItem } from "../model/types.ts";
import type { Origin } from "../parts/floating.ts";
import type { Watch } from "../status/watch.ts";
import type { Words } from "../words.ts";
import { Attachments } from "./attachments.ts";
import { Badge } from "./badge.ts";
import { Composer } from "./composer.ts";
import { Header, Menu } from "./header.ts";
import { keepKeys, leaveTo } from "./keys.ts";
import { nameOnPage } from "./name.ts";
import { Notes } from "./notes.ts";
import type { Panel } from "./panel.ts";
import style from "./style.css";
import { Suggestions } from "./suggestions.ts";
import { followTheme } from "./theme.ts";
import { Times } from "./times.ts";
import { areAnswered, arrange, type Entry, type ReportState } from "./transcript/entries.ts";
import { ACTIONS, type Message } from "./transcript/message.ts";
import { Transcript } from "./transcript/transcript.ts";

/** How many earlier messages one click loads. */
const OLDER = 100;

/** What is around a view. */
export interface Surroundings extends Origin {
  words: Words;
  lang: string;
  /** Offers to put code into cells, where there is a notebook. */
  offerCells(drawn: Element): void;
  /** What is left of today's questions, in words; "": nothing is to be said. */
  budget(): string;
}

export class Chat {
  /** What it is called on the page. */
  readonly name: string;
  readonly #root: HTMLElement;
  readonly #header: Header;
  readonly #notes: Notes;
  readonly #transcript: Transcript;
  readonly #suggestions: Suggestions;
  readonly #composer: Composer;
  readonly #conversation: Conversation;
  readonly #surroundings: Surroundings;
  #entries: Entry[] = [];
  /** A question is being looked for, to be asked again. */
  #isLooking = false;
  readonly #watch: Watch;
  readonly #host: HTMLElement;

  constructor(
    host: HTMLElement,
    conversation: Conversation,
    watch: Watch,
    surroundings: Surroundings,
    signal: AbortSignal,
  ) {
    this.#host = host;
    this.#watch = watch;
    const { words, lang, place } = surroundings;
    this.#conversation = conversation;
    this.#surroundings = surroundings;
    const reconnect = () => conversation.request({ op: "reconnect" });
    const times = new Times(words, lang);
    const panels = new Set<Panel>();
    const badge = new Badge(watch, words, times, reconnect, panels, signal);
    const fillMenu = (choices: HTMLElement, close: () => void) =>
      this.#fillMenu(choices, close, signal);
    const menu = new Menu(words, fillMenu, panels);
    this.#header = new Header(words, badge, menu);
    this.#notes = new Notes(conversation, watch, words, times);
    this.#transcript = new Transcript(words, times, this.#messageActions(), signal);
    const suggest = (text: string, rev: number | undefined) => this.#say(text, { rev });
    this.#suggestions = new Suggestions(words, suggest, signal);
    const attachments = new Attachments(words, conversation, () => this.#composer.focus());
    this.#composer = new Composer(words, conversation, attachments, {
      draftChanged: () => watch.refresh(),
      send: (text, context) => this.#say(text, { context }),
      editLast: () => this.#editLast(),
      leave: () => leaveTo(place),
    });
    this.name = nameOnPage(words.chat, signal);
    this.#root = h(
      "section",
      { class: "chat", "aria-label": this.name, lang, dir: words.dir },
      this.#header.element,
      this.#notes.element,
      this.#transcript.element,
      this.#suggestions.element,
      this.#composer.element,
    );
    keepKeys(this.#root);
    followTheme(host, signal);
    const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    shadow.replaceChildren(h("style", {}, style), this.#root);
    conversation.subscribe(() => this.#draw(), signal);
    watch.subscribe(() => this.#drawSituation(), signal);
    atEnd(signal, () => shadow.replaceChildren());
    this.#draw();
  }

  /** Moves the focus to where the learner writes. */
  focus(): void {
    this.#composer.focus();
  }

  async #fillMenu(choices: HTMLElement, close: () => void, signal: AbortSignal): Promise<void> {
    const conversation = this.#conversation;
    const { words } = this.#surroundings;
    const menu = await conversation.parts.load<typeof import("../parts/menu.ts")>("menu", choices);
    if (signal.aborted) return;
    menu.default(choices, words.parts, conversation, this.#surroundings, close);
  }

  #messageActions() {
    const conversation = this.#conversation;
    const { words, offerCells } = this.#surroundings;
    return {
      edit: (entry: Entry) => this.#edit(entry),
      retry: ({ id }: Entry) => conversation.retry(id),
      discard: ({ id }: Entry) => conversation.discard(id),
      stop: ({ re }: Entry) => conversation.request({ op: "stop", re }),
      askAgain: ({ re }: Entry) => this.#askAgain(re),
      goOn: () => this.#say(words.composer.finish, {}),
      canAsk: () => conversation.end === null,
      again: (entry: Entry) => this.#repeat(entry),
      editAgain: ({ id, text }: Entry) =>
        this.#composer.take({ text, context: conversation.contextOf(id) }),
      enhance: (drawn: Element) => {
        conversation.parts.enhance(drawn);
        offerCells(drawn);
      },
      reportForm: async (message: Message) => {
        type Part = typeof import("../parts/report.ts");
        const part = await conversation.parts.load<Part>("report", message.element);
        const report = (said: Complaint) => conversation.report(message.entry.id, said);
        return part.default(message, words.parts, report);
      },
      older: () => conversation.ask({ op: "older", n: OLDER }),
      leave: () => this.#composer.focus(),
    };
  }

  /** Asks the question `id` again, which may be among the earlier messages. */
  async #askAgain(id: string): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const asked = await this.#lookFor(id);
    this.#isLooking = false;
    if (asked) this.#repeat(asked);
  }

  async #lookFor(id: string): Promise<HistoryItem | undefined> {
    const conversation = this.#conversation;
    for (;;) {
      const { history, _view } = conversation.traits;
      const asked = history.find((each) => each.id === id && each.role === "learner");
      if (asked || !_view.older) return asked;
      // Without an answer, the notes say why.
      if (!(await conversation.ask<number>({ op: "older", n: OLDER }))) return undefined;
    }
  }

  /** Sends a message of the learner's once more, with what went along with it. */
  #repeat({ id, text }: { id: string; text: string }): void {
    this.#say(text, { again: id, context: this.#conversation.contextOf(id) });
  }

  #say(text: string, said: Said): void {
    this.#conversation.say(text, said);
    this.#transcript.follow();
    this.#draw();
  }

  #edit(entry: Entry): void {
    this.#conversation.discard(entry.id);
    this.#composer.take(entry);
  }

  #editLast(): void {
    const last = this.#entries.findLast(({ state }) => ACTIONS[state].includes("edit"));
    if (last) this.#edit(last);
  }

  get #focused(): Element | null {
    return this.#host.shadowRoot?.activeElement ?? null;
  }

  #draw(): void {
    const focused = this.#focused;
    const { history, queue, session_state, status, _view } = this.#conversation.traits;
    const { unacknowledged, rev } = this.#conversation;
    const lesson = readLesson(session_state);
    this.#entries = arrange(history, queue, unacknowledged, this.#reports(), _view.older);
    this.#header.update(lesson);
    this.#transcript.height.update(this.#conversation.end === "erased" ? "" : _view.key);
    this.#transcript.update(this.#entries, _view.older, status === "connected");
    this.#suggestions.update(lesson.suggestions, rev, areAnswered(this.#entries));
    this.#drawSituation();
    this.#rescueFocus(focused);
  }

  /** What can be done about each answer, or was done. */
  #reports(): (id: string) => ReportState | undefined {
    const conversation = this.#conversation;
    const { reports = {} } = conversation.traits._view;
    const asked = new Set(
      conversation.commands.pending.flatMap((each) =>
        each.op === "report" && !each.error ? [each.message] : [],
      ),
    );
    const isOffered = conversation.offers("report");
    return (id) => {
      if (asked.has(id)) return "waiting";
      return Object.hasOwn(reports, id) ? reports[id] : isOffered ? "offered" : undefined;
    };
  }

  #drawSituation(): void {
    const focused = this.#focused;
    const closed = this.#watch.shown.kind === "saved" ? "saved" : this.#conversation.end;
    this.#header.updateBudget(this.#surroundings.budget());
    this.#notes.update();
    this.#transcript.invite(this.#invitation());
    this.#composer.update(closed);
    show(this.#suggestions.element, !closed && !this.#suggestions.isEmpty);
    this.#rescueFocus(focused);
  }

  /** What an empty transcript says: what can be said now, and when it goes out. */
  #invitation(): string {
    const { empty, emptyWaiting, emptyOver } = this.#surroundings.words;
    const { kind } = this.#watch.shown;
    if (this.#conversation.end) return "";
    if (kind === "connected" || kind === "reconnected") return empty;
    return ["saved", "stopped", "failed"].includes(kind) ? emptyOver : emptyWaiting;
  }

  /** When the focused element disappears, the focus moves to what is nearest. */
  #rescueFocus(focused: Element | null): void {
    // A browser takes the focus from a hidden element only later.
    if (!focused || (focused.isConnected && !focused.closest("[hidden]"))) return;
    const message = focused.closest(".message");
    if (focused.matches(".chip")) this.#composer.focus();
    else if (message?.isConnected) (message as HTMLElement).focus({ preventScroll: true });
    else if (focused.closest(".log, .message")) this.#transcript.focus();
    else if (this.#root.isConnected) this.#composer.focus();
  }
}
