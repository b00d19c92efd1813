/**
 * The conversation as a list of messages that scrolls.
 *
 * Opening thousands of messages must not block the page. The newest are drawn at once, the others
 * above them in batches with pauses between, and the style sheet lets the browser skip the layout of
 * what is out of sight. In the end all are in the page, so that the page's own search finds them.
 */

import { button, div, h, icon, setAttribute, setText, show } from "../../dom.ts";
import { atEnd, Timer } from "../../lifetime.ts";
import { fill } from "../../template.ts";
import type { Words } from "../../words.ts";
import { Height } from "../height.ts";
import { dayNumber, type Times } from "../times.ts";
import type { Entry } from "./entries.ts";
import { arrangeInGroups } from "./groups.ts";
import { Message, type MessageActions } from "./message.ts";
import { Scroll } from "./scroll.ts";
import { asOneTabStop, step } from "./steps.ts";
import { type ToolActions, Tools } from "./tools.ts";

/** How many messages are drawn at once, and then in each batch. */
const FIRST_BATCH = 20;
const BATCH = 40;
/** Between batches, in ms. */
const BATCH_PAUSE = 30;

export interface TranscriptActions extends Omit<MessageActions, "tools" | "reading">, ToolActions {
  /** Loads earlier messages. Resolves when they are here or the kernel refused. */
  older(): Promise<unknown>;
  /** Esc: moves the focus to the composer. */
  leave(): void;
}

export class Transcript {
  readonly element: HTMLElement;
  readonly height: Height;
  readonly #log: HTMLElement;
  readonly #scroll: Scroll;
  readonly #list = div("messages");
  readonly #older: HTMLButtonElement;
  readonly #empty: HTMLElement;
  readonly #jump: HTMLButtonElement;
  readonly #jumpWords = h("span");
  readonly #messages = new Map<string, Message>();
  readonly #days = new Map<number, HTMLElement>();
  #entries: Entry[] = [];
  #nodesShown: HTMLElement[] = [];
  #connected = true;
  /** The key of the first entry that is drawn; entries before it wait for their batch. */
  #first: string | null = null;
  #unread = 0;
  /** The key of the first message that came while the reader was elsewhere; kept until they send. */
  #mark: string | null = null;
  readonly #markLine: HTMLElement;
  /** The keys of the tutor's messages that were counted as read or unread. */
  readonly #counted = new Set<string>();
  readonly #idle: Timer;
  readonly #tools: Tools;
  readonly #messageActions: MessageActions;
  readonly #words: Words;
  readonly #times: Times;
  readonly #actions: TranscriptActions;

