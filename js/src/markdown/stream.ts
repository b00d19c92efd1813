/**
 * Markdown that grows: only the last, open block is drawn again, as if it were closed, and new text is
 * revealed smoothly, although the kernel sends it a few times a second.
 */
import { appendAll } from "../dom.ts";
import type { Words } from "../words.ts";
import { parseBlocks } from "./blocks.ts";
import { fullBudget } from "./budget.ts";
import { drawMarkdown } from "./draw.ts";
import { withoutOpenLine } from "./open.ts";

/** New text is revealed over so many ms: a little more than the kernel's interval between changes. */
const REVEAL_OVER = 250;
/**
 * An open block is drawn anew so many ms after the last time, for each UTF-16 unit above `SHORT`: a
 * long one less often, so that it takes no larger share of the page's time.
 */
const MS_PER_UNIT = 0.02;
const SHORT = 2_000;

export class MarkdownStream {
  #text = "";
  #shown = 0;
  /** The index at which the open block begins; the text before it is drawn and final. */
  #open = 0;
  #openNodes: HTMLElement[] = [];
  /** What the blocks that are closed have left. */
  #budget = fullBudget();
  #frame = 0;
  #last = 0;
  /** When the open block may be drawn again. */
  #due = 0;
  readonly #element: HTMLElement;
  readonly #enhance: (block: Element) => void;
  readonly #words: Words;

  constructor(element: HTMLElement, words: Words, enhance: (block: Element) => void) {
    this.#words = words;
    this.#element = element;
    this.#enhance = enhance;
  }

  /** Shows `source`, which usually continues the text before; anything else is drawn from the start. */
  write(source: string): void {
    this.#take(source);
    if (this.#frame || this.#shown === this.#text.length) return;
    this.#last = performance.now();
    if (skipsAnimation() && this.#last >= this.#due) this.#reveal(this.#text.length);
    else this.#frame = requestAnimationFrame((now) => this.#step(now));
  }

  /** Shows the final text `source` at once; the closed blocks stay as they are drawn. */
  finish(source: string): void {
    this.close();
    this.#take(source);
    this.#show(this.#text.length);
    this.#drawOpen(this.#draw(this.#text.slice(this.#open)));
    for (const node of this.#openNodes) this.#enhance(node);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #take(source: string): void {
    const shown = this.#text.slice(0, this.#shown);
    this.#text = source.replace(/\r\n?/g, "\n");
    if (!this.#text.startsWith(shown)) this.#reset();
  }

  #reset(): void {
    this.#shown = 0;
    this.#open = 0;
    this.#openNodes = [];
    this.#budget = fullBudget();
    this.#element.replaceChildren();
  }

  #step(now: number): void {
    const left = this.#text.length - this.#shown;
    const share = skipsAnimation() ? 1 : Math.min(1, Math.max(now - this.#last, 0) / REVEAL_OVER);
    if (now >= this.#due) {
      this.#last = now;
      this.#reveal(this.#shown + Math.max(1, Math.ceil(left * share)));
    }
    const done = this.#shown >= this.#text.length;
    this.#frame = done ? 0 : requestAnimationFrame((next) => this.#step(next));
  }

  #reveal(length: number): void {
    this.#show(length);
    const open = withoutOpenLine(this.#text.slice(this.#open, this.#shown));
    this.#drawOpen(this.#draw(open, { ...this.#budget }, true));
    this.#due = performance.now() + Math.max(open.length - SHORT, 0) * MS_PER_UNIT;
  }

  #draw(text: string, budget = this.#budget, isOpen = false): HTMLElement[] {
    return drawMarkdown(text, this.#words, budget, isOpen);
  }

  /** Reveals so much of the text, and draws the blocks that are closed in it. */
  #show(length: number): void {
    this.#shown = Math.min(length, this.#text.length);
    // Never end between the halves of a surrogate pair.
    const half = /[\ud800-\udbff]/.test(this.#text[this.#shown - 1] ?? "");
    if (half && this.#shown < this.#text.length) this.#shown++;
    this.#close(this.#text.slice(this.#open, this.#shown));
  }

  #drawOpen(nodes: HTMLElement[]): void {
    for (const node of this.#openNodes) node.remove();
    appendAll(this.#element, nodes);
    this.#openNodes = nodes;
  }

  /**
   * Closes all blocks of the complete lines but the last: a block that another one follows cannot
   * change any more. An incomplete line may still become anything.
   */
  #close(open: string): void {
    const complete = open.slice(0, open.lastIndexOf("\n") + 1);
    const blocks = parseBlocks(complete, { ...this.#budget });
    const last = blocks.at(-1);
    if (!last || blocks.length < 2) return;
    const lines = complete.split("\n").slice(0, last.line);
    const length = lines.reduce((sum, line) => sum + line.length + 1, 0);
    const nodes = this.#draw(complete.slice(0, length));
    this.#drawOpen([]);
    appendAll(this.#element, nodes);
    for (const node of nodes) this.#enhance(node);
    if (last.type === "plain") this.#budget.blocks = 0;
    this.#open += length;
  }
}

const skipsAnimation = (): boolean =>
  document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;
