/** Emphasis and strikethrough: CommonMark 0.31's delimiter runs (section 6.2), with GFM's `~~`. */
import { h } from "../dom.ts";

/** A run of `*`, `_` or `~` that may open or close emphasis. */
export interface Delimiter {
  /** The part of the run that is still text. */
  node: Text;
  char: string;
  /** How many characters may still be paired. */
  count: number;
  /** The length in the source: the rule of three counts this, not what is left. */
  length: number;
  opens: boolean;
  closes: boolean;
  /** It is rather a product or a power, as in `x*y` and `2**3`, than the beginning of emphasis. */
  isFactor: boolean;
}

/** Emphasis nests no deeper: DOM nodes without a bound on nesting exhaust a browser's stack. */
const MAX_OPEN = 16;
const MAX_RUN = 12;
const SPACE = /^[\s\p{Z}]?$/u;
/** The signs around a product's `*`, and a power's. Of Chinese, written without spaces, emphasis may
 * begin between two letters. */
const FACTOR = /^[\p{Script=Latin}\p{N})\]](?:\*[\p{Script=Latin}\p{N}]|\*\*\p{N})$/u;
const PUNCTUATION = /^[\p{P}\p{S}]$/u;

/** The delimiter that the run `node` is, between two characters ("" at the text's ends), or null. */
export function delimiterOf(node: Text, before: string, after: string): Delimiter | null {
  const { length } = node.data;
  const char = node.data.charAt(0);
  if (char === "~" && length !== 2) return null;
  const left = flanks(after, before);
  const right = flanks(before, after);
  // Within a word, `_` is a letter: `snake_case_name`.
  const wordChar = char === "_";
  const opens = left && (!wordChar || !right || PUNCTUATION.test(before));
  const closes = right && (!wordChar || !left || PUNCTUATION.test(after));
  if (!opens && !closes) return null;
  const isFactor = FACTOR.test(`${before}${node.data.slice(0, 3)}${after}`);
  return { node, char, count: Math.min(length, MAX_RUN), length, opens, closes, isFactor };
}

/**
 * Whether a run flanks the text on the side of `near`: that is no space, and no punctuation with a
 * letter at the run's other side, `far`.
 */
function flanks(near: string, far: string): boolean {
  if (SPACE.test(near)) return false;
  return !PUNCTUATION.test(near) || SPACE.test(far) || PUNCTUATION.test(far);
}

/**
 * CommonMark's "process emphasis": pairs each closer with the nearest opener that fits. `isOpen`: the
 * closers of the others are still to come, and they are paired with the end, but for those of products.
 */
export function emphasize(delimiters: Delimiter[], isOpen = false): void {
  const openers: { opener: Delimiter; index: number }[] = [];
  // Below these indices no opener fits a closer of the kind: without them hostile text costs
  // quadratic time.
  const bottoms = new Map<string, number>();
  delimiters.forEach((closer, closerIndex) => {
    while (closer.closes && closer.count > 0) {
      const kind = `${closer.char}${closer.opens}${closer.length % 3}`;
      const bottom = bottoms.get(kind) ?? 0;
      const at = openers.findLastIndex(
        ({ opener, index }) => index < bottom || pairs(opener, closer),
      );
      const found = openers[at];
      if (!found || found.index < bottom) {
        bottoms.set(kind, closerIndex);
        break;
      }
      wrap(found.opener, closer);
      openers.length = found.opener.count > 0 ? at + 1 : at;
    }
    if (closer.opens && closer.count > 0 && openers.length < MAX_OPEN) {
      openers.push({ opener: closer, index: closerIndex });
    }
  });
  if (!isOpen) return;
  for (const { opener } of openers.reverse())
    while (opener.count > 0 && !opener.isFactor) wrap(opener, null);
}

function pairs(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.char !== closer.char) return false;
  // The rule of three (CommonMark 0.31, section 6.2, rules 9 and 10).
  const eitherBoth = opener.closes || closer.opens;
  const sumOfThrees = (opener.length + closer.length) % 3 === 0;
  const bothOfThrees = opener.length % 3 === 0 && closer.length % 3 === 0;
  return !eitherBoth || !sumOfThrees || bothOfThrees;
}

/** Moves the nodes up to the closer into an element, and takes its characters from both. */
function wrap(opener: Delimiter, closer: Delimiter | null): void {
  const size = opener.count >= 2 && (closer ?? opener).count >= 2 ? 2 : 1;
  const element = h(opener.char === "~" ? "del" : size === 2 ? "strong" : "em");
  const end = closer?.node ?? null;
  while (opener.node.nextSibling && opener.node.nextSibling !== end) {
    element.append(opener.node.nextSibling);
  }
  opener.node.after(element);
  for (const delimiter of closer ? [opener, closer] : [opener]) {
    delimiter.count -= size;
    delimiter.node.data = delimiter.node.data.slice(size);
  }
}
