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

/** What is announced of a kernel or of the page is news of all its chats: the first of them says it. */
const SAID_FOR = 3_000;

export type Channel = "reply" | "status" | "alert";
/** What an announcement is about. */
export type Scope = "conversation" | "kernel" | "page";

export class LiveRegions {
  readonly #regions: Record<Channel, HTMLElement> = {
    reply: region("reply", { "aria-live": "polite" }),
    status: region("status", { role: "status" }),
    alert: region("alert", { role: "alert" }),
  };
  readonly #element = h("div", { class: "tutor-widget-live-regions", style: VISUALLY_HIDDEN });
  #views = 0;
  readonly #kernel: () => string;
  readonly #key: () => string;
  readonly #named: (text: string) => string;

  /**
   * `key` names the conversation, `kernel` the kernel; "" while that is not known. `named` says
   * which chat speaks: used where the page has chats of several conversations.
   */
  constructor(
    key: () => string = () => "",
    kernel: () => string = () => "",
    named: (text: string) => string = (text) => text,
  ) {
    this.#key = key;
    this.#named = named;
    this.#kernel = kernel;
    this.#element.append(...Object.values(this.#regions));
  }

  /** Keeps the regions on the page until `signal` aborts, at the end of a view. */
  addView(signal: AbortSignal): void {
    this.#nameScopes();
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
  announce(channel: Channel, text: string, about = text, scope: Scope = "conversation"): boolean {
    if (!this.hasViews || !text) return false;
    this.#nameScopes();
    const others = this.#others(channel);
    const same = others.filter((other) => this.#shares(other, "conversation"));
    const isSaid = (other: Element) => saidIn(other) === about;
    const isJustSaid = (other: Element) => this.#shares(other, scope) && isRecent(other);
    if (same.some(isSaid) || others.filter(isSaid).some(isJustSaid)) return false;
    for (const other of same) other.replaceChildren();
    const isOneOfMany = scope === "conversation" && others.length > same.length;
    const spoken = isOneOfMany ? this.#named(text) : text;
    // A new node each time: otherwise the same text twice is announced once.
    const node = h("p", { "data-about": about, "data-at": Date.now() }, spoken);
    this.#regions[channel].replaceChildren(node);
    return true;
  }

  #nameScopes(): void {
    const { dataset } = this.#element;
    dataset.conversation = this.#key();
    dataset.kernel = this.#kernel();
  }

  /** The regions of the channel that other chats of the page have. */
  #others(channel: Channel): HTMLElement[] {
    const all = document.querySelectorAll<HTMLElement>(`[data-tutor-live-region="${channel}"]`);
    return [...all].filter((each) => each !== this.#regions[channel]);
  }

  #shares({ parentElement: other }: Element, scope: Scope): boolean {
    if (scope === "page") return true;
    const name = this.#element.dataset[scope];
    return !!name && other?.dataset[scope] === name;
  }
}

const region = (channel: Channel, how: Record<string, string>) =>
  h("div", { ...how, "data-tutor-live-region": channel });
const spokenIn = (region: Element) => region.firstElementChild as HTMLElement | null;
const saidIn = (region: Element): string | undefined => spokenIn(region)?.dataset.about;
const isRecent = (region: Element): boolean =>
  Date.now() - Number(spokenIn(region)?.dataset.at) < SAID_FOR;
