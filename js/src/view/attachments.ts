/**
 * What the learner can share with the next message: a chip for each kind. A click opens a preview of
 * exactly what would be sent; only what the learner attaches there is sent.
 */
import { button, h, setText, show } from "../dom.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Context, Shared } from "../model/types.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";
import { sharedBy } from "./transcript/entries.ts";

type Kind = keyof Context;

export class Attachments {
  readonly #conversation: Conversation;
  readonly element: HTMLElement;
  /** Filled by the part `context` when a chip is clicked. */
  readonly preview = h("div", { class: "preview", role: "dialog", hidden: true });
  readonly #chips: Record<Kind, HTMLButtonElement>;
  /** How often a chip was pressed: only the last press opens the preview. */
  #presses = 0;
  /** What the preview shows. */
  #shown: Kind | null = null;
  readonly #words: Words;
  /** Moves the focus to the composer. */
  readonly #focusComposer: () => void;

  constructor(words: Words, conversation: Conversation, focusComposer: () => void) {
    this.#words = words;
    this.#focusComposer = focusComposer;
    this.#conversation = conversation;
    const chip = (kind: Kind) =>
      button({ class: "share", "aria-haspopup": "dialog", onclick: () => this.#open(kind) });
    this.#chips = { error: chip("error"), cell: chip("cell") };
    this.element = h("div", { class: "chips" }, this.#chips.error, this.#chips.cell);
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
    this.#attach({});
    return Object.keys(taken).length ? taken : undefined;
  }

  /** Attaches the context of a message that was taken back; what is attached now has precedence. */
  restore(context?: Context): void {
    this.#attach({ ...context, ...this.#conversation.attached });
  }

  #draw(kind: Kind, offer: string | false): void {
    const content = this.#conversation.attached[kind];
    const attached = content !== undefined;
    const chip = this.#chips[kind];
    const label = attached
      ? `✓ ${sharedWords(sharedBy({ [kind]: content }), this.#words)}`
      : `+ ${offer || ""}`;
    setText(chip, label);
    chip.classList.toggle("attached", attached);
    show(chip, attached || !!offer);
  }

  /** Pressed again, as by a double click, a chip leads to its preview: what is written there stays. */
  async #open(kind: Kind): Promise<void> {
    if (!this.preview.hidden && this.#shown === kind)
      this.preview.querySelector("textarea")?.focus();
    else await this.#load(kind);
  }

  async #load(kind: Kind): Promise<void> {
    const { preview } = this;
    const press = ++this.#presses;
    const conversation = this.#conversation;
    const chip = this.#chips[kind];
    const attached = conversation.attached[kind];
    chip.focus(); // Safari does not focus a clicked button
    const [part, content] = await Promise.all([
      conversation.parts.load<typeof import("../parts/context.ts")>("context", preview),
      attached ?? conversation.ask<Context[Kind]>({ op: "context", of: kind }),
    ]);
    // The kernel may have nothing to share, or the view may have ended.
    if (press !== this.#presses || !content || !chip.isConnected) return;
    const stillFocused = chip.matches(":focus");
    const done = (result?: Context[Kind] | null) => {
      show(preview, false);
      if (result !== undefined)
        this.#attach({ ...conversation.attached, [kind]: result ?? undefined });
      if (result || chip.hidden) this.#focusComposer();
      else chip.focus();
    };
    const field = part.default(preview, this.#words.parts, content, !!attached, done);
    this.#shown = kind;
    show(preview, true);
    if (!stillFocused) return;
    preview.scrollIntoView({ block: "nearest" });
    field.focus();
  }

  #attach(context: Context): void {
    this.#conversation.attach(context);
    this.update();
  }
}

/** "Attached: NameError, code"; "" if nothing was. */
export function sharedWords({ error, cell }: Shared, { composer }: Words): string {
  const what = [error, cell && composer.code].filter(Boolean).join(", ");
  return what && fill(composer.attached, { what });
}
