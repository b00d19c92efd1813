/** What the learner typed, as DOM nodes. */
import { h } from "../dom.ts";
import type { Words } from "../words.ts";
import { drawCode } from "./code.ts";

const FENCED_CODE = /^(?: {0,3}(`{3,})([^`\n]*)\n([\s\S]*?)(?:\n {0,3}\1`*[ \t]*$|$(?![\s\S])))/m;

/**
 * The learner's message as typed. Only code between backticks is drawn as code: pasted code without
 * a fence must keep its indentation and its asterisks.
 */
export function drawTyped(text: string, words: Words): HTMLElement[] {
  // The pattern's groups follow each text: the fence, its info string, and the code.
  const pieces = text.split(FENCED_CODE);
  const nodes: HTMLElement[] = [];
  for (let i = 0; i < pieces.length; i += 4) {
    const [prose = "", , info = "", code] = pieces.slice(i, i + 4);
    const lines = prose.replace(/^\n|\n$/g, "");
    if (lines) nodes.push(h("p", { class: "typed" }, ...drawInlineCode(lines)));
    if (code !== undefined) nodes.push(drawCode(`${code}\n`, info.trim(), words));
  }
  return nodes;
}

/** Text with the code between backticks drawn as code. */
export function drawInlineCode(text: string): (Node | string)[] {
  return text.split(/`([^`\n]+)`/).map((part, i) => (i % 2 ? h("code", {}, part) : part));
}
