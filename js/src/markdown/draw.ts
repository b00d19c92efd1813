/** Markdown as DOM nodes. */
import { h } from "../dom.ts";
import type { Words } from "../words.ts";
import { type Block, parseBlocks } from "./blocks.ts";
import { drawCode } from "./code.ts";
import { inline } from "./inline.ts";

/** `isOpen`: more text will follow, and it is drawn as if what it opened were closed. */
export function drawBlock(block: Block, words: Words, isOpen = false): HTMLElement {
  const text = (source: string, open = isOpen) => inline(source, words.message.image, open);
  switch (block.type) {
    case "paragraph":
      return h("p", {}, text(block.text));
    case "heading":
      return drawHeading(block.level, text(block.text));
    case "code":
      return drawCode(block.text, block.closed ? block.info : null, words);
    case "quote":
      return h("blockquote", {}, ...drawBlocks(block.blocks, words, isOpen));
    case "list":
      return drawList(block, words, isOpen);
    case "table":
      return drawTable(block, text, isOpen);
    case "rule":
      return h("hr");
    default:
      return block satisfies never;
  }
}

export function drawMarkdown(text: string, words: Words): HTMLElement[] {
  return drawBlocks(parseBlocks(text), words, false);
}

/** `isOpen`: the last of them is. */
export function drawBlocks(blocks: Block[], words: Words, isOpen: boolean): HTMLElement[] {
  return blocks.map((block, i) => drawBlock(block, words, isOpen && i === blocks.length - 1));
}

/** Always an `h3`, below the widget's `h2`: skipped levels would break the page's outline. */
function drawHeading(level: number, content: Node): HTMLElement {
  return h("h3", { class: `heading h${level}` }, content);
}

function drawList(
  list: Extract<Block, { type: "list" }>,
  words: Words,
  isOpen: boolean,
): HTMLElement {
  const items = list.items.map((blocks, i) => {
    const nodes = drawBlocks(blocks, words, isOpen && i === list.items.length - 1);
    return h("li", {}, ...(list.tight ? nodes.flatMap(withoutParagraph) : nodes));
  });
  if (!list.ordered) return h("ul", {}, ...items);
  return h("ol", { start: list.start === 1 ? null : list.start }, ...items);
}

const withoutParagraph = (node: HTMLElement): Node[] =>
  node.tagName === "P" ? [...node.childNodes] : [node];

function drawTable(
  { align, head, rows }: Extract<Block, { type: "table" }>,
  text: (source: string, open: boolean) => Node,
  isOpen: boolean,
): HTMLElement {
  const last = rows.at(-1) ?? head;
  const drawCell = (tag: "th" | "td", cells: string[], column: number) => {
    const alignment = align[column] && `align-${align[column]}`;
    const open = isOpen && cells === last && column === cells.length - 1;
    const content = text(cells[column] ?? "", open);
    return h(tag, { class: alignment, scope: tag === "th" && "col" }, content);
  };
  const row = (tag: "th" | "td", cells: string[]) =>
    h("tr", {}, ...cells.map((_, column) => drawCell(tag, cells, column)));
  const body = rows.length ? h("tbody", {}, ...rows.map((cells) => row("td", cells))) : null;
  // A wide table scrolls within the message; with `tabindex` also by keyboard.
  return h(
    "div",
    { class: "table", tabindex: 0 },
    h("table", {}, h("thead", {}, row("th", head)), body),
  );
}
