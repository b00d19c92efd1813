/**
 * What the learner can share with the next message: a chip for each kind. A click opens a preview of
 * exactly what would be sent; only what the learner attaches there is sent.
 */
import { button, div, h, setText, show } from "../dom.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Context, Shared } from "../model/types.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";
import { sharedBy } from "./transcript/entries.ts";

export type Kind = keyof Context;

export class Attachments {
  readonly #conversation: Conversation;
  readonly element: HTMLElement;
  /** Filled by the part `context` when a chip is clicked. */
  readonly preview = h("div", { class: "preview", role: "dialog", hidden: true });
  readonly chips: Record<Kind, HTMLButtonElement>;
  /** Opens the preview of a kind, once the part is here. */
  #openPreview: ((kind: Kind) => void) | undefined;
  readonly #words: Words;
  /** Moves the focus to the composer. */
  readonly #focusComposer: () => void;

  constructor(words: Words, conversation: Conversation, focusComposer: () => void) {
    this.#words = words;
    this.#focusComposer = focusComposer;
    this.#conversation = conversation;
    const chip = (kind: Kind) =>
      button({ class: "share", "aria-haspopup": "dialog", onclick: () => this.#open(kind) });
    this.chips = { error: chip("error"), cell: chip("cell") };
    this.element = div("chips", this.chips.error, this.chips.cell);
  }

  update(): void {
    const { composer } = this.#words;
    const { error, cell } = this.#conversation.traits._view;
    this.#draw("error", error && fill(composer.lastError, { name: error }));
    this.#draw("cell", cell && composer.cell);
  }

  /** Returns the attached context for the message that is sent now, and clears it. */
  take(): Context | undefined {
    const taken = this.#conversation.attached;
    this.attach({});
    return Object.keys(taken).length ? taken : undefined;
  }

  /** Attaches the context of a message that was taken back; what is attached now has precedence. */
  restore(context?: Context): void {
    this.attach({ ...context, ...this.#conversation.attached });
  }

  #draw(kind: Kind, offer: string | false): void {
    const content = this.#conversation.attached[kind];
    const attached = content !== undefined;
    const chip = this.chips[kind];
    const label = attached
      ? `✓ ${sharedWords(sharedBy({ [kind]: content }), this.#words)}`
      : `+ ${offer || ""}`;
    setText(chip, label);
    chip.classList.toggle("attached", attached);
    show(chip, attached || !!offer);
  }

  async #open(kind: Kind): Promise<void> {
    this.chips[kind].focus(); // Safari does not focus a clicked button
    type Part = typeof import("../parts/context.ts");
    const part = await this.#conversation.parts.load<Part>("context", this.preview);
    if (!this.preview.isConnected) return; // the view has ended
    this.#openPreview ??= part.default(
      this,
      this.#conversation,
      this.#words.parts,
      this.#focusComposer,
    );
    this.#openPreview(kind);
  }

  attach(context: Context): void {
    this.#conversation.attach(context);
    this.update();
  }
}

/** "Attached: NameError, code"; "" if nothing was. */
export function sharedWords({ error, cell }: Shared, { composer }: Words): string {
  const what = [error, cell && composer.code].filter(Boolean).join(", ");
  return what && fill(composer.attached, { what });
}
