/** Parts of strings, in UTF-16 units. */

/** The first `length` units of `text`, without half a character at the end. */
export const beginning = (text: string, length: number): string =>
  text.slice(0, length).replace(/[\ud800-\udbff]$/, "");

/** The same, with a mark where something is left out. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${beginning(text, length)}…`;

/** What `pattern` matches at index `at` of `text` if it is sticky, and from there on if it is global. */
export function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
