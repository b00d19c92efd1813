/** Markdown as DOM nodes. */
import { h } from "../dom.ts";
import type { Words } from "../words.ts";
import { type Block, parseBlocks } from "./blocks.ts";
import { drawCode } from "./code.ts";
import { inline } from "./inline.ts";

export function drawBlock(block: Block, words: Words): HTMLElement {
  const text = (source: string) => inline(source, words.message.image);
  switch (block.type) {
    case "paragraph":
      return h("p", {}, text(block.text));
    case "heading":
      return drawHeading(block.level, text(block.text));
    case "code":
      return drawCode(block.text, block.closed ? block.info : null, words);
    case "quote":
      return h("blockquote", {}, ...block.blocks.map((inner) => drawBlock(inner, words)));
    case "list":
      return drawList(block, words);
    case "table":
      return drawTable(block, text);
    case "rule":
      return h("hr");
    default:
      return block satisfies never;
  }
}

export function drawMarkdown(text: string, words: Words): HTMLElement[] {
  return parseBlocks(text).map((block) => drawBlock(block, words));
}

/** Always an `h3`, below the widget's `h2`: skipped levels would break the page's outline. */
function drawHeading(level: number, content: Node): HTMLElement {
  return h("h3", { class: `heading h${level}` }, content);
}

function drawList(list: Extract<Block, { type: "list" }>, words: Words): HTMLElement {
  const items = list.items.map((blocks) => {
    const nodes = blocks.map((block) => drawBlock(block, words));
    return h("li", {}, ...(list.tight ? nodes.flatMap(withoutParagraph) : nodes));
  });
  if (!list.ordered) return h("ul", {}, ...items);
  return h("ol", { start: list.start === 1 ? null : list.start }, ...items);
}

const withoutParagraph = (node: HTMLElement): Node[] =>
  node.tagName === "P" ? [...node.childNodes] : [node];

function drawTable(
  { align, head, rows }: Extract<Block, { type: "table" }>,
  text: (source: string) => Node,
): HTMLElement {
  const drawCell = (tag: "th" | "td", source: string, column: number) => {
    const alignment = align[column] && `align-${align[column]}`;
    return h(tag, { class: alignment, scope: tag === "th" && "col" }, text(source));
  };
  const row = (tag: "th" | "td", cells: string[]) =>
    h("tr", {}, ...cells.map((source, column) => drawCell(tag, source, column)));
  const body = rows.length ? h("tbody", {}, ...rows.map((cells) => row("td", cells))) : null;
  // A wide table scrolls within the message; with `tabindex` also by keyboard.
  return h(
    "div",
    { class: "table", tabindex: 0 },
    h("table", {}, h("thead", {}, row("th", head)), body),
  );
}
