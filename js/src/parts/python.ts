/** Syntax colours for Python: one pass of one pattern. Text that matches nothing stays plain. */
import { fillWith, h } from "../dom.ts";

export { default as style } from "./python.css";

const KEYWORDS =
  "and|as|assert|async|await|break|case|class|continue|def|del|elif|else|except|finally|for|from|" +
  "global|if|import|in|is|lambda|match|nonlocal|not|or|pass|raise|return|try|while|with|yield";
const BUILTINS =
  "abs|all|any|bool|dict|enumerate|float|input|int|isinstance|len|list|map|max|min|open|print|" +
  "range|repr|reversed|round|set|sorted|str|sum|super|tuple|type|zip|self|[A-Z]\\w*Error|Exception";

const TOKEN = new RegExp(
  [
    "(?<comment>#.*)",
    "(?<string>\\b[rbfuRBFU]{0,2}(?:'''[\\s\\S]*?(?:'''|$)|\"\"\"[\\s\\S]*?(?:\"\"\"|$)" +
      "|'(?:\\\\.|[^'\\\\\\n])*'?|\"(?:\\\\.|[^\"\\\\\\n])*\"?))",
    "(?<number>\\b(?:0[xob][\\da-f_]+|\\d[\\d_]*(?:\\.[\\d_]*)?(?:e[+-]?\\d+)?j?)\\b)",
    "(?<decorator>^[ \\t]*@[\\w.]+)",
    "(?<constant>\\b(?:True|False|None)\\b)",
    `(?<keyword>\\b(?:${KEYWORDS})\\b)`,
    `(?<builtin>(?<!\\.)\\b(?:${BUILTINS})\\b)`,
    "(?<name>\\b\\w+)",
  ]
    .join("|")
    // A prefix begins at a word boundary; a bare quote needs none.
    .replace("\\b[rbfuRBFU]{0,2}(", "(?:\\b[rbfuRBFU]{1,2})?("),
  "gim",
);

/** Colours the code that is the text of `element`. */
export default function draw(element: HTMLElement): void {
  fillWith(element, highlightPython(element.textContent ?? ""));
}

/** A name is coloured behind these only. */
const DEFINES = /^(?:def|class)$/;

/** `code` as nodes: a span with a class for each token, and text nodes between. */
export function highlightPython(code: string): Node[] {
  const nodes: Node[] = [];
  let at = 0;
  let before = "";
  for (const match of code.matchAll(TOKEN)) {
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    const isDefined = DEFINES.test(before);
    before = match[0];
    if (!before || (kind === "name" && !isDefined)) continue;
    nodes.push(document.createTextNode(code.slice(at, match.index)));
    nodes.push(h("span", { class: `py-${kind}` }, before));
    at = match.index + before.length;
  }
  nodes.push(document.createTextNode(code.slice(at)));
  return nodes;
}
