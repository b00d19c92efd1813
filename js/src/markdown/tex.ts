/** Mathematics in a text, as TeX between its delimiters. */
import { matchAt } from "../strings.ts";

export interface Formula {
  tex: string;
  /** The delimiter before it. */
  start: string;
  /** The index behind it. */
  end: number;
}

/** Displayed between `$$` or `\[ \]`; in the line between `\( \)`, or `$` unless that is something else. */
const START = /\$\$(?!\$)|\\\[(?!\\\W)|\\\((?!\\\W)|\$(?![\s$]|\.[a-z])/iy;
const ENDS: Record<string, string> = { $$: "$$", "\\[": "\\]", "\\(": "\\)" };
const MAX_TEX = 4_000;
/** Up to the next `$` that is not escaped. */
const IN_DOLLARS = /(?:\\.|[^\\$]){1,4000}/sy;
/**
 * Behind a formula. Before a digit a `$` is money; before a letter or a brace it is another variable of
 * a shell, a template or R, but for the ordinals of English: `$n$th`.
 */
const BEHIND = /(?:th|st|nd|rd)\b|(?![\w{])/y;

/** How long a formula may be open; between single `$`, which are more often something else. */
const MAX_OPEN = 4_000;
const MAX_OPEN_DOLLAR = 100;
/** Markup, and no TeX: the `$` before it is that of `$HOME`. */
const MARKUP = /[$`]|\*\*|~~|\]\(|\\\*|&#?\w+;/;

/** The formulas of one text. Where the next delimiter is, is found once, which keeps the search linear. */
export class Formulas {
  readonly #ends = new Map<string, number>();

  constructor(private readonly text: string) {}

  /** The formula at index `at`, or null. */
  at(at: number): Formula | null {
    const start = this.#start(at);
    if (!start) return null;
    const from = at + start.length;
    const tex = start === "$" ? this.#inDollars(from) : this.#until(ENDS[start] ?? "", from);
    if (!tex) return null;
    return { tex, start, end: from + tex.length + start.length };
  }

  /** The formula at index `at` that the text ends within, or null. */
  open(at: number): Formula | null {
    const { text } = this;
    const start = this.#start(at);
    if (!start || text.length - at > (start === "$" ? MAX_OPEN_DOLLAR : MAX_OPEN)) return null;
    const tex = text.slice(at + start.length);
    if (start === "$" && (/^[\d{]/.test(tex) || MARKUP.test(tex))) return null;
    return { tex, start, end: text.length };
  }

  /** The delimiter at index `at`, or "". Directly behind a word, as in `df$age`, a `$` is none. */
  #start(at: number): string {
    const [start] = matchAt(START, this.text, at) ?? [""];
    return start === "$" && /\w/.test(this.text.charAt(at - 1)) ? "" : start;
  }

  #inDollars(from: number): string | null {
    const tex = matchAt(IN_DOLLARS, this.text, from)?.[0] ?? "";
    const end = from + tex.length;
    if (!tex || /\s$/.test(tex.slice(-1)) || this.text[end] !== "$") return null;
    if (!matchAt(BEHIND, this.text, end + 1)) return null;
    // Two calls of a shell or of jQuery: `$(a)/$(b)`.
    return tex[0] === "(" && this.text[end + 1] === "(" ? null : tex;
  }

  #until(delimiter: string, from: number): string | null {
    let end = this.#ends.get(delimiter) ?? -1;
    if (end < from) end = this.text.indexOf(delimiter, from);
    if (end < 0) end = Number.POSITIVE_INFINITY;
    this.#ends.set(delimiter, end);
    return end - from > MAX_TEX ? null : this.text.slice(from, end);
  }
}

/** Whether a formula is on lines of its own. */
export const isDisplayed = (start: string): boolean => start === "$$" || start === "\\[";
