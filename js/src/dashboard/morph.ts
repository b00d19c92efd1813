/**
 * Makes a part of the page equal to a newer one, and touches nothing that is equal already: the focus,
 * a selection, an open detail and what somebody has typed stay.
 */
export function morph(now: Element, next: Element): void {
  if (isHidden(now) && now.form && holdsWords(now.form)) return;
  copyAttributes(now, next);
  if (now instanceof HTMLTextAreaElement || now instanceof HTMLInputElement) {
    takeValue(now, next as typeof now);
    return;
  }
  morphChildren(now, next);
}

function morphChildren(now: Element, next: Element): void {
  const byId = new Map([...now.children].map((one) => [idOf(one), one]));
  let at: ChildNode | null = now.firstChild;
  for (const wanted of [...next.childNodes]) {
    const id = wanted instanceof Element ? idOf(wanted) : null;
    const known = id ? byId.get(id) : undefined;
    if (known?.nodeName === wanted.nodeName) {
      at = bring(now, known, at);
      morph(known, wanted as Element);
      byId.delete(id);
    } else if (at && isLike(at, wanted)) {
      const next_ = at.nextSibling;
      if (at instanceof Element) morph(at, wanted as Element);
      else if (at.nodeValue !== wanted.nodeValue) at.nodeValue = wanted.nodeValue;
      at = next_;
    } else {
      now.insertBefore(wanted.cloneNode(true), at);
    }
  }
  while (at) {
    const after: ChildNode | null = at.nextSibling;
    remove(at);
    at = after;
  }
}

/**
 * Bring a child before `at`, and return what comes behind it. An element that is moved loses the focus:
 * where that is inside, the others are moved instead.
 */
function bring(parent: Element, child: Element, at: ChildNode | null): ChildNode | null {
  if (child === at) return child.nextSibling;
  if (!child.contains(document.activeElement)) {
    parent.insertBefore(child, at);
    return at;
  }
  for (let other = at; other && other !== child; ) {
    const after: ChildNode | null = other.nextSibling;
    parent.append(other);
    other = after;
  }
  return child.nextSibling;
}

/** Whether the one can become the other. What has an id is only ever itself. */
function isLike(now: ChildNode, next: Node): boolean {
  if (now.nodeName !== next.nodeName) return false;
  return !(now instanceof Element && (idOf(now) || idOf(next as Element)));
}

/** Not its property: in a form, that is the field of this name. */
const idOf = (element: Element) => element.getAttribute("id");

/** What is gone goes, unless somebody has typed into it: then it stays, and says so. */
function remove(node: ChildNode): void {
  if (!(node instanceof Element) || !holdsWords(node)) {
    node.remove();
    return;
  }
  if (node.classList.contains("gone")) return;
  node.classList.add("gone");
  const note = document.createElement("p");
  note.className = "note bad";
  note.setAttribute("role", "alert");
  note.textContent = document.body.dataset.gone ?? "";
  node.prepend(note);
  for (const button of node.querySelectorAll("button")) button.disabled = true;
}

/** Whether a field of it holds what nobody has sent yet. */
export function holdsWords(root: Element): boolean {
  const fields = root.querySelectorAll<HTMLTextAreaElement>("textarea:not([readonly])");
  return [...fields].some((field) => isTyped(field));
}

/**
 * While somebody's words are in a form, the id with which they are sent stays: sent once more under
 * another id they would be another message.
 */
const isHidden = (node: Element): node is HTMLInputElement =>
  node instanceof HTMLInputElement && node.type === "hidden";

const isTyped = (field: HTMLTextAreaElement | HTMLInputElement) =>
  field.value !== field.defaultValue || field === document.activeElement;

function takeValue<T extends HTMLTextAreaElement | HTMLInputElement>(now: T, next: T): void {
  const keeps = isTyped(now) && !isHidden(now);
  const value = now.value;
  if (now.defaultValue !== next.defaultValue) now.defaultValue = next.defaultValue;
  if (keeps) now.value = value;
}

function copyAttributes(now: Element, next: Element): void {
  for (const { name, value } of next.attributes)
    if (now.getAttribute(name) !== value) now.setAttribute(name, value);
  // Whether a detail is open is the reader's choice.
  for (const { name } of [...now.attributes])
    if (!next.hasAttribute(name) && !(name === "open" && now.nodeName === "DETAILS"))
      now.removeAttribute(name);
}
