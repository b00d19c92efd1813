/** Character references: all numeric ones, and of the 2,231 named ones those that people write. */

/** A reference at `lastIndex`. Bounded, so that a search from each `&` is linear. */
export const ENTITY = /&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});/y;

const NAMES =
  "amp& lt< gt> quot\" apos' nbsp\u00a0 copy© deg° times× middot· euro€ hellip… ndash– mdash— " +
  "larr← rarr→ le≤ ge≥ ne≠";
const NAMED = new Map(NAMES.split(" ").map((entry) => [entry.slice(0, -1), entry.slice(-1)]));

/** The character for the reference `source`, from `&` to `;`; an unknown one is returned as it is. */
export function decodeEntity(source: string): string {
  const name = source.slice(1, -1);
  if (!name.startsWith("#")) return NAMED.get(name) ?? source;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return valid ? String.fromCodePoint(code) : "\ufffd";
}
