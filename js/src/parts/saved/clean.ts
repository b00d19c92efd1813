/** A conversation as HTML: the elements that it may have. */
import { h } from "../../dom.ts";

const NONE: Record<string, RegExp> = {};
/** The elements that stay, each with the attributes that stay and the values that these may have. */
const KEPT: Record<string, Record<string, RegExp>> = {
  a: { href: /^(?:https?:|mailto:)/i },
  article: { class: /^(?:learner|tutor|notice)$/ },
  div: { dir: /^auto$/ },
  ol: { start: /^\d{1,9}$/ },
  th: { scope: /^col$/ },
  time: { datetime: /^[\dT:.Z-]{1,30}$/ },
};
for (const tag of "blockquote br code del em h3 hr li p pre small strong table tbody td thead tr ul".split(
  " ",
))
  KEPT[tag] = NONE;
/** Elements of one conversation. What is behind them is left out. */
const MAX_ELEMENTS = 20_000;

/**
 * A copy of `source` with nothing in it but text and the elements above. The text of other elements
 * stays, without them. A notebook is a file from anywhere: what it has stored is not trusted.
 */
export function clean(source: Node): DocumentFragment {
  let left = MAX_ELEMENTS;
  const copy = (from: Node, to: Node): void => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) to.appendChild(new Text(node.nodeValue ?? ""));
      if (node.nodeType !== Node.ELEMENT_NODE || left-- <= 0) continue;
      const element = kept(node as Element);
      copy(node, element ? to.appendChild(element) : to);
    }
  };
  const all = document.createDocumentFragment();
  copy(source, all);
  return all;
}

/** The element without its children, or null for one that does not stay. */
function kept(element: Element): HTMLElement | null {
  const tag = element.localName;
  if (!Object.hasOwn(KEPT, tag)) return null;
  const copy = h(tag as keyof HTMLElementTagNameMap);
  for (const [name, allowed] of Object.entries(KEPT[tag] ?? NONE)) {
    const value = element.getAttribute(name);
    if (value !== null && allowed.test(value)) copy.setAttribute(name, value);
  }
  if (tag === "a") copy.setAttribute("rel", "noopener noreferrer");
  return copy;
}
