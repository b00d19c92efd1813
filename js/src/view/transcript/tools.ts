/**
 * What can be done with a message that arrived. There is one bar, for thousands of messages: it is in
 * the message that the pointer or the focus came to last. Under a pointer it shows its actions as icons;
 * its button opens them as a menu with their words, for the keyboard and for touch.
 */
import { copy } from "../../clipboard.ts";
import { button, h, icon, setAttribute, setText, show } from "../../dom.ts";
import type { Words } from "../../words.ts";
import type { Entry } from "./entries.ts";
import type { Message } from "./message.ts";

type Tool = "copy" | "again" | "editAgain" | "report";

export interface ToolActions {
  /** Whether anything can be asked in this conversation. */
  canAsk(): boolean;
  /** Asks a message of the learner's again, as a new one. */
  again(entry: Entry): void;
  /** The same, after the learner has edited it. */
  editAgain(entry: Entry): void;
}

const ICONS: Record<Tool, string> = {
  copy: "M5 1h9v10h-3v4H2V5h3Zm1.3 4H11v4.7h1.7V2.3H6.3Zm-3 1.3v7.4h6.4V6.3Z",
  again:
    "M8 2.5a5.5 5.5 0 0 1 4 1.7V2h1.4v4.6H8.8V5.2h2.1A4.1 4.1 0 1 0 12 8.6h1.4A5.5 5.5 0 1 1 8 2.5Z",
  editAgain: "m11.5 1 3.5 3.5L5.5 14 1 15l1-4.5Zm0 2L3.3 11.2l-.5 2 2-.5L13 4.5Z",
  report: "M3 1.5h1.4v1h8.1l-2 3 2 3H4.4v6H3Z",
};

export class Tools {
  readonly element: HTMLElement;
  readonly #opener: HTMLButtonElement;
  readonly #buttons = new Map<Tool, HTMLElement>();
  /** What came of copying. */
  readonly #told = h("span", { class: "told", role: "status" });
  #message: Message | null = null;

  constructor(
    private readonly words: Words["message"],
    private readonly actions: ToolActions,
  ) {
    const { actions: label } = words;
    const onclick = () => this.#toggle();
    this.#opener = button(
      // Enter leads to it from the message: it is no stop on the way through the page.
      { class: "tool", "aria-label": label, title: label, tabindex: -1, onclick },
      icon("M2 7h2v2H2ZM7 7h2v2H7Zm5 0h2v2h-2Z"),
    );
    for (const tool of Object.keys(ICONS) as Tool[]) this.#buttons.set(tool, this.#button(tool));
    const offered = h("div", { class: "offered" }, ...this.#buttons.values());
    this.element = h(
      "div",
      { class: "tools", onkeydown: (event: KeyboardEvent) => this.#key(event) },
      this.#opener,
      offered,
      this.#told,
    );
    this.#toggle(false);
  }

  /** Moves into this message. `focused`: with the focus, which no pointer takes away from a keyboard. */
  moveTo(message: Message, focused: boolean): void {
    if (message === this.#message) return;
    const { activeElement: used } = this.element.getRootNode() as Document | ShadowRoot;
    if (used && this.element.contains(used)) {
      if (!focused && used.matches(":focus-visible")) return;
      this.#message?.focus();
    }
    this.#toggle(false);
    setText(this.#told, "");
    this.#message = message;
    message.meta.append(this.element);
    this.update();
  }

  /** What is offered may have changed. */
  update(): void {
    const offered = this.#message ? this.#offered(this.#message.entry) : [];
    for (const [tool, made] of this.#buttons) show(made, offered.includes(tool));
    show(this.element, offered.length > 0);
  }

  #offered({ role, state, text, report }: Entry): Tool[] {
    if (!["said", "stopped", "broken"].includes(state)) return [];
    const tools: Tool[] = text ? ["copy"] : [];
    if (role === "learner" && this.actions.canAsk()) tools.push("again", "editAgain");
    if (report === "offered") tools.push("report");
    return tools;
  }

  #button(tool: Tool): HTMLElement {
    const label = this.words[tool];
    const onclick = () => this.#message && this.#act(tool, this.#message);
    return button(
      { class: `tool ${tool}`, "aria-label": label, title: label, onclick },
      icon(ICONS[tool]),
      h("span", {}, label),
    );
  }

  async #act(tool: Tool, message: Message): Promise<void> {
    // The buttons go with the menu: the focus must not.
    if (this.#toggle(false)) message.focus();
    if (tool === "report") message.openReport();
    else if (tool !== "copy") this.actions[tool](message.entry);
    else {
      const isCopied = await copy(message.entry.text, message.body);
      const { copied, copyFailed } = this.words;
      if (message === this.#message) setText(this.#told, isCopied ? copied : copyFailed);
    }
  }

  /** Opens or closes the menu; returns whether it was open. */
  #toggle(open = !this.#isOpen): boolean {
    const wasOpen = this.#isOpen;
    this.element.classList.toggle("open", open);
    setAttribute(this.#opener, "aria-expanded", String(open));
    if (open) [...this.#buttons.values()].find((each) => !each.hidden)?.focus();
    return wasOpen;
  }

  get #isOpen(): boolean {
    return this.element.matches(".open");
  }

  /** Esc closes the menu, and stays in the message. */
  #key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.#isOpen) return;
    event.stopPropagation();
    this.#toggle(false);
    this.#opener.focus();
  }
}
