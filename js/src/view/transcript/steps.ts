/**
 * The focus inside the transcript, which is one tab stop: the arrow keys, Home and End lead from message
 * to message, Enter into one, Esc back out, and from a message or the list to the composer.
 *
 * The contents of a message are in the tab order only while the focus is inside that message. They are
 * drawn outside of it. What is added to a message otherwise, by whichever part of the front end, leaves
 * the tab order by itself.
 */
import { setAttribute } from "../../dom.ts";
import { atEnd, on } from "../../lifetime.ts";

/** What takes the focus inside a message: what can be used, and what may scroll sideways. */
const INSIDE = "button, a[href], input, textarea, .code:not(:has(button)), .table, .display";
/** The items that the keys lead to. */
const ITEM = ".older:not([hidden]), .message";

/** Makes the log one tab stop, until `signal` aborts. `list` is the part of it that messages are in. */
export function asOneTabStop(log: HTMLElement, list: HTMLElement, signal: AbortSignal): void {
  const added = new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) arrange(node);
  });
  added.observe(list, { childList: true, subtree: true });
  atEnd(signal, () => added.disconnect());
  for (const type of ["focusin", "focusout"])
    on<FocusEvent>(log, type, ({ target, relatedTarget }) => {
      const focused = (type === "focusin" ? target : relatedTarget) as Element | null;
      const message = (target as Element).closest(".message");
      if (message) setTabbable(message, focused !== message && message.contains(focused));
    });
}

function arrange(node: Node): void {
  if (!(node instanceof HTMLElement)) return;
  const message = node.closest(".message");
  const { activeElement: focused } = node.getRootNode() as ShadowRoot;
  setTabbable(node, !!message?.contains(focused) && focused !== message);
}

function setTabbable(root: Element, isTabbable: boolean): void {
  const inside = root.querySelectorAll<HTMLElement>(INSIDE);
  for (const each of root.matches(INSIDE) ? [root as HTMLElement, ...inside] : inside)
    setAttribute(each, "tabindex", isTabbable ? 0 : -1);
}

export function step(log: HTMLElement, event: KeyboardEvent, leave: () => void): void {
  const target = event.target as HTMLElement;
  const item = target.closest<HTMLElement>(ITEM);
  const isInside = item !== null && target !== item;
  if (event.key === "Escape") {
    if (isInside) item.focus();
    else leave();
    return;
  }
  if (isInside || (item === null && target !== log)) return; // the key is the button's own
  const next = nextOf(log, item, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

/** Where the key leads; from the list itself to the newest message, but for Home. */
function nextOf(log: HTMLElement, item: HTMLElement | null, key: string): HTMLElement | undefined {
  const all = [...log.querySelectorAll<HTMLElement>(ITEM)];
  const at = item ? all.indexOf(item) : all.length;
  switch (key) {
    case "ArrowUp":
      return all[at - 1];
    case "ArrowDown":
      return item ? all[at + 1] : all.at(-1);
    case "Home":
      return all[0];
    case "End":
      return all.at(-1);
    case "Enter":
      return item ? firstInside(item) : all.at(-1);
    default:
      return undefined;
  }
}

const firstInside = (item: HTMLElement): HTMLElement | undefined =>
  [...item.querySelectorAll<HTMLElement>(INSIDE)].find((each) => !each.closest("[hidden]"));
