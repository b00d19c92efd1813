/**
 * The conversation as a list of messages that scrolls.
 *
 * Opening thousands must not block the page: the newest are drawn at once, the others above them in
 * the browser's idle moments, keeping what is read in its place; the style sheet spares the layout
 * of what is out of sight. All end up in the page, so that its own search finds them. They stand in
 * groups, since a browser looks at all that it may spare in each frame: thousands would be too many.
 */

import { arrangeChildren, button, h, icon, setAttribute, setText, show } from "../../dom.ts";
import { atEnd, Timer } from "../../lifetime.ts";
import { fill, type Words } from "../../words.ts";
import { dayNumber, type Times } from "../times.ts";
import type { Entry } from "./entries.ts";
import { Message, type MessageActions } from "./message.ts";

const FIRST_BATCH = 20;
const BATCH = 40;
/** So many nodes may a group have before another begins. */
const GROUP_SIZE = 50;
/** So near to the end, in px, the reader is at the end. */
const END_MARGIN = 24;

export interface TranscriptActions extends MessageActions {
  /** Resolves when there is nothing more to wait for. */
  older(): Promise<unknown>;
  /** Esc: to the composer, past all that could take the focus on the way. */
  leave(): void;
}

export class Transcript {
  readonly element: HTMLElement;
  readonly #log: HTMLElement;
  readonly #list = h("div", { class: "messages" });
  readonly #older: HTMLButtonElement;
  readonly #empty: HTMLElement;
  readonly #jump: HTMLButtonElement;
  readonly #jumpWords = h("span");
  readonly #messages = new Map<string, Message>();
  readonly #days = new Map<number, HTMLElement>();
  #entries: Entry[] = [];
  #nodesShown: HTMLElement[] = [];
  #connected = true;
  /** The key of the first entry that is drawn. */
  #first: string | null = null;
  #following = true;
  #unread = 0;
  /** The first message that came while the reader was elsewhere; marked until they speak. */
  #mark: string | null = null;
  readonly #markLine: HTMLElement;
  #counted = new Set<string>();
  readonly #idle: Timer;

