/** A button and the panel that it opens over the conversation. Of a group, one panel is open at a time. */
import { setAttribute, show } from "../dom.ts";
import { on } from "../lifetime.ts";

export class Panel {
  readonly #opened: () => void;
  /** Opening one panel of the group closes the others. This panel adds itself. */
  readonly #group: Set<Panel>;

  constructor(
    readonly button: HTMLButtonElement,
    readonly element: HTMLElement,
    group: Set<Panel>,
    opened: () => void,
  ) {
    this.#group = group;
    this.#opened = opened;
    group.add(this);
    element.classList.add("panel");
    setAttribute(button, "aria-controls", element.id);
    on(button, "click", () => this.toggle(element.hidden !== false));
    for (const each of [button, element])
      on<KeyboardEvent>(each, "keydown", ({ key }) => key === "Escape" && this.toggle(false));
    // The focused element must not be behind the panel (WCAG 2.2 SC 2.4.11).
    on<FocusEvent>(element, "focusout", ({ relatedTarget: next }) => {
      if (next && next !== button && !element.contains(next as Node)) this.toggle(false);
    });
    this.toggle(false);
  }

  toggle(open: boolean): void {
    const { button, element } = this;
    if (open) for (const other of this.#group) other.toggle(false);
    const inside = element.contains((element.getRootNode() as ShadowRoot).activeElement ?? null);
    show(element, open);
    setAttribute(button, "aria-expanded", String(open));
    if (open) this.#opened();
    else if (inside) button.focus();
  }
}
