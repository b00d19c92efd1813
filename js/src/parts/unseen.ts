/**
 * Answers that came while nobody could see them: the page was in the background, or the chat scrolled
 * out of sight. They are counted in the page's title: "(2) lesson.ipynb".
 *
 * Chats of one page share its title and its `window`, and their modules share nothing else. So the sum
 * stands in the title itself, and each chat adds and takes off its own. What one chat of a conversation
 * shows is seen in all of them.
 *
 * A page asks for this code with the first news of a conversation: before that nothing can be missed.
 */
import { atEnd, on } from "../lifetime.ts";

const COUNT = /^\((\d+)\) /;
/** All that count on this page. */
const CHATS = Symbol.for("tutor_widget.unseen");

export class Unseen {
  #count = 0;
  readonly #all: Set<Unseen>;
  readonly #inSight = new Set<Element>();
  /** The views of which the browser has not told yet whether they are in sight. */
  readonly #unknown = new Set<Element>();
  /** Answers that came before it told. */
  #undecided = 0;
  readonly #sight: IntersectionObserver;

  constructor(
    signal: AbortSignal,
    /** Names the conversation; "" while that is not known. */
    readonly key: () => string = () => "",
  ) {
    const page = window as { [CHATS]?: Set<Unseen> };
    page[CHATS] ??= new Set();
    this.#all = page[CHATS];
    this.#all.add(this);
    this.#sight = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.#see(target, isIntersecting);
    });
    on(document, "visibilitychange", () => this.#look(), signal);
    atEnd(signal, () => {
      this.#sight.disconnect();
      this.clear();
      this.#all.delete(this);
    });
  }

  /** Watches whether a view is in sight, until `signal` aborts. */
  watch(view: Element, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#unknown.add(view);
    this.#sight.observe(view);
    atEnd(signal, () => {
      this.#sight.unobserve(view);
      this.#see(view, false);
    });
  }

  /** Counts `n` answers, unless they are seen; as soon as it is known whether they are. */
  add(n: number): void {
    if (this.#chats.some((chat) => chat.isSeen)) return;
    // The browser tells nothing of a page in the background.
    if (isPageVisible() && this.#unknown.size) {
      this.#undecided += n;
      return;
    }
    this.#count += n;
    if (n) addToTitle(n);
  }

  /** Those of this conversation, itself among them. */
  get #chats(): Unseen[] {
    const key = this.key();
    return [...this.#all].filter((each) => each === this || (key && each.key() === key));
  }

  get isSeen(): boolean {
    return isPageVisible() && this.#inSight.size > 0;
  }

  #see(view: Element, isInSight: boolean): void {
    this.#unknown.delete(view);
    if (isInSight) this.#inSight.add(view);
    else this.#inSight.delete(view);
    this.#look();
  }

  #look(): void {
    const undecided = this.#undecided;
    this.#undecided = 0;
    if (this.isSeen) for (const chat of this.#chats) chat.clear();
    else this.add(undecided);
  }

  clear(): void {
    if (this.#count) addToTitle(-this.#count);
    this.#count = 0;
    this.#undecided = 0;
  }
}

const isPageVisible = (): boolean => document.visibilityState === "visible";

/** Where the host has set another title meanwhile, there is less to take off. */
function addToTitle(n: number): void {
  const { title } = document;
  const sum = Number(COUNT.exec(title)?.[1] ?? 0) + n;
  document.title = `${sum > 0 ? `(${sum}) ` : ""}${title.replace(COUNT, "")}`;
}
