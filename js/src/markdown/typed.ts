/** What the learner typed, as DOM nodes. */
import { h } from "../dom.ts";
import type { Words } from "../words.ts";
import { drawCode } from "./code.ts";
import { collapsed, isLongCode } from "./long.ts";

const FENCED_CODE = /^(?: {0,3}(`{3,})([^`\n]*)\n([\s\S]*?)(?:\n {0,3}\1`*[ \t]*$|$(?![\s\S])))/m;

/**
 * The learner's message as typed. Code between backticks is drawn as code, and so is a long text that
 * looks like code: what is pasted must keep its indentation and its asterisks.
 */
export function drawTyped(text: string, words: Words): HTMLElement[] {
  // The pattern's groups follow each text: the fence, its info string, and the code.
  const pieces = text.split(FENCED_CODE);
  const nodes: HTMLElement[] = [];
  const add = (drawn: HTMLElement, text: string) => nodes.push(collapsed(drawn, text, words));
  for (let i = 0; i < pieces.length; i += 4) {
    const [prose = "", , info = "", code] = pieces.slice(i, i + 4);
    const lines = prose.replace(/^\n|\n$/g, "");
    if (isLongCode(lines)) add(drawCode(`${lines}\n`, "", words), lines);
    else if (lines) add(h("p", { class: "typed" }, ...drawInlineCode(lines)), lines);
    if (code !== undefined) add(drawCode(`${code}\n`, info.trim(), words), code);
  }
  return nodes;
}

/** Text with the code between backticks drawn as code. */
export function drawInlineCode(text: string): (Node | string)[] {
  return text.split(/`([^`\n]+)`/).map((part, i) => (i % 2 ? h("code", {}, part) : part));
}
