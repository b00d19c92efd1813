/**
 * Texts that a click sends, such as the choices of a question. They belong to the state that has them:
 * while a message has no answer yet they cannot be clicked, and a click names the state's revision.
 */
import { arrangeChildren, button, h, setAttribute } from "../dom.ts";
import { Timer } from "../lifetime.ts";
import { drawInlineCode } from "../markdown/typed.ts";
import type { Words } from "../words.ts";

/** A longer text is cut, in code points; its whole is the name and the title. */
const MAX_SHOWN = 80;
/** After an answer, and after another state, in ms: what was aimed at the last step, as the second click
 * of a double click, must not choose for the next. */
const REST = 500;

export class Suggestions {
  readonly element: HTMLElement;
  readonly #items = new Map<string, HTMLElement>();
  readonly #rest: Timer;
  #texts: string[] = [];
  #rev: number | undefined;
  /** `resting`: all is answered, or the state is another, since a moment ago. */
  #state: "ready" | "busy" | "resting" = "ready";
  /** `rev`: the revision of the state that showed the text. */
  readonly #send: (text: string, rev: number | undefined) => void;

  constructor(
    words: Words,
    send: (text: string, rev: number | undefined) => void,
    signal: AbortSignal,
  ) {
    this.#send = send;
    this.#rest = new Timer(signal);
    this.element = h("ul", {
      class: "suggestions",
      role: "list",
      "aria-label": words.suggestions,
    });
  }

  get isEmpty(): boolean {
    return this.#items.size === 0;
  }

  /** `texts` of the state of revision `rev`; `isAnswered`: no message waits for its answer. */
  update(texts: string[], rev: number | undefined, isAnswered: boolean): void {
    const isOther = rev !== this.#rev || texts.join("\n") !== this.#texts.join("\n");
    const isSwap = isOther && !this.isEmpty;
    this.#texts = texts;
    this.#rev = rev;
    const kept = new Set(texts);
    for (const text of this.#items.keys()) if (!kept.has(text)) this.#items.delete(text);
    for (const text of texts) if (!this.#items.has(text)) this.#items.set(text, this.#item(text));
    arrangeChildren(
      this.element,
      texts.map((text) => this.#items.get(text) as HTMLElement),
    );
    this.#turn(isAnswered, isSwap);
  }

  /** `isSwap`: others stood in this place, or the same for another state. */
  #turn(isAnswered: boolean, isSwap: boolean): void {
    if (!isAnswered) {
      this.#rest.stop();
      this.#state = "busy";
    } else if (this.#state === "busy" || isSwap) {
      this.#state = "resting";
      this.#rest.start(REST, () => {
        this.#state = "ready";
        this.#drawState();
      });
    }
    this.#drawState();
  }

  /** Not `disabled`: a disabled button loses the focus. */
  #drawState(): void {
    for (const { firstElementChild: chip } of this.#items.values()) {
      if (chip) setAttribute(chip, "aria-disabled", this.#state !== "ready" && "true");
    }
  }

  #item(text: string): HTMLElement {
    const line = text.replace(/\s+/g, " ").trim();
    const shown = cut(line);
    const whole = shown === line ? null : line.replace(/`([^`]+)`/g, "$1");
    const properties = {
      class: "chip",
      dir: "auto",
      title: whole,
      "aria-label": whole,
      onclick: ({ detail }: MouseEvent) => this.#click(text, detail),
      // A key that is held down would answer the next step, too.
      onkeydown: (event: KeyboardEvent) => event.repeat && event.preventDefault(),
    };
    return h("li", {}, button(properties, drawInlineCode(shown)));
  }

  /** `clicks`: how many there were in quick succession, 0 by keyboard. */
  #click(text: string, clicks: number): void {
    if (this.#state === "ready" && clicks < 2) this.#send(text, this.#rev);
  }
}

/** The beginning of `line`; code that is open there is closed. */
function cut(line: string): string {
  const points = [...line];
  if (points.length <= MAX_SHOWN) return line;
  const start = points.slice(0, MAX_SHOWN - 1).join("");
  const isOpen = start.split("`").length % 2 === 0;
  return `${start.trimEnd()}…${isOpen ? "`" : ""}`;
}
