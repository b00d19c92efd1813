/**
 * The edge below the transcript. Dragged, or moved with the arrow keys, it sets the height; a click
 * makes the transcript tall, and as it was (WCAG 2.2 SC 2.5.7). The browser keeps the chosen height for
 * the conversation, and for a new one that replaces it.
 */
import { h, setAttribute } from "../dom.ts";
import type { Words } from "../words.ts";

/** In px. */
const MIN = 96;
const MAX = 2_000;
const STEP = 24;
/** How tall a click makes it, as a share of the window's height. */
const TALL = 0.8;

export class Height {
  readonly element: HTMLElement;
  #key = "";
  /** In px; 0: the style sheet's. */
  #chosen = 0;
  /** From the pointer to the lower edge, in px, while it is dragged. */
  #offset: number | null = null;
  #isMoved = false;
  readonly #resized: HTMLElement;

  constructor(resized: HTMLElement, { height }: Words) {
    this.#resized = resized;
    this.element = h("div", {
      class: "handle",
      role: "separator",
      tabindex: 0,
      "aria-label": height,
      "aria-orientation": "horizontal",
      "aria-valuemin": MIN,
      "aria-valuemax": MAX,
      onkeydown: (event: KeyboardEvent) => this.#press(event),
      onpointerdown: (event: PointerEvent) => this.#grasp(event),
      onpointermove: (event: PointerEvent) => this.#drag(event),
      onlostpointercapture: () => {
        this.#offset = null;
      },
      onclick: () => this.#click(),
    });
  }

  /** `key` names the conversation; "": none, or one of which nothing may be kept. */
  update(key: string): void {
    if (key === this.#key) return;
    if (this.#key) keep(this.#key, 0);
    this.#key = key;
    this.#choose(kept(key) || this.#chosen);
  }

  get #height(): number {
    return this.#resized.offsetHeight;
  }

  /** 0: as the style sheet says. */
  #choose(px: number): void {
    this.#chosen = px && Math.round(Math.min(MAX, Math.max(MIN, px)));
    this.#resized.style.height = this.#chosen ? `${this.#chosen}px` : "";
    keep(this.#key, this.#chosen);
    this.measure();
  }

  /** Says the height, which the window's may have changed. */
  measure(): void {
    setAttribute(this.element, "aria-valuenow", this.#chosen || this.#height);
  }

  #press(event: KeyboardEvent): void {
    const now = this.#height;
    const keys: Record<string, number> = {
      ArrowUp: now - STEP,
      ArrowDown: now + STEP,
      Home: MIN,
      End: MAX,
    };
    const px = keys[event.key];
    if (px === undefined) return;
    event.preventDefault();
    this.#choose(px);
  }

  #grasp({ clientY, pointerId }: PointerEvent): void {
    this.#offset = this.#height - clientY;
    this.#isMoved = false;
    this.element.setPointerCapture(pointerId);
  }

  #drag({ clientY }: PointerEvent): void {
    if (this.#offset === null) return;
    const px = clientY + this.#offset;
    this.#isMoved ||= Math.abs(px - this.#height) > 3;
    if (this.#isMoved) this.#choose(px);
  }

  #click(): void {
    const tall = Math.round(innerHeight * TALL);
    if (!this.#isMoved) this.#choose(this.#chosen ? 0 : tall);
  }
}

const nameOf = (key: string): string => `tutor_widget:height:${key}`;

function kept(key: string): number {
  try {
    return Number(localStorage.getItem(nameOf(key))) || 0;
  } catch {
    return 0;
  }
}

/** Without `localStorage` nothing is kept. */
function keep(key: string, px: number): void {
  try {
    if (px && key) localStorage.setItem(nameOf(key), String(px));
    else localStorage.removeItem(nameOf(key));
  } catch {
    // A private window, or a full storage: the height lasts as long as the page.
  }
}
