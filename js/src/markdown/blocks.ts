/**
 * Markdown's block structure: lines in, blocks out, after CommonMark 0.31 and GFM tables.
 *
 * Left out on purpose: HTML (shown as the text it is) and link reference definitions, because
 * `[1, 2, 3][1]` in a lesson is Python, and because a definition further down would change what is
 * drawn already. Nesting ends at a depth no lesson reaches, so hostile text cannot exhaust the stack.
 */

export type Align = "left" | "center" | "right" | null;

export type Block = { line: number } & (
  | { type: "paragraph"; text: string }
  | { type: "heading"; level: number; text: string }
  | { type: "code"; info: string; text: string; closed: boolean }
  | { type: "quote"; blocks: Block[] }
  | { type: "list"; ordered: boolean; start: number; tight: boolean; items: Block[][] }
  | { type: "table"; align: Align[]; head: string[]; rows: string[][] }
  | { type: "rule" }
);

const MAX_DEPTH = 16;
/** Lines that a block may read again for its lazy ones. */
const MAX_AGAIN = 1_000;
const MOST_COLUMNS = 100;
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*(.*)$/;
const HEADING = /^ {0,3}(#{1,6})(?![^ \t])(.*)/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-+*]|\d{1,9}[.)])( +|$)/;
const SETEXT = /^ {0,3}(=+|-+)[ \t]*$/;
/** Displayed mathematics over several lines begins, ends. */
const MATH = /^ {0,3}(?:\$\$|\\\[)[^$]*$/;
const MATH_END = /(?:\$\$|\\\])\s*$/;
const DELIMITER = /^:?-+:?$/;

export function parseBlocks(text: string): Block[] {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\0/g, "\ufffd").split("\n");
  return new Parser(lines.map(withoutLeadingTabs), 0, { again: 0 }).parse();
}

const blank = (line: string | undefined): boolean => !line?.trim();
const indent = (line: string): number => line.length - line.trimStart().length;

function withoutLeadingTabs(line: string): string {
  const rest = line.replace(/^[ \t]+/, "");
  let column = 0;
  for (const char of line.slice(0, line.length - rest.length)) {
    column += char === "\t" ? 4 - (column % 4) : 1;
  }
  return " ".repeat(column) + rest;
}

/** Whether `line` begins a block that may end a paragraph before it. */
function interrupts(line: string): boolean {
  if (HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || isFence(line)) return true;
  const item = ITEM.exec(line);
  if (!item) return false;
  const filled = line.length > item[0].length;
  return filled && (!/\d/.test(item[2] ?? "") || Number.parseInt(item[2] ?? "", 10) === 1);
}

const isFence = (line: string): boolean => {
  const fence = FENCE.exec(line);
  return fence !== null && !(fence[1]?.[0] === "`" && fence[2]?.includes("`"));
};

class Parser {
  #at = 0;

  constructor(
    private readonly lines: string[],
    private readonly depth: number,
    /** What the outermost block has cost, shared by all within it. */
    private readonly cost: { again: number },
  ) {}

