/** Markdown as it is read aloud: lines of plain text with a pause after each. */
import { h } from "../dom.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";
import { drawMarkdown } from "./draw.ts";

/** Code of more lines is announced by their number. */
const SHORT_CODE = 3;

// Marks within the drawn text. Markdown replaces U+0000, so no text contains it.
const LINE = "\0|";
const CODE_END = "\0`";

const LINES = "p, h3, li, tr, hr, br, .code";
/** A sentence may end within quotes and brackets. What code ends in is only its last character. */
const ENDED = /(?:[\p{STerm}…][\p{Pe}\p{Pf}\p{QMark}\s]{0,9}|[\p{Term}…](?:\0`)?)$/u;
/** Where the next line continues the sentence, the text before it is no label. */
const LINE_BREAK = /^\n(?!\p{Ll})/u;

/** `text` as one line. Code of up to `shortCode` lines is spoken as code. */
export function spokenText(text: string, words: Words, shortCode = SHORT_CODE): string {
  const root = h("div", {}, ...drawMarkdown(text, words));
  for (const block of root.querySelectorAll(".code"))
    block.replaceChildren(spokenCode(block, words, shortCode));
  for (const code of root.querySelectorAll("code")) code.append(CODE_END);
  for (const lineBreak of root.querySelectorAll("tr br")) lineBreak.replaceWith(" ");
  for (const row of root.querySelectorAll("tr"))
    row.replaceChildren(joined(texts(row.children), words.spoken.comma));
  for (const list of root.querySelectorAll("ol")) number(list);
  for (const label of root.querySelectorAll("strong")) if (isLabel(label)) label.after(LINE);
  for (const line of root.querySelectorAll(LINES)) {
    line.before(LINE);
    line.after(LINE);
  }
  const lines = (root.textContent ?? "").split(LINE);
  return joined(lines, words.spoken.stop).replaceAll(CODE_END, "");
}

/** The texts that are not empty, with `mark` between two unless the first has a mark of its own. */
export function joined(texts: string[], mark: string): string {
  const shown = texts.map((text) => text.replace(/\s+/g, " ").trim()).filter(Boolean);
  const last = shown.length - 1;
  return shown.map((text, i) => (i === last || ENDED.test(text) ? text : text + mark)).join(" ");
}

const texts = (nodes: Iterable<Node>): string[] => [...nodes].map((node) => node.textContent ?? "");

/** A list's numbers are drawn by the browser, and are no text. */
function number(list: Element): void {
  const start = Number(list.getAttribute("start") ?? 1);
  for (const [i, item] of [...list.children].entries()) item.prepend(`${start + i}. `);
}

function spokenCode(block: Element, words: Words, shortCode: number): string {
  const lines = (block.querySelector("code")?.textContent ?? "").trimEnd().split("\n");
  if (lines.length > shortCode) return fill(words.spoken.code, { n: lines.length });
  const shown = lines.filter((line) => line.trim());
  const spoken = shown.map((line, i) => {
    const code = line.trim() + CODE_END;
    return leavesBlock(shown, i) ? fill(words.spoken.unindented, { code }) : code;
  });
  return joined(spoken, ";");
}

/** Whether a line is the first behind an indented block. Spoken, it would sound as part of it. */
function leavesBlock(lines: string[], i: number): boolean {
  const indent = (line = "") => line.search(/\S/);
  const outer = indent(lines[0]);
  return i > 0 && indent(lines[i - 1]) > outer && indent(lines[i]) <= outer;
}

/** Whether the bold text is the first line of its paragraph, and all of it. */
const isLabel = ({ previousSibling, nextSibling }: Element): boolean =>
  !previousSibling && LINE_BREAK.test(nextSibling?.nodeValue ?? "");
