/**
 * Live regions (WCAG 2.2 SC 4.1.3): what a screen reader speaks by itself, once per model, for any
 * number of views.
 *
 * Screen readers speak a live region only if it was on the page, empty, before it is filled. The
 * regions are children of the body, because a notebook removes cells that scroll out of view.
 */
import { h } from "../dom.ts";
import { atEnd } from "../lifetime.ts";

const VISUALLY_HIDDEN =
  "position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";

export type Channel = "reply" | "status" | "alert";

export class LiveRegions {
  readonly #regions: Record<Channel, HTMLElement> = {
    reply: h("div", { "aria-live": "polite", "data-tutor-live-region": "reply" }),
    status: h("div", { role: "status", "data-tutor-live-region": "status" }),
    alert: h("div", { role: "alert", "data-tutor-live-region": "alert" }),
  };
  readonly #element = h("div", { class: "tutor-widget-live-regions", style: VISUALLY_HIDDEN });
  #views = 0;

  constructor() {
    this.#element.append(...Object.values(this.#regions));
  }

  /** Keeps the regions on the page until `signal` aborts, at the end of a view. */
  addView(signal: AbortSignal): void {
    if (!this.hasViews) document.body.append(this.#element);
    this.#views++;
    atEnd(signal, () => {
      this.#views--;
      if (!this.hasViews) this.#element.remove();
    });
  }

  get hasViews(): boolean {
    return this.#views > 0;
  }

  /** Empties the regions: what was read aloud is deleted. */
  clear(): void {
    for (const region of Object.values(this.#regions)) region.replaceChildren();
  }

  announce(channel: Channel, text: string): void {
    // A new node each time: otherwise the same text twice is announced once.
    if (this.hasViews && text) this.#regions[channel].replaceChildren(h("p", {}, text));
  }
}
