/** The form below an answer with which the learner reports it. */
import { h, show } from "../../dom.ts";
import type { MessageActions } from "./message.ts";

export class ReportForm {
  /** Filled by the part `report` when it is opened. */
  readonly element = h("div", { class: "reporting", role: "dialog", hidden: true });

  #field: HTMLElement | null = null;

  constructor(
    private readonly fill: MessageActions["fillReport"],
    private readonly report: (reason: string) => void,
    /** By now the answer may have been reported elsewhere. */
    private readonly isOffered: () => boolean,
    /** Moves the focus to the message. */
    private readonly leave: () => void,
  ) {}

  close(): void {
    show(this.element, false);
  }

  async open(): Promise<void> {
    const { element } = this;
    if (element.hidden) {
      this.#field = await this.fill(element, (reason) => {
        this.close();
        this.leave();
        if (reason !== undefined) this.report(reason);
      });
      if (!element.isConnected || !this.isOffered()) return;
      show(element, true);
      element.scrollIntoView({ block: "nearest" });
    }
    this.#field?.focus(); // with what is written in it
  }
}
