/**
 * Live regions (WCAG 2.2 SC 4.1.3): what a screen reader speaks by itself, once per model, for any
 * number of views. Chats of one conversation on a page speak as one: what one of them says empties the
 * same region of the others, and what one of them has just said the others do not repeat. Their modules
 * share nothing but the page, so the page's own elements hold what was said.
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

  /** `key` names the conversation; "" while that is not known. */
  constructor(private readonly key: () => string = () => "") {
    this.#element.append(...Object.values(this.#regions));
  }

  /** Keeps the regions on the page until `signal` aborts, at the end of a view. */
  addView(signal: AbortSignal): void {
    this.#element.dataset.conversation = this.key();
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

  /**
   * Announces `text`; returns whether it did. `about` is what it is news of: chats of one conversation
   * in two languages say that in other words.
   */
  announce(channel: Channel, text: string, about = text): boolean {
    if (!this.hasViews || !text) return false;
    this.#element.dataset.conversation = this.key();
    const others = this.#sameOfOthers(channel);
    if (others.some((other) => saidIn(other) === about)) return false;
    for (const other of others) other.replaceChildren();
    // A new node each time: otherwise the same text twice is announced once.
    this.#regions[channel].replaceChildren(h("p", { "data-about": about }, text));
    return true;
  }

  /** The regions of the channel that other chats of this conversation have. */
  #sameOfOthers(channel: Channel): HTMLElement[] {
    const { conversation } = this.#element.dataset;
    const all = document.querySelectorAll<HTMLElement>(`[data-tutor-live-region="${channel}"]`);
    return [...all].filter(
      (each) =>
        conversation &&
        each !== this.#regions[channel] &&
        each.parentElement?.dataset.conversation === conversation,
    );
  }
}

const saidIn = (region: Element): string | undefined =>
  (region.firstElementChild as HTMLElement | null)?.dataset.about;
