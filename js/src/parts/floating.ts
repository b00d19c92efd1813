/** One view of the chat more, over the page at its lower right corner. */
import { h } from "../dom.ts";
import { atEnd, lifetime } from "../lifetime.ts";

/** What a view knows of the floating one. A chat has one at most, and all its views share this. */
export interface Floating {
  /** Ends the floating view; null: there is none. */
  end: (() => void) | null;
}

/** Where a view is, and how another one like it is made. */
export interface Origin {
  /** The element in the notebook that shows the view. */
  place: HTMLElement;
  /** The lifetime of the view there: the floating one ends with it. */
  whole: AbortSignal;
  floating: Floating;
  /** The host's widget manager. */
  manager: unknown;
  /** Draws one view more in `el`. */
  show(el: HTMLElement, signal: AbortSignal): void;
}

/** Below the menus and dialogs of the page. */
const STYLE =
  "position:fixed;inset:auto 16px 16px auto;z-index:1000;width:min(27rem,100vw - 32px);" +
  "max-height:calc(100vh - 32px);overflow:auto;border-radius:8px;background:var(--background);" +
  "box-shadow:0 4px 16px rgb(0 0 0 / 25%)";

/** Opens the floating view, or ends it. */
export function toggleFloating(origin: Origin): void {
  if (origin.floating.end) origin.floating.end();
  else float(origin);
}

function float({ place, whole, floating, show }: Origin): void {
  const { signal, end } = lifetime(whole);
  const el = h("div", { "data-floating": true });
  el.style.cssText = STYLE;
  document.body.append(el);
  floating.end = end;
  show(el, signal);
  focusComposer(el);
  atEnd(signal, () => {
    floating.end = null;
    el.remove();
    focusComposer(place);
  });
}

const focusComposer = (el: HTMLElement): void =>
  el.shadowRoot?.querySelector("textarea")?.focus({ preventScroll: true });
