/**
 * Markdown's block structure, from text to blocks: CommonMark 0.31, and GFM's tables.
 *
 * Left out on purpose: HTML, which is shown as text; and link reference definitions, because
 * `[1, 2, 3][1]` in a lesson is Python, and because a later definition would change what is drawn
 * already. The depth of nesting is bounded, so that hostile text cannot exhaust the stack; and the
 * number of blocks is (see `Budget`), the lines behind the last of them being one block of plain text.
 */
import { afford, type Budget, fullBudget } from "./budget.ts";
import { type Align, cellAlign, startsTable, tableCells } from "./tables.ts";

export type Block = { line: number } & (
  | { type: "paragraph"; text: string }
  | { type: "heading"; level: number; text: string }
  | { type: "code"; info: string; text: string; closed: boolean }
  | { type: "quote"; blocks: Block[] }
  | { type: "list"; ordered: boolean; start: number; tight: boolean; items: Block[][] }
  | { type: "table"; align: Align[]; head: string[]; rows: string[][] }
  | { type: "rule" }
  | { type: "plain"; text: string }
);

const MAX_DEPTH = 16;
/** How much a block may parse again to find its lazy continuation lines: UTF-16 units, and lines. */
const MAX_REPARSED = 6_000;
const PER_LINE = 20;

// What a line begins, ends or continues (CommonMark 0.31, chapters 4 and 5).

const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*(.*)$/;
const HEADING = /^ {0,3}(#{1,6})(?![^ \t])(.*)/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const LIST_ITEM = /^( {0,3})([-+*]|\d{1,9}[.)])( +|$)/;
const SETEXT = /^ {0,3}(=+|-+)[ \t]*$/;
/** Displayed mathematics over several lines. */
const MATH_START = /^ {0,3}(?:\$\$|\\\[)[^$]*$/;
/** Within a paragraph, where text may begin so. */
const MATH_LINE = /^ {0,3}(?:\$\$|\\\[)\s*$/;
const MATH_END = /(?:\$\$|\\\])\s*$/;

/**
 * Counts down the blocks of `budget`. `isOpen`: more text will follow. Then a row at the end may be the
 * head of a table.
 */
export function parseBlocks(text: string, budget = fullBudget(), isOpen = false): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\0/g, "\ufffd").split("\n");
  return new Parser(lines.map(withoutLeadingTabs), 0, { budget, reparsed: 0 }, isOpen).parse();
}

const isBlank = (line: string | undefined): boolean => !line?.trim();

const indent = (line: string): number => line.length - line.trimStart().length;

/** `line` with its leading tabs as spaces, up to the next of every fourth column. */
function withoutLeadingTabs(line: string): string {
  const rest = line.replace(/^[ \t]+/, "");
  let column = 0;
  for (const char of line.slice(0, line.length - rest.length)) {
    column += char === "\t" ? 4 - (column % 4) : 1;
  }
  return " ".repeat(column) + rest;
}

/** Whether `line` begins fenced code. The info string of a backtick fence has no backticks. */
function isFence(line: string): boolean {
  const fence = FENCE.exec(line);
  if (!fence) return false;
  return fence[1]?.startsWith("~") || !fence[2]?.includes("`");
}

/** Whether `line` begins a block that may end a paragraph before it. */
function interruptsParagraph(line: string): boolean {
  if (HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || isFence(line)) return true;
  const item = LIST_ITEM.exec(line);
  if (!item) return false;
  const isEmpty = line.length === item[0].length;
  const number = Number.parseInt(item[2] ?? "", 10);
  return !isEmpty && (Number.isNaN(number) || number === 1);
}

interface ListMarker {
  /** `-`, `+`, `*`, or a number with `.` or `)`. */
  marker: string;
  /** The marker's last character: items of another kind begin another list. */
  kind: string | undefined;
  /** The column at which the content begins. */
  width: number;
  /** The content on the marker's own line. */
  rest: string;
}

/** The marker of a line that begins a list item. */
function listMarker(line: string): ListMarker {
  const [whole = "", before = "", marker = "", spaces = ""] = LIST_ITEM.exec(line) ?? [];
  const isEmpty = line.length === whole.length;
  // After five spaces or more the content is indented code, one space behind the marker.
  const padding = !isEmpty && spaces.length < 5 ? spaces.length : 1;
  const width = before.length + marker.length + padding;
  return { marker, kind: marker.at(-1), width, rest: line.slice(width) };
}

class Parser {
  /** The index of the current line. */
  #at = 0;
  readonly #lines: string[];
  readonly #depth: number;
  /** Shared by all blocks nested in each other. `reparsed` is the work of the outermost one. */
  readonly #cost: { budget: Budget; reparsed: number };
  readonly #isOpen: boolean;

