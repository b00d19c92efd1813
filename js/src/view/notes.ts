/** What must be said at length and stays until it is settled: a line each, between header and log. */
import { arrangeChildren, button, div, h, setText, show } from "../dom.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Watch } from "../status/watch.ts";
import { fill } from "../template.ts";
import { sentenceOf, type Words } from "../words.ts";
import type { Times } from "./times.ts";

export class Notes {
  readonly element = h("div", { class: "notes", "data-testid": "notes" });
  readonly #advice = div("advice resume");
  readonly #adviceWords = h("span");
  readonly #reconnect: HTMLButtonElement;
  readonly #warning = h("p", { class: "warning" });
  readonly #commandError = h("p", { class: "warning" });
  readonly #resume = div("resume");
  readonly #resumeWords = h("span");
  readonly #conversation: Conversation;
  readonly #watch: Watch;
  readonly #words: Words;
  readonly #times: Times;

  constructor(conversation: Conversation, watch: Watch, words: Words, times: Times) {
    this.#times = times;
    this.#conversation = conversation;
    this.#watch = watch;
    this.#words = words;
    const asking = (op: "reconnect" | "continue" | "new", label: string) =>
      button({ onclick: () => conversation.request({ op }) }, label);
    this.#reconnect = asking("reconnect", words.details.reconnect);
    this.#advice.append(this.#adviceWords, this.#reconnect);
    this.#resume.append(
      this.#resumeWords,
      asking("continue", words.resumeGoOn),
      asking("new", words.resumeNew),
    );
  }

  update(): void {
    const { commandError, traits } = this.#conversation;
    const { resume, warning, warning_code, warning_args } = traits._view;
    const coded = { code: warning_code, args: warning_args };
    const advice = this.#adviceFor();
    setText(this.#adviceWords, advice);
    // The advice names this button.
    const isErased = this.#conversation.end === "erased"; // then the composer offers a new one
    show(this.#reconnect, this.#watch.shown.kind === "failed" && !isErased);
    setText(this.#warning, sentenceOf(this.#words, coded, warning));
    setText(
      this.#commandError,
      commandError ? sentenceOf(this.#words, commandError, commandError.error) : "",
    );
    if (resume) {
      setText(this.#resumeWords, fill(this.#words.resume, { day: this.#times.day(resume.at) }));
    }
    const notes = [this.#warning, this.#commandError].filter((note) => note.textContent);
    if (advice) notes.unshift(this.#advice);
    if (resume) notes.push(this.#resume);
    arrangeChildren(this.element, notes);
    show(this.element, this.element.childElementCount > 0);
  }

  /** What the learner can do about the connection; that it comes back by itself is no advice. */
  #adviceFor(): string {
    const { reason, advice, status } = this.#watch.facts.connection;
    const { kind } = this.#watch.shown;
    if (kind === "failed") return advice;
    if (kind === "connecting") return [reason, advice].filter(Boolean).join(" ");
    if (kind === "reconnecting" && status === "reconnecting" && advice)
      return `${reason} ${advice}`;
    return "";
  }
}