  constructor(
    private readonly words: Words,
    private readonly times: Times,
    private readonly actions: TranscriptActions,
    signal: AbortSignal,
  ) {
    this.#idle = new Timer(signal);
    this.#older = button(
      { class: "older quiet", hidden: true, onclick: () => this.#askOlder() },
      words.older,
    );
    this.#empty = h("p", { class: "empty", hidden: true }, words.empty);
    this.#log = h(
      "div",
      {
        class: "log",
        role: "log",
        "aria-live": "off",
        "aria-label": words.transcript,
        tabindex: 0,
        "data-testid": "transcript",
        onscroll: () => this.#scrolled(),
        onkeydown: (event: KeyboardEvent) => event.key === "Escape" && actions.leave(),
      },
      this.#older,
      this.#empty,
      this.#list,
    );
    this.#markLine = h("div", { class: "day unread" }, h("span", {}, words.unread));
    this.#jump = button(
      { class: "jump", hidden: true, onclick: () => this.follow(true) },
      icon("M8 3v9M4 8.5 8 12.5 12 8.5"),
      this.#jumpWords,
    );
    this.element = h("div", { class: "transcript" }, this.#log, this.#jump);
    const growth = new ResizeObserver(() => this.#keepFollowing());
    growth.observe(this.#list);
    growth.observe(this.#log);
    atEnd(signal, () => this.#close(growth));
  }

  update(entries: Entry[], older: boolean, connected: boolean): void {
    this.#countUnread(entries);
    this.#entries = entries;
    this.#connected = connected;
    show(this.#older, older);
    show(this.#empty, entries.length === 0);
    this.#draw();
    this.#keepFollowing();
  }

  /** Goes to the end and stays there; with `focus`, the keyboard comes along. */
  follow(focus = false): void {
    this.#following = true;
    this.#unread = 0;
    // Who speaks has read what there was.
    if (focus) this.#log.focus({ preventScroll: true });
    else this.#mark = null;
    this.#keepFollowing();
    this.#drawJump();
  }

  /** Where the focus goes when what had it is gone. */
  focus(key?: string): void {
    (this.#messages.get(key ?? "")?.element ?? this.#log).focus({ preventScroll: true });
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
    // As a reply grows nothing moves: then a long list costs no more than a short one.
    if (!same || nodes.some((node, i) => node !== this.#nodesShown[i])) {
      this.#nodesShown = nodes;
      this.#keepPlace(() => this.#arrange(nodes));
    }
    if (start > 0) this.#drawMoreSoon(start);
  }

  #nodes(shown: Entry[]): HTMLElement[] {
    const nodes: HTMLElement[] = [];
    let today = 0;
    for (const entry of shown) {
      // A reply given after midnight may stand among yesterday's: no day comes twice.
      const number = entry.at === null ? 0 : dayNumber(entry.at);
      if (number > today) nodes.push(this.#day(number, entry.at ?? 0));
      today = Math.max(today, number);
      if (entry.key === this.#mark) nodes.push(this.#markLine);
      nodes.push(this.#message(entry).element);
    }
    return nodes;
  }

  /** What has a group stays in it; what is new joins the group before it. */
  #arrange(nodes: HTMLElement[]): void {
    const groups = new Map<HTMLElement, HTMLElement[]>();
    let group: HTMLElement | null = null;
    let members: HTMLElement[] = [];
    let lines: HTMLElement[] = [];
    const fresh: HTMLElement[] = [];
    for (const node of nodes) {
      lines.push(node);
      // A day's line, and the mark, go with the message below.
      if (node.matches(".day")) continue;
      const own = node.parentElement;
      const other = own && !groups.has(own);
      if (other || !group || (!own && members.length >= GROUP_SIZE)) {
        group = other ? own : h("div", { class: "group", style: "content-visibility:visible" });
        members = [];
        groups.set(group, members);
        if (!other) fresh.push(group);
      }
      members.push(...lines);
      lines = [];
    }
    arrangeChildren(this.#list, [...groups.keys()]);
    for (const [each, children] of groups) arrangeChildren(each, children);
    // Laid out once, it is as high when it is spared: whoever goes to a place arrives there.
    for (const each of fresh)
      each.style.cssText = `contain-intrinsic-size:auto ${each.offsetHeight}px`;
  }

  #message(entry: Entry): Message {
    let message = this.#messages.get(entry.key);
    if (!message) {
      message = new Message(entry, this.words, this.times, this.actions);
      this.#messages.set(entry.key, message);
    }
    message.update(entry, this.#connected);
    return message;
  }

  #day(number: number, at: number): HTMLElement {
    const known = this.#days.get(number) ?? h("div", { class: "day" }, h("span"));
    setText(known.firstElementChild ?? known, this.times.day(at));
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
    this.#idle.start(30, () => {
      this.#first = this.#entries[Math.max(0, start - BATCH)]?.key ?? null;
      this.#draw();
      this.#keepFollowing();
    });
  }

  /** What is read stays where it is, whatever comes in above it. */
  #keepPlace(change: () => void): void {
    const log = this.#log;
    const anchor = this.#following ? null : this.#firstInSight();
    const before = anchor ? box(anchor).top : 0;
    // The browser's own anchoring does nothing at the very top, and would else be done twice.
    log.style.overflowAnchor = "none";
    change();
    if (anchor?.isConnected) log.scrollTop += box(anchor).top - before;
    log.style.overflowAnchor = "";
  }

  #firstInSight(): Element | null {
    const node = this.#firstChildInSight(this.#firstChildInSight(this.#list));
    // A day's line may move away from what stands below it.
    return node?.matches(".day") ? node.nextElementSibling : node;
  }

  /** The first child that ends in sight. Halving, since each look at a place may cost a layout. */
  #firstChildInSight(parent: Element | null): Element | null {
    const { top } = box(this.#log);
    const nodes = parent?.children ?? [];
    let [from, to] = [0, nodes.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (box(nodes[middle] as Element).bottom > top) to = middle;
      else from = middle + 1;
    }
    return nodes[from] ?? null;
  }

  #scrolled(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    this.#following = scrollHeight - scrollTop - clientHeight < END_MARGIN;
    if (this.#following) this.#unread = 0;
    this.#drawJump();
  }

  #keepFollowing(): void {
    if (this.#following) this.#log.scrollTop = this.#log.scrollHeight;
    else this.#drawJump();
  }

  /** Counts what the tutor said while the reader was elsewhere. */
  #countUnread(entries: Entry[]): void {
    const first = this.#counted.size === 0 && this.#entries.length === 0;
    // What comes in above what was told last, as earlier messages do, is not new.
    const last = this.#entries.findLast(({ key }) => this.#counted.has(key)) ?? this.#entries[0];
    let fresh = last === undefined;
    for (const { key, role, state } of entries) {
      fresh ||= key === last?.key;
      if (role === "learner" || state === "streaming" || this.#counted.has(key)) continue;
      this.#counted.add(key);
      if (!first && !this.#following && fresh && !this.#unread++) this.#mark = key;
    }
    this.#drawJump();
  }

  #drawJump(): void {
    const n = this.#unread;
    setText(this.#jumpWords, n ? fill(this.words.jumpNew, { n }) : this.words.jump);
    const focused = this.#jump.matches(":focus");
    show(this.#jump, !this.#following);
    if (focused && this.#following) this.#log.focus({ preventScroll: true });
  }

  #askOlder(): void {
    if (this.#older.hasAttribute("aria-disabled")) return;
    const drawButton = (loading: boolean) => {
      setAttribute(this.#older, "aria-disabled", loading && "true");
      setText(this.#older, loading ? this.words.olderLoading : this.words.older);
    };
    drawButton(true);
    this.actions.older().then(() => drawButton(false));
  }
}

const box = (element: Element): DOMRect => element.getBoundingClientRect();
