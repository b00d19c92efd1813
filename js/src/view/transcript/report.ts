/** The button of an answer that reports it, and the form that it opens below the answer. */
import { button, h, icon, setAttribute, show } from "../../dom.ts";
import type { Words } from "../../words.ts";
import type { MessageActions } from "./message.ts";

export class ReportForm {
  readonly button: HTMLButtonElement;
  /** Filled by the part `report` when the button is pressed. */
  readonly form = h("div", { class: "reporting", role: "dialog", hidden: true });

  #field: HTMLElement | null = null;

  constructor(
    { message }: Words,
    private readonly fill: MessageActions["fillReport"],
    private readonly report: (reason: string) => void,
  ) {
    const { report: label } = message;
    this.button = button(
      {
        class: "report quiet",
        "aria-label": label,
        "aria-haspopup": "dialog",
        "aria-expanded": "false",
        title: label,
        onclick: () => this.#open(),
      },
      icon("M3 1.5h1.4v1h8.1l-2 3 2 3H4.4v6H3Z"),
    );
  }

  show(isOffered: boolean): void {
    show(this.button, isOffered);
    if (!isOffered) this.#expand(false);
  }

  #expand(isOpen: boolean): void {
    show(this.form, isOpen);
    setAttribute(this.button, "aria-expanded", String(isOpen));
  }

  async #open(): Promise<void> {
    if (!this.form.hidden) {
      this.#field?.focus(); // with what is written in it
      return;
    }
    const field = await this.fill(this.form, (reason) => {
      this.#expand(false);
      // The button may disappear: the focus is then rescued to the message.
      this.button.focus();
      if (reason !== undefined) this.report(reason);
    });
    if (!this.button.isConnected || this.button.hidden) return;
    this.#field = field;
    this.#expand(true);
    this.form.scrollIntoView({ block: "nearest" });
    field.focus();
  }
}
