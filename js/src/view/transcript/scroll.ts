/**
 * Where the reader is in the log: at its end, following what comes, or elsewhere, staying in place. A
 * long answer is followed no further than its question stays in sight: it is read from its beginning.
 */
import { isSeparator } from "./groups.ts";

/** Within so many px of the end the reader is at the end. */
const END_MARGIN = 24;
/** Between the top of the log and what is held, in px. */
const HELD_MARGIN = 8;

export class Scroll {
  /** The log follows its end. */
  following = true;
  #top = 0;
  /** What stays in sight while the log follows. */
  #held: Element | null = null;
  #isBeyond = false;
  readonly #log: HTMLElement;
  /** The messages in groups; what the reader looks at is a child of a group. */
  readonly #list: HTMLElement;

  constructor(log: HTMLElement, list: HTMLElement) {
    this.#list = list;
    this.#log = log;
  }

  /** The log follows, and its end is out of sight, because what is held would be. */
  get isHeld(): boolean {
    return this.following && this.#isBeyond;
  }

  /**
   * Reads the position after the log was scrolled. Only a reader who scrolled up leaves the end: a
   * narrower log is a longer one, whose end moves away by itself. Where something is held, scrolling
   * down leaves it, and at the end nothing is held any more.
   */
  update(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const isMoved = Math.abs(scrollTop - this.#top) >= 1;
    if (scrollHeight - scrollTop - clientHeight < END_MARGIN) {
      if (isMoved) this.hold(null);
      this.following = true;
    } else if (scrollTop < this.#top || (isMoved && this.#isBeyond)) this.following = false;
    this.#top = scrollTop;
  }

  /** While the log follows, `element` stays in sight; null: the end does. */
  hold(element: Element | null): void {
    this.#held = element;
    this.#isBeyond = false;
  }

  toEnd(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const end = scrollHeight - clientHeight;
    const held = this.#held?.isConnected
      ? scrollTop + box(this.#held).top - box(this.#log).top - HELD_MARGIN
      : end;
    this.#isBeyond = end - held >= END_MARGIN;
    this.#log.scrollTop = this.#isBeyond ? held : scrollHeight;
    this.#top = this.#log.scrollTop;
  }

  /** Runs `change`; what the reader looks at keeps its place, whatever is added above it. */
  keepPlace(change: () => void): void {
    const anchor = this.following ? null : this.#firstInSight();
    const before = anchor ? box(anchor).top : 0;
    // The browser's own scroll anchoring does nothing at the very top, and elsewhere would move twice.
    this.#log.style.overflowAnchor = "none";
    change();
    if (anchor?.isConnected) this.#log.scrollTop += box(anchor).top - before;
    this.#log.style.overflowAnchor = "";
  }

  #firstInSight(): Element | null {
    const node = this.#firstChildInSight(this.#firstChildInSight(this.#list));
    // A separator may move away from the message below it.
    return node && isSeparator(node) ? node.nextElementSibling : node;
  }

  /** The first child that ends in sight. A binary search, because each look may cost a layout. */
  #firstChildInSight(parent: Element | null): Element | null {
    const { top } = box(this.#log);
    const nodes = parent?.children ?? [];
    let from = 0;
    let to = nodes.length;
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if (box(nodes[middle] as Element).bottom > top) to = middle;
      else from = middle + 1;
    }
    return nodes[from] ?? null;
  }
}

const box = (element: Element): DOMRect => element.getBoundingClientRect();