  parse(): Block[] {
    const blocks: Block[] = [];
    while (this.#at < this.lines.length) {
      if (!this.depth) this.cost.again = 0;
      if (blank(this.#line)) this.#at++;
      else blocks.push(this.#block());
    }
    return blocks;
  }

  #within(lines: string[]): Block[] {
    return new Parser(lines, this.depth + 1, this.cost).parse();
  }

  get #line(): string {
    return this.lines[this.#at] ?? "";
  }

  #block(): Block {
    const line = this.#line;
    if (indent(line) >= 4) return this.#indentedCode();
    if (isFence(line)) return this.#fencedCode();
    if (MATH.test(line) && !MATH_END.test(line.trim().slice(2))) return this.#math();
    if (HEADING.test(line)) return this.#heading();
    if (RULE.test(line)) return { type: "rule", line: this.#at++ };
    if (this.depth < MAX_DEPTH) {
      if (QUOTE.test(line)) return this.#quote();
      if (ITEM.test(line)) return this.#list();
    }
    return this.#startsTable(this.#at) ? this.#table() : this.#paragraph();
  }

  #indentedCode(): Block {
    const start = this.#at;
    while (this.#at < this.lines.length && (blank(this.#line) || indent(this.#line) >= 4))
      this.#at++;
    const text = this.lines.slice(start, this.#at).map((line) => line.slice(4));
    while (blank(text.at(-1))) text.pop();
    return { type: "code", line: start, info: "", text: `${text.join("\n")}\n`, closed: true };
  }

  #fencedCode(): Block {
    const start = this.#at++;
    const first = this.lines[start] ?? "";
    const [, fence = "", info = ""] = FENCE.exec(first) ?? [];
    const closing = new RegExp(`^ {0,3}\\${fence[0]}{${fence.length},}[ \\t]*$`);
    const outdent = new RegExp(`^ {0,${indent(first)}}`);
    const text: string[] = [];
    let closed = false;
    while (this.#at < this.lines.length && !closed) {
      const line = this.lines[this.#at++] ?? "";
      closed = closing.test(line);
      if (!closed) text.push(line.replace(outdent, ""));
    }
    const body = text.length ? `${text.join("\n")}\n` : "";
    return { type: "code", line: start, info: info.trim(), text: body, closed };
  }

  /** A sign at the beginning of its lines is no list's. */
  #math(): Block {
    const start = this.#at++;
    while (this.#at < this.lines.length && !MATH_END.test(this.lines[this.#at++] ?? ""));
    const text = this.lines.slice(start, this.#at).join("\n");
    return { type: "paragraph", line: start, text };
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
    while (this.#at < this.lines.length) {
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
    return { type: "quote", line: start, blocks: this.#within(inner) };
  }

  /** A line without its container's prefix still belongs to it if it goes on with a paragraph. */
  #continuesLazily(line: string, inner: string[], already: boolean): boolean {
    if (blank(line) || interrupts(line) || ITEM.test(line)) return false;
    return already || this.#endsInParagraph(inner);
  }

  /** The text of the last block, at any depth, is a paragraph that one more line could continue. */
  #endsInParagraph(lines: string[]): boolean {
    if (blank(lines.at(-1))) return false;
    // Each lazy line asks this anew, and so does each one within what is read for the answer.
    this.cost.again += lines.length;
    if (this.cost.again > MAX_AGAIN) return false;
    let last = this.#within(lines).at(-1);
    while (last?.type === "quote" || last?.type === "list") {
      last = (last.type === "quote" ? last.blocks : last.items.at(-1))?.at(-1);
    }
    return last?.type === "paragraph";
  }

  #list(): Block {
    const start = this.#at;
    const kind = markerOf(this.#line);
    const number = Number.parseInt(kind.marker, 10);
    const items: Block[][] = [];
    let loose = false;
    let gap = false;
    while (this.#at < this.lines.length) {
      const line = this.#line;
      if (indent(line) >= 4 || RULE.test(line) || !ITEM.test(line)) break;
      if (markerOf(line).kind !== kind.kind) break;
      loose ||= gap;
      const inner = this.#item();
      const blocks = this.#within(inner);
      loose ||= blocks.some((block, i) => i > 0 && blank(inner[block.line - 1]));
      items.push(blocks);
      gap = false;
      while (this.#at < this.lines.length && blank(this.#line)) {
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

  /** The lines of one item, without their indentation; trailing blank lines are left to the list. */
  #item(): string[] {
    const { width, rest } = markerOf(this.#line);
    const inner = [rest];
    let lazy = false;
    this.#at++;
    if (!rest && blank(this.lines[this.#at])) return inner;
    while (this.#at < this.lines.length) {
      const line = this.#line;
      if (blank(line) || indent(line) >= width) {
        inner.push(line.slice(width));
        lazy = false;
      } else {
        lazy = this.#continuesLazily(line, inner, lazy);
        if (!lazy) break;
        inner.push(line.trimStart());
      }
      this.#at++;
    }
    while (inner.length > 1 && blank(inner.at(-1))) {
      inner.pop();
      this.#at--;
    }
    return inner;
  }

  #startsTable(at: number): boolean {
    const head = this.lines[at] ?? "";
    if (!head.includes("|")) return false;
    const row = cells(this.lines[at + 1] ?? "");
    // A browser lays out columns times rows: more than anyone reads could end the page.
    if (row.length > MOST_COLUMNS || cells(head).length !== row.length) return false;
    return row.every((cell) => DELIMITER.test(cell));
  }

  #table(): Block {
    const start = this.#at;
    const head = cells(this.#line);
    const align = cells(this.lines[start + 1] ?? "").map(alignment);
    const rows: string[][] = [];
    this.#at += 2;
    while (this.#at < this.lines.length && !blank(this.#line) && !interrupts(this.#line)) {
      // A short row is not filled up: a little text would make a huge table.
      rows.push(cells(this.lines[this.#at++] ?? "").slice(0, head.length));
    }
    return { type: "table", line: start, align, head, rows };
  }

  #paragraph(): Block {
    const start = this.#at;
    const text = [this.lines[this.#at++]?.trimStart() ?? ""];
    while (this.#at < this.lines.length && !blank(this.#line)) {
      const level = SETEXT.exec(this.#line)?.[1]?.startsWith("=") ? 1 : 2;
      if (SETEXT.test(this.#line)) {
        this.#at++;
        return { type: "heading", line: start, level, text: text.join("\n").trim() };
      }
      if (interrupts(this.#line) || this.#startsTable(this.#at)) break;
      text.push(this.#line.trimStart());
      this.#at++;
    }
    return { type: "paragraph", line: start, text: text.join("\n").trimEnd() };
  }
}

/** An item's marker, the kind of list it makes, where its content begins, and that content. */
function markerOf(line: string) {
  const [whole = "", before = "", marker = "", spaces = ""] = ITEM.exec(line) ?? [];
  const filled = line.length > whole.length;
  // Five spaces or more are one, and indented code; none at all (an empty item) counts as one.
  const padding = filled && spaces.length < 5 ? spaces.length : 1;
  const width = before.length + marker.length + padding;
  return { marker, kind: marker.at(-1), width, rest: line.slice(width) };
}

function cells(row: string): string[] {
  const inner = row
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll("\\|", "|").trim());
}

function alignment(cell: string): Align {
  const left = cell.startsWith(":");
  const right = cell.endsWith(":");
  if (left && right) return "center";
  return left ? "left" : right ? "right" : null;
}
