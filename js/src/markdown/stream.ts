/**
 * Markdown that grows: only the block still open is drawn again, and new words are let in smoothly,
 * though they come from the kernel a few times a second.
 */
import type { Words } from "../words.ts";
import { parseBlocks } from "./blocks.ts";
import { drawBlock } from "./draw.ts";

/** New words are spread over this time: a little more than the kernel gathers them for. */
const REVEAL_OVER = 250;

export class MarkdownStream {
  #text = "";
  #shown = 0;
  /** Where in the text the open block begins; what comes before is drawn for good. */
  #open = 0;
  #openNodes: HTMLElement[] = [];
  #frame = 0;
  #last = 0;

  constructor(
    private readonly element: HTMLElement,
    private readonly words: Words,
    private readonly enhance: (block: Element) => void,
  ) {}

  /** The text is now `source`: usually the old one and more; anything else is drawn afresh. */
  write(source: string): void {
    this.#take(source);
    if (prefersStillness()) this.#revealAll();
    else if (!this.#frame && this.#shown < this.#text.length) {
      this.#last = performance.now();
      this.#frame = requestAnimationFrame((now) => this.#step(now));
    }
  }

  /** The text is `source` for good: what stands there stays, the open block gets its looks. */
  finish(source: string): void {
    this.close();
    this.#take(source);
    this.#revealAll();
    for (const node of this.#openNodes) this.enhance(node);
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

  #revealAll(): void {
    if (this.#shown < this.#text.length) this.#reveal(this.#text.length);
  }

  #reset(): void {
    this.#shown = 0;
    this.#open = 0;
    this.#openNodes = [];
    this.element.replaceChildren();
  }

  #step(now: number): void {
    const left = this.#text.length - this.#shown;
    const share = Math.min(1, Math.max(now - this.#last, 0) / REVEAL_OVER);
    this.#last = now;
    this.#reveal(this.#shown + Math.max(1, Math.ceil(left * share)));
    const done = this.#shown >= this.#text.length;
    this.#frame = done ? 0 : requestAnimationFrame((next) => this.#step(next));
  }

  #reveal(length: number): void {
    this.#shown = Math.min(length, this.#text.length);
    // Half of a surrogate pair is no character.
    const half = /[\ud800-\udbff]/.test(this.#text[this.#shown - 1] ?? "");
    if (half && this.#shown < this.#text.length) this.#shown++;
    this.#close(this.#text.slice(this.#open, this.#shown));
    const open = parseBlocks(this.#text.slice(this.#open, this.#shown));
    const nodes = open.map((block) => drawBlock(block, this.words));
    for (const node of this.#openNodes) node.remove();
    this.element.append(...nodes);
    this.#openNodes = nodes;
  }

  /**
   * Draws for good all blocks but the last of the complete lines: a block that another one follows
   * can't change any more, while half a line may still become anything.
   */
  #close(open: string): void {
    const complete = open.slice(0, open.lastIndexOf("\n") + 1);
    const blocks = parseBlocks(complete);
    const last = blocks.pop();
    if (!last || !blocks.length) return;
    for (const node of this.#openNodes) node.remove();
    this.#openNodes = [];
    const nodes = blocks.map((block) => drawBlock(block, this.words));
    this.element.append(...nodes);
    for (const node of nodes) this.enhance(node);
    const lines = complete.split("\n").slice(0, last.line);
    this.#open += lines.reduce((length, line) => length + line.length + 1, 0);
  }
}

function prefersStillness(): boolean {
  return document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches;
}
