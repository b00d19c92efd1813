/** Long texts of a learner, which are mostly pasted: collapsed, and as code where they are code. */
import { button, div, setAttribute, setText } from "../dom.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";

/** A text of more lines is long. */
const LONG = 12;

/** Lines that prose rarely has. Each is matched in time linear in its length. */
const CODE_LINES = [
  /^(?: {2,}|\t)\S/, // indented
  /[;{}()[\]\\]$/,
  /^(?:>>>|\.{3} |[#@%!]|Traceback |import \w|from [\w.]+ import )/,
  /^(?:async|class|def|if|elif|else|for|while|with|try|except|finally)\b.*:$/,
  /^(?:return|raise|pass|break|yield|assert)\b/,
  /^[\w.[\]'"]+ ?[-+*/%|&]?= ?[^=\s]/, // an assignment
];

const isLong = (text: string): boolean => linesOf(text).length > LONG;

/** A long text, most lines of which look like code. */
export function isLongCode(text: string): boolean {
  const lines = linesOf(text).filter((line) => line.trim());
  return isLong(text) && lines.filter(looksLikeCode).length * 2 > lines.length;
}

/** `drawn` with a button that shows all of it, if `text` is long. */
export function collapsed(drawn: HTMLElement, text: string, { message }: Words): HTMLElement {
  if (!isLong(text)) return drawn;
  const whole = fill(message.whole, { n: linesOf(text).length });
  const toggle = () => {
    const isWhole = element.classList.toggle("whole");
    setText(opener, isWhole ? message.less : whole);
    setAttribute(opener, "aria-expanded", String(isWhole));
    opener.scrollIntoView({ block: "nearest" });
  };
  const opener = button({ class: "action", "aria-expanded": "false", onclick: toggle }, whole);
  const element = div("long", drawn, opener);
  return element;
}

const looksLikeCode = (line: string): boolean => CODE_LINES.some((form) => form.test(line));

const linesOf = (text: string): string[] => text.replace(/(?<!\n)\n+$/, "").split("\n");
