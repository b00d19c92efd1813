/**
 * What can be done with a message that arrived. There is one bar, for thousands of messages: it is in
 * the message that the pointer or the focus came to last. Under a pointer it shows its actions as icons;
 * the button of the message opens them as a menu with their words, for the keyboard and for touch.
 */
import { copy } from "../../clipboard.ts";
import { button, div, h, icon, setAttribute, show } from "../../dom.ts";
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

/** What can be done with it; `canAsk`: questions are taken. */
export function toolsOf({ role, state, text, report }: Entry, canAsk: boolean): Tool[] {
  if (!["said", "stopped", "broken"].includes(state)) return [];
  const tools: Tool[] = text ? ["copy"] : [];
  if (role === "learner" && canAsk) tools.push("again", "editAgain");
  if (report === "offered") tools.push("report");
  return tools;
}

export class Tools {
  readonly element: HTMLElement;
  readonly #buttons = new Map<Tool, HTMLElement>();
  /** What came of copying. */
  readonly #told = h("span", { class: "told", role: "status" });
  #message: Message | null = null;
  readonly #words: Words["message"];
  readonly #actions: ToolActions;

  constructor(words: Words["message"], actions: ToolActions) {
    this.#words = words;
    this.#actions = actions;
    for (const tool of Object.keys(ICONS) as Tool[]) this.#buttons.set(tool, this.#button(tool));
    const offered = div("offered", ...this.#buttons.values());
    this.element = div("tools", offered, this.#told);
  }

  /** Moves into this message. `focused`: with the focus, which no pointer takes away from a keyboard. */
  moveTo(message: Message, focused: boolean): void {
    if (message === this.#message) return;
    const { activeElement: used } = this.element.getRootNode() as Document | ShadowRoot;
    if (used && this.element.contains(used)) {
      if (!focused && used.matches(":focus-visible")) return;
      this.#message?.focus();
    }
    this.#open(false);
    this.#told.replaceChildren();
    this.#message = message;
    message.meta.append(this.element);
    this.update();
  }

  /** Opens or closes the menu of this message. */
  toggle(message: Message): void {
    this.moveTo(message, true);
    this.#open(!this.#isOpen);
    if (this.#isOpen) [...this.#buttons.values()].find((each) => !each.hidden)?.focus();
  }

  /** Esc closes the menu, and stays in the message. */
  key(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.#isOpen) return;
    event.stopPropagation();
    this.#open(false);
    this.#message?.opener.focus();
  }

  /** What is offered may have changed. */
  update(): void {
    const offered = this.#message ? toolsOf(this.#message.entry, this.#actions.canAsk()) : [];
    for (const [tool, made] of this.#buttons) show(made, offered.includes(tool));
    show(this.element, offered.length > 0);
  }

  #button(tool: Tool): HTMLElement {
    const label = this.#words[tool];
    const onclick = () => this.#message && this.#act(tool, this.#message);
    return button(
      { class: `tool ${tool}`, "aria-label": label, title: label, onclick },
      icon(ICONS[tool]),
      h("span", {}, label),
    );
  }

  async #act(tool: Tool, message: Message): Promise<void> {
    // The buttons go with the menu: the focus must not.
    if (this.#isOpen) message.focus();
    this.#open(false);
    if (tool === "report") message.openReport();
    else if (tool !== "copy") this.#actions[tool](message.entry);
    else {
      const isCopied = await copy(message.entry.text, message.body);
      const { copied, copyFailed } = this.#words;
      // A new node each time: otherwise the same words twice are announced once.
      if (message === this.#message)
        this.#told.replaceChildren(h("span", {}, isCopied ? copied : copyFailed));
    }
  }

  #open(isOpen: boolean): void {
    this.element.classList.toggle("open", isOpen);
    if (this.#message) setAttribute(this.#message.opener, "aria-expanded", String(isOpen));
  }

  get #isOpen(): boolean {
    return this.element.matches(".open");
  }
}
