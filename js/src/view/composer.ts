/** Where the learner writes a message. */
import { button, div, h, setAttribute, show } from "../dom.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Context } from "../model/types.ts";
import type { Words } from "../words.ts";
import type { Attachments } from "./attachments.ts";

export interface ComposerActions {
  /** The draft has changed. */
  draftChanged(): void;
  send(text: string, context: Context | undefined): void;
  /** ↑ in an empty composer: edits the last message that can be taken back. */
  editLast(): void;
  /** Esc: moves the focus back to the notebook. */
  leave(): void;
}

/** Why nothing can be written: there is no kernel, or the conversation is deleted. */
export type Closed = "saved" | "erasing" | "erased";

export class Composer {
  readonly element: HTMLElement;
  readonly #conversation: Conversation;
  readonly #attachments: Attachments;
  readonly #field: HTMLTextAreaElement;
  readonly #send: HTMLButtonElement;
  readonly #form: HTMLFormElement;
  /** What stands in place of the form. */
  readonly #closed: Record<Closed, HTMLElement>;
  readonly #actions: ComposerActions;
  readonly #words: Words;

  constructor(
    words: Words,
    conversation: Conversation,
    attachments: Attachments,
    actions: ComposerActions,
  ) {
    this.#words = words;
    this.#actions = actions;
    this.#conversation = conversation;
    this.#attachments = attachments;
    const { label, placeholder, send } = words.composer;
    this.#field = h("textarea", {
      rows: 1,
      "aria-label": label,
      placeholder,
      dir: "auto",
      enterkeyhint: "send",
      "data-testid": "composer",
      onkeydown: (event: KeyboardEvent) => this.#key(event),
      oninput: () => this.#changed(),
    });
    this.#send = h("button", { type: "submit", class: "send" }, send);
    const onsubmit = (event: Event) => {
      event.preventDefault();
      this.#submit();
    };
    this.#form = h("form", { onsubmit }, this.#field, this.#send);
    const line = (text: string) => h("p", { class: "saved", hidden: true, tabindex: -1 }, text);
    this.#closed = {
      saved: line(words.badge.saved),
      erasing: line(words.erasing),
      erased: button(
        { class: "primary", hidden: true, onclick: () => conversation.request({ op: "new" }) },
        words.startNew,
      ),
    };
    this.element = div(
      "composer",
      attachments.preview,
      this.#form,
      attachments.element,
      ...Object.values(this.#closed),
    );
    this.#drawField();
  }

  /** `closed`: why there is nothing to write, or null. */
  update(closed: Closed | null): void {
    const { draft } = this.#conversation;
    if (this.#field.value !== draft) {
      this.#field.value = draft;
      this.#drawField();
    }
    show(this.#form, !closed);
    show(this.#attachments.element, !closed);
    if (closed) show(this.#attachments.preview, false);
    this.#attachments.update();
    this.#drawSend();
    for (const [why, element] of Object.entries(this.#closed)) show(element, why === closed);
  }

  focus(): void {
    const closed = Object.values(this.#closed).find((each) => !each.hidden);
    const place = closed ?? this.#field;
    place.focus({ preventScroll: true });
  }

  /** Puts a message before the draft, to be edited. */
  take({ text, context }: { text: string; context?: Context | undefined }): void {
    this.#attachments.restore(context);
    const draft = this.#field.value.trim();
    this.#field.value = draft ? `${text}\n${draft}` : text;
    this.#field.setSelectionRange(text.length, text.length);
    this.#changed();
    this.focus();
  }

  #key(event: KeyboardEvent): void {
    // In an input method, Enter chooses a word. Safari shows that only by the key code 229.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape") {
      this.#actions.leave();
    } else if (event.key === "ArrowUp" && this.#field.value === "") {
      event.preventDefault();
      this.#actions.editLast();
    }
  }

  #submit(): void {
    // Keeps the indentation of the first line: it may be code.
    const typed = this.#field.value.trimEnd().replace(/^\s*\n/, "");
    const text = typed || this.#textOfAttached();
    if (!text) return;
    this.#field.value = "";
    this.#changed();
    this.#actions.send(text, this.#attachments.take());
    this.focus();
  }

  /** A tutor takes no message without words. "" if nothing is attached. */
  #textOfAttached(): string {
    const { lookError, lookCode } = this.#words.composer;
    const { error, cell } = this.#conversation.attached;
    return error ? lookError : cell ? lookCode : "";
  }

  #changed(): void {
    this.#conversation.write(this.#field.value);
    this.#drawField();
    this.#actions.draftChanged();
  }

  #drawField(): void {
    this.#drawSend();
    this.#grow();
  }

  /** Not `disabled`: a button that disables itself when it is pressed loses the focus. */
  #drawSend(): void {
    const canSend = this.#field.value.trim() || this.#textOfAttached();
    setAttribute(this.#send, "aria-disabled", canSend ? null : "true");
  }

  /** For browsers without `field-sizing`: sets the height from the scroll height. */
  #grow(): void {
    if (CSS.supports?.("field-sizing", "content")) return;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`;
  }
}
