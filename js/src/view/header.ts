/** The line above the conversation: title, progress of the lesson, badge, and menu. */
import { button, DOTS, h, icon, setText, show } from "../dom.ts";
import type { Lesson } from "../model/session_state.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";
import { Panel } from "./panel.ts";

export class Header {
  readonly element: HTMLElement;
  readonly #title = h("h2", { class: "title", dir: "auto" });
  readonly #bar = h("span", { class: "fill" });
  readonly #step = h("span");
  readonly #progress: HTMLElement;

  constructor(
    private readonly words: Words,
    badge: { button: HTMLElement; details: HTMLElement },
    menu: Menu,
  ) {
    const bar = h("span", { class: "bar", "aria-hidden": "true" }, this.#bar);
    this.#progress = h("div", { class: "progress", hidden: true }, bar, this.#step);
    this.element = h(
      "header",
      { class: "header" },
      h("div", { class: "lesson" }, this.#title, this.#progress),
      badge.button,
      badge.details,
      menu.button,
      menu.panel,
    );
  }

  update({ title, progress }: Lesson): void {
    setText(this.#title, title || this.words.chat);
    show(this.#progress, progress !== null);
    if (!progress) return;
    const { step, of, answered } = progress;
    const template = answered === of ? this.words.progressDone : this.words.progress;
    setText(this.#step, fill(template, { step, of }));
    this.#bar.style.inlineSize = `${(100 * answered) / of}%`;
  }
}

export class Menu {
  readonly button: HTMLButtonElement;
  readonly panel: HTMLElement;

  constructor(
    { menu }: Words,
    /** Fills an element with the menu's choices, a part that the kernel sends. */
    fillMenu: (choices: HTMLElement, close: () => void) => unknown,
    panels: Set<Panel>,
    /** The notebook file may hold the conversation. */
    isSaved: boolean,
  ) {
    this.button = button({ class: "menu quiet", "aria-label": menu.open }, icon(DOTS));
    const choices = h("div");
    this.panel = h(
      "div",
      { id: "menu" },
      choices,
      h("p", { class: "note" }, isSaved ? menu.savedNote : menu.unsavedNote),
      h("p", { class: "note" }, menu.sourceNote),
    );
    const opened = () => fillMenu(choices, () => panel.toggle(false));
    const panel = new Panel(this.button, this.panel, panels, opened);
  }
}