  constructor(words: Words, times: Times, actions: TranscriptActions, signal: AbortSignal) {
    this.#words = words;
    this.#times = times;
    this.#actions = actions;
    this.#idle = new Timer(signal);
    this.#tools = new Tools(words.message, actions);
    const reading = h("p", { id: "message-text", hidden: true });
    this.#messageActions = { ...actions, tools: this.#tools, reading };
    this.#older = button(
      { class: "older quiet", hidden: true, tabindex: -1, onclick: () => this.#askOlder() },
      words.older,
    );
    this.#empty = h("p", { class: "empty", hidden: true });
    this.#log = h(
      "div",
      {
        class: "log",
        role: "log",
        "aria-live": "off",
        "aria-label": words.transcript,
        "aria-describedby": "transcript-keys",
        tabindex: 0,
        "data-testid": "transcript",
        onscroll: () => this.#scrolled(),
        onkeydown: (event: KeyboardEvent) => step(this.#log, event, () => actions.leave()),
      },
      this.#older,
      this.#empty,
      this.#list,
    );
    asOneTabStop(this.#log, this.#list, signal);
    this.#scroll = new Scroll(this.#log, this.#list);
    this.#markLine = div("day unread", h("span", {}, words.unread));
    this.#jump = button(
      { class: "jump", hidden: true, onclick: () => this.follow(true) },
      icon("M8 3v9M4 8.5 8 12.5 12 8.5"),
      this.#jumpWords,
    );
    const keys = h("p", { id: "transcript-keys", hidden: true }, words.transcriptKeys);
    this.height = new Height(this.#log, words);
    const scrolling = div("scrolling", this.#log, this.#jump);
    this.element = div("transcript", keys, reading, scrolling, this.height.element);
    const growth = new ResizeObserver(() => {
      this.height.measure();
      this.#keepFollowing();
    });
    growth.observe(this.#list);
    growth.observe(this.#log);
    atEnd(signal, () => this.#close(growth));
  }

  /** What stands in an empty transcript. */
  invite(words: string): void {
    setText(this.#empty, words);
    show(this.#empty, words !== "" && this.#entries.length === 0);
  }

  update(entries: Entry[], older: boolean, connected: boolean): void {
    const last = entries.at(-1);
    const isNew = last && last.role !== "learner" && !this.#messages.has(last.key);
    // Who still has an answer to read below is not taken away from it by the next.
    if (isNew && this.#scroll.isHeld) this.#scroll.following = false;
    this.#countUnread(entries);
    this.#entries = entries;
    this.#connected = connected;
    show(this.#older, older);
    this.#draw();
    this.#tools.update();
    if (isNew && this.#scroll.following) this.#hold(last);
    this.#keepFollowing();
    // Of an answer that is all in sight the end is: a narrower window does not take it away.
    if (last?.state !== "streaming" && !this.#scroll.isHeld) this.#scroll.hold(null);
  }

  /** Scrolls to the end and follows it; with `focus`, also moves the focus to the log. */
  follow(focus = false): void {
    this.#scroll.following = true;
    this.#scroll.hold(null);
    this.#unread = 0;
    // A learner who sends a message has read what was there.
    if (focus) this.focus();
    else this.#mark = null;
    this.#keepFollowing();
    this.#drawJump();
  }

  /** Moves the focus to the log. */
  focus(): void {
    this.#log.focus({ preventScroll: true });
  }

  /** An answer is read from its question on, unless that is long itself; else from its beginning. */
  #hold({ key, re }: Entry): void {
    const [asked, begun] = [re, key].map((each) => this.#messages.get(each)?.element);
    const isShort = asked && asked.offsetHeight <= this.#log.clientHeight / 2;
    this.#scroll.hold((isShort ? asked : begun) ?? null);
  }

  #close(growth: ResizeObserver): void {
    growth.disconnect();
    for (const message of this.#messages.values()) message.close();
  }

  #draw(): void {
    const known = this.#entries.findIndex((entry) => entry.key === this.#first);
    const start = known >= 0 ? known : Math.max(0, this.#entries.length - FIRST_BATCH);
    this.#first = this.#entries[start]?.key ?? null;
    const shown = this.#entries.slice(start);
    this.#forget(shown);
    const nodes = this.#nodes(shown);
    const same = nodes.length === this.#nodesShown.length;
    // While a reply grows, the nodes stay the same: then nothing is arranged.
    if (!same || nodes.some((node, i) => node !== this.#nodesShown[i])) {
      this.#nodesShown = nodes;
      this.#scroll.keepPlace(() => arrangeInGroups(this.#list, nodes));
    }
    if (start > 0) this.#drawMoreSoon(start);
  }

  #nodes(shown: Entry[]): HTMLElement[] {
    const nodes: HTMLElement[] = [];
    let day = 0;
    for (const entry of shown) {
      // A reply from after midnight may follow a message of the day before: no day is named twice.
      const number = entry.at === null ? 0 : dayNumber(entry.at);
      if (number > day) nodes.push(this.#day(number, entry.at ?? 0));
      day = Math.max(day, number);
      if (entry.key === this.#mark) nodes.push(this.#markLine);
      nodes.push(this.#message(entry).element);
    }
    return nodes;
  }

  #message(entry: Entry): Message {
    let message = this.#messages.get(entry.key);
    if (!message) {
      message = new Message(entry, this.#words, this.#times, this.#messageActions);
      this.#messages.set(entry.key, message);
    }
    message.update(entry, this.#connected);
    return message;
  }

  #day(number: number, at: number): HTMLElement {
    const known = this.#days.get(number) ?? div("day", h("span"));
    setText(known.firstElementChild ?? known, this.#times.day(at));
    this.#days.set(number, known);
    return known;
  }

  #forget(shown: Entry[]): void {
    const keys = new Set(shown.map((entry) => entry.key));
    for (const [key, message] of this.#messages) {
      if (keys.has(key)) continue;
      message.close();
      this.#messages.delete(key);
    }
  }

  #drawMoreSoon(start: number): void {
    this.#idle.start(BATCH_PAUSE, () => {
      this.#first = this.#entries[Math.max(0, start - BATCH)]?.key ?? null;
      this.#draw();
      this.#keepFollowing();
    });
  }

  #scrolled(): void {
    this.#scroll.update();
    if (this.#scroll.following) this.#unread = 0;
    this.#drawJump();
  }

  #keepFollowing(): void {
    if (this.#scroll.following) this.#scroll.toEnd();
    this.#drawJump();
  }

  /** Counts the tutor's messages that came while the reader was elsewhere. */
  #countUnread(entries: Entry[]): void {
    // Messages above the last counted one are earlier messages, loaded now: they are not new.
    const last = this.#entries.findLast(({ key }) => this.#counted.has(key)) ?? this.#entries[0];
    let fresh = last === undefined;
    for (const { key, role, state } of entries) {
      fresh ||= key === last?.key;
      if (role === "learner" || state === "streaming" || this.#counted.has(key)) continue;
      this.#counted.add(key);
      if (!this.#scroll.following && fresh) this.#addUnread(key);
    }
    this.#drawJump();
  }

  /** The mark is drawn above the first unread message. */
  #addUnread(key: string): void {
    if (this.#unread === 0) this.#mark = key;
    this.#unread++;
  }

  #drawJump(): void {
    const n = this.#unread;
    setText(this.#jumpWords, n ? fill(this.#words.jumpNew, { n }) : this.#words.jump);
    const focused = this.#jump.matches(":focus");
    const isAtEnd = this.#scroll.following && !this.#scroll.isHeld;
    show(this.#jump, !isAtEnd);
    if (focused && isAtEnd) this.focus();
  }

  #askOlder(): void {
    if (this.#older.hasAttribute("aria-disabled")) return;
    const drawButton = (loading: boolean) => {
      setAttribute(this.#older, "aria-disabled", loading && "true");
      setText(this.#older, loading ? this.#words.olderLoading : this.#words.older);
    };
    drawButton(true);
    this.#actions.older().then(() => drawButton(false));
  }
}
