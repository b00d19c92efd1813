/** The badge: the connection status in words and an icon; a click opens the details. */
import { button, div, h, icon, setAttribute, setText, show } from "../dom.ts";
import { secondsToRetry, type Tone, timeInStatus } from "../status/situation.ts";
import type { Watch } from "../status/watch.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";
import { Panel } from "./panel.ts";
import type { Times } from "./times.ts";

/** Icons that differ by shape, not by colour alone (WCAG 2.2 SC 1.4.1). */
const DISC = "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2Z";
const SIGNS: Record<Tone, string> = {
  good: `${DISC}M11 5.5 7 9.6 5 7.6l-1 1 3 3 5-5Z`,
  busy: `${DISC}M7.3 4.5V9l3.2 1.7.7-1.2-2.4-1.3V4.5Z`,
  warn: "M8 1.5 15.2 14H.8ZM7.2 6l.2 4h1.2l.2-4Zm.1 5v1.6h1.4V11Z",
  bad: `${DISC}M6 5 5 6l2 2-2 2 1 1 2-2 2 2 1-1-2-2 2-2-1-1-2 2Z`,
  off: `${DISC}M5 7.3v1.4h6V7.3Z`,
};

export class Badge {
  readonly button: HTMLButtonElement;
  readonly details: HTMLElement;
  readonly #sign = icon("");
  readonly #words = h("span", { class: "words" });
  readonly #facts = h("dl");
  readonly #values = new Map<string, HTMLElement>();
  readonly #reconnect: HTMLButtonElement;
  readonly #watch: Watch;
  readonly #times: Times;

  constructor(
    watch: Watch,
    private readonly words: Words,
    times: Times,
    reconnect: () => void,
    panels: Set<Panel>,
    signal: AbortSignal,
  ) {
    this.#watch = watch;
    this.#times = times;
    this.button = button({ class: "badge", "data-testid": "badge" }, this.#sign, this.#words);
    const { title, reconnect: again, close } = words.details;
    this.#reconnect = button({ class: "primary", onclick: reconnect }, again);
    const closeButton = button({ onclick: () => panel.toggle(false) }, close);
    this.details = h(
      "div",
      { id: "details", role: "group", "aria-label": title, "data-testid": "badge-details" },
      this.#facts,
      div("buttons", this.#reconnect, closeButton),
    );
    const panel = new Panel(this.button, this.details, panels, () => this.#drawDetails());
    watch.subscribe(() => this.#draw(), signal);
    this.#draw();
  }

  #draw(): void {
    const { kind, tone, words } = this.#watch.shown;
    setAttribute(this.button, "data-situation", kind);
    setAttribute(this.button, "data-tone", tone);
    this.#sign.style.color = `var(--${tone})`;
    setAttribute(this.#sign.firstElementChild ?? this.#sign, "d", SIGNS[tone]);
    setText(this.#words, words);
    if (!this.details.hidden) this.#drawDetails();
  }

  #drawDetails(): void {
    const { details } = this.words;
    const { facts, shown } = this.#watch;
    const { connection, now, kernel, waiting } = facts;
    const ago = timeInStatus(facts);
    const seconds = secondsToRetry(facts);
    const trying = connection.status === "connecting" || connection.status === "reconnecting";
    const isGood = shown.tone === "good";
    const since = { time: this.#times.clock(now - ago), ago: this.#times.duration(ago) };
    const next = seconds === null ? details.nextTryNow : fill(details.nextTryIn, { seconds });
    const { outage } = connection;
    const rows: [name: string, value: string][] = [
      [details.server, connection.server],
      [details.kernel, details.kernelIs[kernel]],
      [details.since, fill(details.sinceAgo, since)],
      [details.attempt, trying && connection.attempt ? String(connection.attempt) : ""],
      [details.nextTry, trying ? next : ""],
      [details.waiting, waiting.size ? String(waiting.size) : ""],
      [details.lastOutage, outage && isGood ? this.#times.duration(outage * 1000) : ""],
      [details.reason, isGood ? "" : connection.reason],
      [details.advice, this.#kernelAdvice() || connection.advice || this.#noAdvice(trying)],
    ];
    for (const [name, value] of rows) this.#row(name, value);
  }

  #noAdvice(trying: boolean): string {
    const { allWell, nothingToDo } = this.words.details;
    if (this.#watch.shown.tone === "good") return allWell;
    return trying ? nothingToDo : "";
  }

  /** If the kernel is the problem, the badge's own words say what to do. */
  #kernelAdvice(): string {
    const { kind, words } = this.#watch.shown;
    return ["saved", "stopped", "offline", "busy"].includes(kind) ? words : "";
  }

  #row(name: string, value: string): void {
    let cell = this.#values.get(name);
    if (!cell) {
      cell = h("dd");
      this.#values.set(name, cell);
      this.#facts.append(h("div", {}, h("dt", {}, name), cell));
    }
    setText(cell, value);
    show(cell.parentElement ?? cell, value !== "");
  }
}
