/** The lines of a table (GFM, section 4.10). */

export type Align = "left" | "center" | "right" | null;

/** A browser's layout costs columns times rows: more columns could freeze the page. */
const MAX_COLUMNS = 100;
const DELIMITER = /^:?-+:?$/;

/**
 * Whether `head` and the line below it begin a table. Where text is still to come below, `isOpen`, a
 * line that begins as a row does.
 */
export function startsTable(head: string, below: string | undefined, isOpen: boolean): boolean {
  if (!head.includes("|")) return false;
  if (below === undefined && isOpen && head.trimStart().startsWith("|"))
    return tableCells(head).length <= MAX_COLUMNS;
  const delimiters = tableCells(below ?? "");
  if (delimiters.length > MAX_COLUMNS) return false;
  if (tableCells(head).length !== delimiters.length) return false;
  return delimiters.every((cell) => DELIMITER.test(cell));
}

/** The trimmed cells of a row; `\|` is a `|` within a cell. */
export function tableCells(row: string): string[] {
  const inner = row
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).map((cell) => cell.replaceAll("\\|", "|").trim());
}

/** The alignment that a cell of the delimiter row gives to its column. */
export function cellAlign(delimiter: string): Align {
  const left = delimiter.startsWith(":");
  const right = delimiter.endsWith(":");
  if (left && right) return "center";
  if (left) return "left";
  return right ? "right" : null;
}
