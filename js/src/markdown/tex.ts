/** Mathematics in a text, as TeX between its delimiters. */

export interface Formula {
  tex: string;
  /** On lines of its own. */
  isDisplayed: boolean;
  /** The index behind it. */
  end: number;
}

/** Displayed between `$$` or `\[ \]`; in the line between `\( \)`, or `$` unless that is money. */
const FORMULA =
  /\$\$(?<dollars>.{1,4000}?)\$\$|\\\[(?!\\\W)(?<brackets>.{1,4000}?)\\\]|\$(?!\s)(?<dollar>(?:\\.|[^\\$]){1,4000}?)(?<!\s)\$(?!\d)|\\\((?!\\\W)(?<parentheses>.{1,4000}?)\\\)/sy;
/** A `$` before a number is money. */
const START = /\$\$|\\\[(?!\\\W)|\\\((?!\\\W)|\$(?![\s\d])/y;
/** How long a formula may be open; between single `$`, which are more often something else. */
const MAX_OPEN = 4_000;
const MAX_OPEN_DOLLAR = 100;
/** Markup, and no TeX: the `$` before it is that of `$HOME`. */
const MARKUP = /[$`]|\*\*|~~|\]\(|\\\*|&#?\w+;/;

/** The formula at index `at` of `text`, or null. */
export function formula(text: string, at: number): Formula | null {
  FORMULA.lastIndex = at;
  const found = FORMULA.exec(text);
  if (!found) return null;
  const { dollars, brackets, dollar, parentheses } = found.groups ?? {};
  const displayed = dollars ?? brackets;
  const tex = displayed ?? dollar ?? parentheses ?? "";
  return { tex, isDisplayed: !!displayed, end: at + found[0].length };
}

/** The formula at index `at` that `text` ends within, or null. */
export function openFormula(text: string, at: number): Formula | null {
  START.lastIndex = at;
  const start = START.exec(text)?.[0];
  if (!start || text.length - at > (start === "$" ? MAX_OPEN_DOLLAR : MAX_OPEN)) return null;
  const tex = text.slice(at + start.length);
  if (start === "$" && MARKUP.test(tex)) return null;
  return { tex, isDisplayed: start === "$$" || start === "\\[", end: text.length };
}
