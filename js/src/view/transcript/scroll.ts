/** Where the reader is in the log: at its end, following what comes, or elsewhere, staying in place. */
import { isSeparator } from "./groups.ts";

/** Within so many px of the end the reader is at the end. */
const END_MARGIN = 24;

export class Scroll {
  /** The log follows its end. */
  following = true;
  #top = 0;

  constructor(
    private readonly log: HTMLElement,
    /** The messages in groups; what the reader looks at is a child of a group. */
    private readonly list: HTMLElement,
  ) {}

  /**
   * Reads the position after the log was scrolled. Only a reader who scrolled up leaves the end: a
   * narrower log is a longer one, whose end moves away by itself.
   */
  update(): void {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    if (scrollHeight - scrollTop - clientHeight < END_MARGIN) this.following = true;
    else if (scrollTop < this.#top) this.following = false;
    this.#top = scrollTop;
  }

  toEnd(): void {
    this.log.scrollTop = this.log.scrollHeight;
    this.#top = this.log.scrollTop;
  }

  /** Runs `change`; what the reader looks at keeps its place, whatever is added above it. */
  keepPlace(change: () => void): void {
    const anchor = this.following ? null : this.#firstInSight();
    const before = anchor ? box(anchor).top : 0;
    // The browser's own scroll anchoring does nothing at the very top, and elsewhere would move twice.
    this.log.style.overflowAnchor = "none";
    change();
    if (anchor?.isConnected) this.log.scrollTop += box(anchor).top - before;
    this.log.style.overflowAnchor = "";
  }

  #firstInSight(): Element | null {
    const node = this.#firstChildInSight(this.#firstChildInSight(this.list));
    // A separator may move away from the message below it.
    return node && isSeparator(node) ? node.nextElementSibling : node;
  }

  /** The first child that ends in sight. A binary search, because each look may cost a layout. */
  #firstChildInSight(parent: Element | null): Element | null {
    const { top } = box(this.log);
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
