/** Blocks as DOM nodes. */
import { button, h, setText } from "../dom.ts";
import type { Words } from "../words.ts";
import { type Block, parseBlocks } from "./blocks.ts";
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

/**
 * What the learner typed, as typed: only code between backticks is told apart. Pasted code without a fence must
 * keep its indentation and its asterisks.
 */
export function drawTyped(text: string, words: Words): HTMLElement[] {
  const parts = text.split(
    /^(?: {0,3}(`{3,})([^`\n]*)\n([\s\S]*?)(?:\n {0,3}\1`*[ \t]*$|$(?![\s\S])))/m,
  );
  const nodes: HTMLElement[] = [];
  for (let i = 0; i < parts.length; i += 4) {
    const said = parts[i]?.replace(/^\n|\n$/g, "");
    if (said) nodes.push(h("p", { class: "typed" }, ...drawTicks(said)));
    const code = parts[i + 3];
    if (code !== undefined) nodes.push(drawCode(`${code}\n`, parts[i + 2]?.trim() ?? "", words));
  }
  return nodes;
}

function drawTicks(text: string): (Node | string)[] {
  return text.split(/`([^`\n]+)`/).map((part, i) => (i % 2 ? h("code", {}, part) : part));
}

/** One rank, below the widget's title: ranks that a message skips would tear the page's outline. */
function drawHeading(level: number, content: Node): HTMLElement {
  return h("h3", { class: `heading h${level}` }, content);
}

/** `info` is null while the fence is open: then there is no colour yet, and nothing to copy. */
export function drawCode(text: string, info: string | null, words: Words): HTMLElement {
  const python = /^(?:i?python3?|py|pycon)\b/i.test(info ?? "");
  const code = h("code", { "data-part": python && "python" }, text);
  const language = /^[\w+#-]+/.exec(info ?? "")?.[0];
  const bar = h("div", { class: "code-bar" }, language, info !== null && copyButton(text, words));
  // What scrolls sideways must hold something that takes the focus: the button, once it is there.
  return h("div", { class: "code", tabindex: info === null && 0 }, bar, h("pre", {}, code));
}

function copyButton(text: string, words: Words): HTMLElement {
  const { copy, copied, copyFailed } = words.message;
  const say = (label: string) => setText(made, label);
  const onclick = async () => {
    try {
      await navigator.clipboard.writeText(text.replace(/\n$/, ""));
      say(copied);
    } catch {
      // No permission, or a page without TLS: select it, so that one key does it.
      const code = made.closest(".code")?.querySelector("code");
      if (code) getSelection()?.selectAllChildren(code);
      say(copyFailed);
    }
    setTimeout(() => say(copy), 2_000);
  };
  const made = button({ class: "copy", onclick }, copy);
  return made;
}

function drawList(list: Extract<Block, { type: "list" }>, words: Words): HTMLElement {
  const items = list.items.map((blocks) => {
    const nodes = blocks.map((block) => drawBlock(block, words));
    const tight = list.tight
      ? nodes.flatMap((n) => (n.tagName === "P" ? [...n.childNodes] : [n]))
      : nodes;
    return h("li", {}, ...tight);
  });
  if (!list.ordered) return h("ul", {}, ...items);
  return h("ol", { start: list.start === 1 ? null : list.start }, ...items);
}

function drawTable(
  { align, head, rows }: Extract<Block, { type: "table" }>,
  text: (source: string) => Node,
): HTMLElement {
  const row = (tag: "th" | "td", cells: string[]) =>
    h(
      "tr",
      {},
      ...cells.map((cell, i) =>
        h(
          tag,
          { class: align[i] && `align-${align[i]}`, scope: tag === "th" && "col" },
          text(cell),
        ),
      ),
    );
  const body = rows.length ? h("tbody", {}, ...rows.map((cells) => row("td", cells))) : null;
  // Wide tables scroll within the message, by keyboard too.
  return h(
    "div",
    { class: "table", tabindex: 0 },
    h("table", {}, h("thead", {}, row("th", head)), body),
  );
}
