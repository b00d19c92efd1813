/** Character references: all numeric ones, and of the 2,231 named ones those that people write. */

const NAMES =
  "amp& lt< gt> quot\" apos' nbsp\u00a0 copy© deg° times× middot· euro€ hellip… ndash– mdash— " +
  "larr← rarr→ le≤ ge≥ ne≠";
const NAMED = new Map(NAMES.split(" ").map((entry) => [entry.slice(0, -1), entry.slice(-1)]));

/** The character that `source`, from `&` to `;`, stands for; `source` itself if it is unknown. */
export function decodeEntity(source: string): string {
  const name = source.slice(1, -1);
  if (!name.startsWith("#")) return NAMED.get(name) ?? source;
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return valid ? String.fromCodePoint(code) : "\ufffd";
}
