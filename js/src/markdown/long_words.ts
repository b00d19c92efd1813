/**
 * Places where a long word may break. A browser that finds none in a text, as in Thai without its
 * dictionary, takes a time that grows with the square of its length.
 */
import { appendAll, h } from "../dom.ts";

/** In code points. */
const PART = /\S{1,1000}/gu;
const LONG = 1_000;

/** Lets words of more than a thousand characters break, but for those in blocks of code. */
export function breakLongWords(root: HTMLElement): void {
  for (const text of longTexts(root)) {
    const parts = partsOf(text.data);
    const broken = document.createDocumentFragment();
    for (const part of parts) appendAll(broken, [part, h("wbr")]);
    broken.lastChild?.remove();
    if (parts.length > 1) text.replaceWith(broken);
  }
}

function longTexts(root: HTMLElement): Text[] {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (texts.nextNode()) {
    const text = texts.currentNode as Text;
    if (text.length > LONG && !text.parentElement?.closest("pre")) found.push(text);
  }
  return found;
}

/** The text in pieces: each but the last ends within a long word. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (const { 0: part, index } of text.matchAll(PART)) {
    const end = index + part.length;
    if (/^\s?$/.test(text.charAt(end))) continue;
    parts.push(text.slice(at, end));
    at = end;
  }
  return [...parts, text.slice(at)];
}
