/**
 * What a screen reader speaks by itself, once per model, however many views there are.
 *
 * Live regions are heard only if they were on the page, empty, before they are filled; they stand
 * in the page itself, since a notebook takes cells that scroll out of sight off the page.
 */
import { h } from "../dom.ts";
import { atEnd } from "../lifetime.ts";

const OUT_OF_SIGHT =
  "position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap";

export type Channel = "reply" | "status" | "alert";

export class Announcer {
  readonly #regions: Record<Channel, HTMLElement> = {
    reply: h("div", { "aria-live": "polite", "data-tutor-announcer": "reply" }),
    status: h("div", { role: "status", "data-tutor-announcer": "status" }),
    alert: h("div", { role: "alert", "data-tutor-announcer": "alert" }),
  };
  readonly #element = h("div", { class: "tutor-widget-announcer", style: OUT_OF_SIGHT });
  #views = 0;

  constructor() {
    this.#element.append(...Object.values(this.#regions));
  }

  /** Speaks from now on until `signal` aborts: one view's life. */
  addView(signal: AbortSignal): void {
    if (this.#views++ === 0) document.body.append(this.#element);
    atEnd(signal, () => {
      if (--this.#views === 0) this.#element.remove();
    });
  }

  get hasViews(): boolean {
    return this.#views > 0;
  }

  say(channel: Channel, text: string): void {
    // A new node each time: the same words twice are two announcements.
    if (this.hasViews && text) this.#regions[channel].replaceChildren(h("p", {}, text));
  }
}
