/** Markdown as DOM nodes. */
import { h } from "../dom.ts";
import type { Words } from "../words.ts";
import { type Block, parseBlocks } from "./blocks.ts";
import { type Budget, fullBudget } from "./budget.ts";
import { drawCode } from "./code.ts";
import { inline } from "./inline.ts";
import { breakLongWords } from "./long_words.ts";

/** `isOpen`: more text will follow, and what it opened is drawn as if it were closed. */
interface Options {
  words: Words;
  budget: Budget;
  isOpen: boolean;
}

/**
 * Each block has its own writing direction: on what holds a growing number of blocks a browser would
 * look for it in all of them again.
 */
export function drawMarkdown(
  text: string,
  words: Words,
  budget = fullBudget(),
  isOpen = false,
): HTMLElement[] {
  return drawnOrPlain(text, () => {
    const blocks = drawBlocks(parseBlocks(text, budget, isOpen), { words, budget, isOpen });
    for (const block of blocks) if (!block.matches(".code, hr")) block.dir = "auto";
    return blocks;
  });
}

/** What `draw` makes of a text; or the text as it was written, if it cannot be drawn. */
export function drawnOrPlain(text: string, draw: () => HTMLElement[]): HTMLElement[] {
  const nodes = attempt(draw) ?? [drawPlain(text)];
  for (const node of nodes) breakLongWords(node);
  return nodes;
}

function attempt<T>(draw: () => T): T | null {
  try {
    return draw();
  } catch {
    return null;
  }
}

const drawPlain = (text: string): HTMLElement => h("p", { class: "typed", dir: "auto" }, text);

/** Of the blocks only the last may be open. */
function drawBlocks(blocks: Block[], options: Options): HTMLElement[] {
  const last = blocks.length - 1;
  return blocks.map((block, i) =>
    drawBlock(block, { ...options, isOpen: options.isOpen && i === last }),
  );
}

function drawBlock(block: Block, options: Options): HTMLElement {
  switch (block.type) {
    case "paragraph":
      return h("p", {}, drawText(block.text, options));
    case "heading":
      return drawHeading(block.level, drawText(block.text, options));
    case "code": {
      const { words, budget } = options;
      return drawCode(block.text, block.closed ? block.info : null, words, budget);
    }
    case "quote":
      return h("blockquote", {}, drawBlocks(block.blocks, options));
    case "list":
      return drawList(block, options);
    case "table":
      return drawTable(block, options);
    case "rule":
      return h("hr");
    case "plain":
      return drawPlain(block.text);
    default:
      return block satisfies never;
  }
}

const drawText = (source: string, { words, budget, isOpen }: Options, isCell = false): Node =>
  inline(source, { imageWords: words.message.image, budget, isOpen, isCell });

/** Always an `h3`, below the widget's `h2`: skipped levels would break the page's outline. */
const drawHeading = (level: number, content: Node): HTMLElement =>
  h("h3", { class: `heading h${level}` }, content);

function drawList(list: Extract<Block, { type: "list" }>, options: Options): HTMLElement {
  const last = list.items.length - 1;
  const items = list.items.map((blocks, i) => {
    const nodes = drawBlocks(blocks, { ...options, isOpen: options.isOpen && i === last });
    return h("li", {}, list.tight ? nodes.flatMap(withoutParagraph) : nodes);
  });
  if (!list.ordered) return h("ul", {}, items);
  return h("ol", { start: list.start === 1 ? null : list.start }, items);
}

const withoutParagraph = (node: HTMLElement): Node[] =>
  node.matches("p:not(.typed)") ? [...node.childNodes] : [node];

function drawTable(
  { align, head, rows }: Extract<Block, { type: "table" }>,
  options: Options,
): HTMLElement {
  const last = rows.at(-1) ?? head;
  const drawCell = (tag: "th" | "td", cells: string[], column: number) => {
    const alignment = align[column] && `align-${align[column]}`;
    const isOpen = options.isOpen && cells === last && column === cells.length - 1;
    const content = drawText(cells[column] ?? "", { ...options, isOpen }, true);
    return h(tag, { class: alignment, scope: tag === "th" && "col" }, content);
  };
  const drawRow = (tag: "th" | "td", cells: string[]) => {
    const drawn = cells.map((_, column) => drawCell(tag, cells, column));
    return h("tr", {}, drawn);
  };
  const drawnHead = drawRow("th", head);
  const drawnRows = rows.map((cells) => drawRow("td", cells));
  // A wide table scrolls within the message, by keyboard while the focus is inside that (steps.ts).
  return h(
    "div",
    { class: "table", tabindex: -1 },
    h("table", {}, h("thead", {}, drawnHead), rows.length > 0 && h("tbody", {}, drawnRows)),
  );
}
