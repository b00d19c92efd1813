/** Creates and updates DOM nodes. Text becomes text nodes: nothing here parses HTML. */

export type Child = Node | string | null | undefined | false | readonly Child[];

type Listener = (event: never) => void;
type Properties = Record<string, string | number | boolean | null | undefined | Listener>;

/**
 * Creates an element. Functions under `on…` names become listeners, `true` an empty attribute;
 * `false`, `null` and `undefined` are left out.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function")
      element.addEventListener(name.slice(2), value as EventListener);
    else setAttribute(element, name, value);
  }
  appendAll(element, children);
  return element;
}

/** Appends one by one: arguments of a call, which a list may become, are limited in number. */
export function appendAll(parent: ParentNode, children: Iterable<Child>): void {
  for (const child of children) {
    if (typeof child === "string" || child instanceof Node) parent.append(child);
    else if (child) appendAll(parent, child);
  }
}

/** Makes `children` the content of `parent`. */
export function fillWith(parent: ParentNode, children: Iterable<Child>): void {
  const all = [...children];
  parent.replaceChildren();
  appendAll(parent, all);
}

/** Creates a button that does not submit a form. */
export const button = (properties: Properties, ...children: Child[]): HTMLButtonElement =>
  h("button", { type: "button", ...properties }, ...children);

/** Creates a `div` of these classes. */
export const div = (classes: string, ...children: Child[]): HTMLDivElement =>
  h("div", { class: classes }, ...children);

export function setAttribute(
  element: Element,
  name: string,
  value: string | number | boolean | null | undefined,
): void {
  const text = value === true ? "" : String(value);
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Sets the text only if it differs: setting it removes selections and triggers observers. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Shows or hides the element. The style sheet makes `hidden` win over other display values. */
export function show(element: HTMLElement, visible: boolean): void {
  if (element.hidden === visible) element.hidden = !visible;
}

/**
 * Makes `nodes` the children of `parent` with few moves: a node that is not moved keeps its focus,
 * selection and scroll position.
 */
export function arrangeChildren(parent: Element, nodes: readonly Node[]): void {
  const kept = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!kept.has(child)) child.remove();
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}

export function nodesAfter(node: Node): Node[] {
  const nodes: Node[] = [];
  for (let next = node.nextSibling; next; next = next.nextSibling) nodes.push(next);
  return nodes;
}

/** Three dots: a button that opens a menu. */
export const DOTS = "M2 7h2v2H2ZM7 7h2v2H7Zm5 0h2v2h-2Z";

/** Creates an icon of 16 × 16 px in the text's colour, hidden from screen readers. */
export function icon(path: string): SVGSVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  setAttribute(svg, "viewBox", "0 0 16 16");
  setAttribute(svg, "aria-hidden", "true");
  const shape = document.createElementNS(space, "path");
  setAttribute(shape, "d", path);
  svg.append(shape);
  return svg;
}
