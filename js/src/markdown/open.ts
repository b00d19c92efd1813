/**
 * Text that ends within markup, because the rest of it is still to come. Its last block is drawn as if
 * it ended here and closed what it opened. What may become markup at the very end is left out: what it
 * is, only the next characters show.
 */
import { matchAt } from "../strings.ts";

/** A line that may become anything: a list, a fence, a rule, a heading, a row of a table. */
const MARKER_LINE = /^[-+*_=#`~|:> \t]*(?:\d{1,9}[.)]?[ \t]*)?$/;
/** A longer line is text, however it began. */
const MAX_MARKER_LINE = 1_000;
const MARKUP = new Set("\\`*_~[]!<&$");
const ENTITY_START = /^&#?\w*$/;
const MAX_ENTITY = 33;

/** `text` of blocks without a last line that has only markers, and without the last line's end. */
export function withoutOpenLine(text: string): string {
  const start = text.lastIndexOf("\n") + 1;
  const line = text.slice(start);
  // A number on the first line is an answer; below other text it may begin an item.
  const isText = line.length > MAX_MARKER_LINE || (start === 0 && /^\d+$/.test(line));
  const rest = !isText && MARKER_LINE.test(line) ? text.slice(0, start) : text;
  return rest.endsWith("\n") ? rest.slice(0, -1) : rest;
}

/** `text` of one block without the markup that it ends in. */
export function withoutOpenMarkup(text: string): string {
  let end = text.length;
  while (MARKUP.has(text[end - 1] ?? "")) end--;
  const entity = text.lastIndexOf("&", end);
  const isOpen = end - entity <= MAX_ENTITY && ENTITY_START.test(text.slice(entity, end));
  return text.slice(0, entity >= 0 && isOpen ? entity : end);
}

/** The first item of a Python list, with its comma. */
const LIST_START = /\[\s*(?:[-+]?[\d.]+|"[^"\n]*"|'[^'\n]*')\s*,/y;

/** Whether the `[` at index `at` of `text` is Python's, of a list or an index, and opens no link. */
export const isPythons = (text: string, at: number): boolean =>
  /[\w)\]]/.test(text.charAt(at - 1)) || !!matchAt(LIST_START, text, at);
