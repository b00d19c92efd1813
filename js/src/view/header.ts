/** The line above the conversation: title, progress of the lesson, badge, and menu. */
import { button, DOTS, div, h, icon, setText, show } from "../dom.ts";
import type { Lesson } from "../model/session_state.ts";
import { progressOf, type Words } from "../words.ts";
import { Panel } from "./panel.ts";

export class Header {
  readonly element: HTMLElement;
  readonly #title = h("h2", { class: "title", dir: "auto" });
  readonly #bar = h("span", { class: "fill" });
  readonly #step = h("span");
  readonly #progress: HTMLElement;
  /** What is left of today's questions. */
  readonly #budget = h("div", { class: "budget", hidden: true });
  readonly #ai: HTMLElement;
  readonly #words: Words;
  readonly #menu: Menu;

  constructor(words: Words, badge: { button: HTMLElement; details: HTMLElement }, menu: Menu) {
    this.#menu = menu;
    this.#words = words;
    const { label, name } = words.ai;
    this.#ai = h("span", { class: "ai", role: "img", "aria-label": name, title: name }, label);
    const bar = h("span", { class: "bar", "aria-hidden": "true" }, this.#bar);
    this.#progress = h("div", { class: "progress", hidden: true }, bar, this.#step);
    this.element = h(
      "header",
      { class: "header" },
      div("lesson", this.#title, this.#progress, this.#budget),
      this.#ai,
      badge.button,
      badge.details,
      menu.button,
      menu.panel,
    );
  }

  update({ title, progress, ai }: Lesson): void {
    show(this.#ai, ai);
    setText(this.#menu.source, ai ? this.#words.ai.name : this.#words.menu.sourceNote);
    setText(this.#title, title || this.#words.chat);
    show(this.#progress, progress !== null);
    if (!progress) return;
    const { of, answered } = progress;
    setText(this.#step, progressOf(this.#words, progress));
    this.#bar.style.inlineSize = `${(100 * answered) / of}%`;
  }

  /** "": there is nothing to say of a budget. */
  updateBudget(words: string): void {
    setText(this.#budget, words);
    show(this.#budget, words !== "");
  }
}

export class Menu {
  readonly button: HTMLButtonElement;
  readonly panel: HTMLElement;
  /** Says in short where answers come from; the menu's part, which says it at length, may hide it. */
  readonly source = h("p", { class: "note" });

  constructor(
    { menu }: Words,
    /** Fills an element with the menu's choices, a part that the kernel sends. */
    fillMenu: (choices: HTMLElement, close: () => void) => unknown,
    panels: Set<Panel>,
  ) {
    this.button = button({ class: "menu quiet", "aria-label": menu.open }, icon(DOTS));
    const choices = h("div");
    this.panel = h("div", { id: "menu" }, choices, this.source);
    const opened = () => fillMenu(choices, () => panel.toggle(false));
    const panel = new Panel(this.button, this.panel, panels, opened);
  }
}
