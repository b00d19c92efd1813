/** A button and the panel that it opens over the conversation; of several, one at a time is open. */
import { setAttribute, show } from "./dom.ts";

export class Panel {
  constructor(
    readonly button: HTMLButtonElement,
    readonly element: HTMLElement,
    /** Those that make way for each other; this one joins them. */
    private readonly rivals: Set<Panel>,
    private readonly opened: () => void,
  ) {
    rivals.add(this);
    element.classList.add("panel");
    setAttribute(button, "aria-controls", element.id);
    button.addEventListener("click", () => this.toggle(element.hidden !== false));
    element.addEventListener("keydown", ({ key }) => key === "Escape" && this.toggle(false));
    // What has the focus may not lie behind it.
    element.addEventListener("focusout", ({ relatedTarget: next }) => {
      if (next && next !== button && !element.contains(next as Node)) this.toggle(false);
    });
    this.toggle(false);
  }

  toggle(open: boolean): void {
    const { button, element } = this;
    if (open) for (const rival of this.rivals) rival.toggle(false);
    const inside = element.contains((element.getRootNode() as ShadowRoot).activeElement ?? null);
    show(element, open);
    setAttribute(button, "aria-expanded", String(open));
    if (open) this.opened();
    else if (inside) button.focus();
  }
}
