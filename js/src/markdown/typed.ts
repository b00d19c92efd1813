/** What the learner typed, as DOM nodes. */
import { type Child, h } from "../dom.ts";
import type { Words } from "../words.ts";
import { afford, type Budget, fullBudget } from "./budget.ts";
import { drawCode, visible } from "./code.ts";
import { drawnOrPlain } from "./draw.ts";
import { collapsed, isLongCode } from "./long.ts";

const FENCED_CODE = /^(?: {0,3}(`{3,})([^`\n]*)\n([\s\S]*?)(?:\n {0,3}\1`*[ \t]*$|$(?![\s\S])))/gm;

/**
 * The learner's message as typed. Code between backticks is drawn as code, and so is a long text that
 * looks like code: what is pasted must keep its indentation and its asterisks.
 */
export const drawTyped = (text: string, words: Words): HTMLElement[] =>
  drawnOrPlain(text, () => drawPieces(text, words));

function drawPieces(text: string, words: Words): HTMLElement[] {
  const budget = fullBudget();
  const nodes: HTMLElement[] = [];
  const add = (drawn: HTMLElement, text: string) => nodes.push(collapsed(drawn, text, words));
  const addProse = (text: string) => {
    const lines = text.replace(/^\n|\n$/g, "");
    if (isLongCode(lines)) add(drawCode(`${lines}\n`, "", words, budget), lines);
    else if (lines) add(drawProse(lines, budget), lines);
  };
  let at = 0;
  for (const { 0: whole, 2: info = "", 3: code = "", index } of text.matchAll(FENCED_CODE)) {
    if (!afford(budget, "blocks")) break;
    addProse(text.slice(at, index));
    add(drawCode(`${code}\n`, info.trim(), words, budget), code);
    at = index + whole.length;
  }
  addProse(text.slice(at));
  return nodes;
}

const drawProse = (lines: string, budget: Budget): HTMLElement =>
  h("p", { class: "typed", dir: "auto" }, drawInlineCode(lines, budget));

/** Text with the code between backticks drawn as code. */
export function drawInlineCode(text: string, budget: Budget = fullBudget()): Child[] {
  return text.split(/(`[^`\n]+`)/).map((part, i) => {
    const isCode = i % 2 === 1 && afford(budget, "marks");
    return isCode ? h("code", {}, visible(part.slice(1, -1))) : part;
  });
}