  constructor(
    lines: string[],
    depth: number,
    cost: { budget: Budget; reparsed: number },
    isOpen: boolean,
  ) {
    this.#depth = depth;
    this.#cost = cost;
    this.#isOpen = isOpen;
    this.#lines = lines;
  }

  parse(): Block[] {
    const blocks: Block[] = [];
    while (this.#at < this.#lines.length) {
      if (!this.#depth) this.#cost.reparsed = 0;
      if (isBlank(this.#line)) this.#at++;
      else if (this.#affords()) blocks.push(this.#block());
      else blocks.push(this.#rest());
    }
    return blocks;
  }

  #affords(blocks = 1): boolean {
    return afford(this.#cost.budget, "blocks", blocks);
  }

  /** All that is left, as text. */
  #rest(): Block {
    const line = this.#at;
    this.#at = this.#lines.length;
    return { type: "plain", line, text: this.#lines.slice(line).join("\n") };
  }

  #parseNested(lines: string[]): Block[] {
    const isOpen = this.#isOpen && this.#at >= this.#lines.length;
    return new Parser(lines, this.#depth + 1, this.#cost, isOpen).parse();
  }

  get #startsTable(): boolean {
    return startsTable(this.#line, this.#lines[this.#at + 1], this.#isOpen);
  }

  get #line(): string {
    return this.#lines[this.#at] ?? "";
  }

  #block(): Block {
    const line = this.#line;
    if (indent(line) >= 4) return this.#indentedCode();
    if (isFence(line)) return this.#fencedCode();
    if (MATH_START.test(line) && !MATH_END.test(line.trim().slice(2))) return this.#math();
    if (HEADING.test(line)) return this.#heading();
    if (RULE.test(line)) return { type: "rule", line: this.#at++ };
    if (this.#depth < MAX_DEPTH) {
      if (QUOTE.test(line)) return this.#quote();
      if (LIST_ITEM.test(line)) return this.#list();
    }
    return this.#startsTable ? this.#table() : this.#paragraph();
  }

  #indentedCode(): Block {
    const start = this.#at;
    while (this.#at < this.#lines.length && (isBlank(this.#line) || indent(this.#line) >= 4))
      this.#at++;
    const text = this.#lines.slice(start, this.#at).map((line) => line.slice(4));
    while (isBlank(text.at(-1))) text.pop();
    return { type: "code", line: start, info: "", text: `${text.join("\n")}\n`, closed: true };
  }

  #fencedCode(): Block {
    const start = this.#at++;
    const first = this.#lines[start] ?? "";
    const [, fence = "", info = ""] = FENCE.exec(first) ?? [];
    const closing = new RegExp(`^ {0,3}\\${fence[0]}{${fence.length},}[ \\t]*$`);
    const outdent = new RegExp(`^ {0,${indent(first)}}`);
    const text: string[] = [];
    let closed = false;
    while (this.#at < this.#lines.length && !closed) {
      const line = this.#lines[this.#at++] ?? "";
      closed = closing.test(line);
      if (!closed) text.push(line.replace(outdent, ""));
    }
    const body = text.length ? `${text.join("\n")}\n` : "";
    return { type: "code", line: start, info: info.trim(), text: body, closed };
  }

  /**
   * Displayed mathematics is one paragraph: a `-` at the start of its lines begins no list. A fence is
   * none of its lines: code binds tighter.
   */
  #math(): Block {
    const line = this.#at;
    return { type: "paragraph", line, text: this.#mathLines(isFence).join("\n").trimEnd() };
  }

  /** Takes the lines of displayed mathematics, also without an end, but no line that `isBehind` it. */
  #mathLines(isBehind: (line: string) => boolean): string[] {
    const start = this.#at++;
    let ended = false;
    while (this.#at < this.#lines.length && !ended && !isBehind(this.#line)) {
      ended = MATH_END.test(this.#lines[this.#at++] ?? "");
    }
    return this.#lines.slice(start, this.#at);
  }

  #heading(): Block {
    const [, marks = "#", text = ""] = HEADING.exec(this.#line) ?? [];
    const shown = text.trim().replace(/(?:^|[ \t])#+$/, "");
    return { type: "heading", line: this.#at++, level: marks.length, text: shown.trim() };
  }

  #quote(): Block {
    const start = this.#at;
    const inner: string[] = [];
    let lazy = false;
    while (this.#at < this.#lines.length) {
      const line = this.#line;
      if (QUOTE.test(line)) {
        inner.push(withoutLeadingTabs(line.replace(QUOTE, "")));
        lazy = false;
      } else {
        lazy = this.#continuesLazily(line, inner, lazy);
        if (!lazy) break;
        inner.push(line);
      }
      this.#at++;
    }
    return { type: "quote", line: start, blocks: this.#parseNested(inner) };
  }

  /** Whether a line without its container's prefix continues a paragraph in it (CommonMark 0.31, 5.1). */
  #continuesLazily(line: string, inner: string[], already: boolean): boolean {
    if (isBlank(line) || interruptsParagraph(line) || LIST_ITEM.test(line)) return false;
    return already || this.#endsInParagraph(inner);
  }

  /** Whether the last block of `lines`, at any depth, is a paragraph that one more line continues. */
  #endsInParagraph(lines: string[]): boolean {
    if (isBlank(lines.at(-1))) return false;
    // Each lazy line parses its container again, and so do lazy lines nested in it: bounded.
    for (const { length } of lines) this.#cost.reparsed += length + PER_LINE;
    if (this.#cost.reparsed > MAX_REPARSED) return false;
    const { budget } = this.#cost;
    this.#cost.budget = { ...budget }; // nothing of this is drawn
    let last = this.#parseNested(lines).at(-1);
    this.#cost.budget = budget;
    while (last?.type === "quote" || last?.type === "list") {
      last = (last.type === "quote" ? last.blocks : last.items.at(-1))?.at(-1);
    }
    return last?.type === "paragraph";
  }

  #list(): Block {
    const start = this.#at;
    const kind = listMarker(this.#line);
    const number = Number.parseInt(kind.marker, 10);
    const items: Block[][] = [];
    let loose = false;
    let gap = false;
    while (this.#at < this.#lines.length) {
      const line = this.#line;
      if (indent(line) >= 4 || RULE.test(line) || !LIST_ITEM.test(line)) break;
      if (listMarker(line).kind !== kind.kind || !this.#affords()) break;
      loose ||= gap;
      const inner = this.#item();
      const blocks = this.#parseNested(inner);
      loose ||= blocks.some((block, i) => i > 0 && isBlank(inner[block.line - 1]));
      items.push(blocks);
      gap = false;
      while (this.#at < this.#lines.length && isBlank(this.#line)) {
        gap = true;
        this.#at++;
      }
    }
    const ordered = !Number.isNaN(number);
    return {
      type: "list",
      line: start,
      ordered,
      start: ordered ? number : 1,
      tight: !loose,
      items,
    };
  }

  /** The lines of one item without their indentation; its trailing blank lines stay with the list. */
  #item(): string[] {
    const { width, rest } = listMarker(this.#line);
    const inner = [rest];
    let lazy = false;
    this.#at++;
    if (!rest && isBlank(this.#lines[this.#at])) return inner;
    while (this.#at < this.#lines.length) {
      const line = this.#line;
      if (isBlank(line) || indent(line) >= width) {
        inner.push(line.slice(width));
        lazy = false;
      } else {
        lazy = this.#continuesLazily(line, inner, lazy);
        if (!lazy) break;
        inner.push(line.trimStart());
      }
      this.#at++;
    }
    while (inner.length > 1 && isBlank(inner.at(-1))) {
      inner.pop();
      this.#at--;
    }
    return inner;
  }

  #table(): Block {
    const start = this.#at;
    const head = tableCells(this.#line);
    const align = tableCells(this.#lines[start + 1] ?? "").map(cellAlign);
    const rows: string[][] = [];
    this.#at += 2;
    while (
      this.#at < this.#lines.length &&
      !isBlank(this.#line) &&
      !interruptsParagraph(this.#line) &&
      this.#affords(head.length)
    ) {
      // A short row is not filled up: otherwise a short text would make a huge table.
      rows.push(tableCells(this.#lines[this.#at++] ?? "").slice(0, head.length));
    }
    return { type: "table", line: start, align, head, rows };
  }

  #paragraph(): Block {
    const start = this.#at;
    const text = [this.#lines[this.#at++]?.trimStart() ?? ""];
    while (this.#at < this.#lines.length && !isBlank(this.#line)) {
      if (MATH_LINE.test(this.#line)) {
        for (const line of this.#mathLines((each) => isBlank(each) || isFence(each)))
          text.push(line);
        continue;
      }
      const level = SETEXT.exec(this.#line)?.[1]?.startsWith("=") ? 1 : 2;
      if (SETEXT.test(this.#line)) {
        this.#at++;
        return { type: "heading", line: start, level, text: text.join("\n").trim() };
      }
      if (interruptsParagraph(this.#line) || this.#startsTable) break;
      text.push(this.#line.trimStart());
      this.#at++;
    }
    return { type: "paragraph", line: start, text: text.join("\n").trimEnd() };
  }
}
