/** One message of the transcript: author, time, text, and state. */

import { button, DOTS, div, fillWith, h, icon, setAttribute, setText, show } from "../../dom.ts";
import { drawMarkdown } from "../../markdown/draw.ts";
import { spokenText } from "../../markdown/spoken.ts";
import { MarkdownStream } from "../../markdown/stream.ts";
import { drawTyped } from "../../markdown/typed.ts";
import { beginning, cut } from "../../strings.ts";
import { fill } from "../../template.ts";
import { inLine, sentenceOf, type Words } from "../../words.ts";
import { sharedWords } from "../attachments.ts";
import type { Times } from "../times.ts";
import type { Entry, EntryState } from "./entries.ts";
import { type Tools, toolsOf } from "./tools.ts";

export interface MessageActions {
  edit(entry: Entry): void;
  retry(entry: Entry): void;
  discard(entry: Entry): void;
  stop(entry: Entry): void;
  /** Sends the question of an answer that is not whole again. */
  askAgain(entry: Entry): void;
  /** Asks for the rest of such an answer. */
  goOn(): void;
  /** Enhances final text with the parts that the kernel sends. */
  enhance(drawn: Element): void;
  /** Makes the form with which this message is reported: the part `report`. */
  reportForm(message: Message): Promise<Form>;
  /** What can be done with a message that arrived. */
  tools: Pick<Tools, "moveTo" | "toggle" | "key">;
  /** Holds the text of the message that has the focus, as it is read aloud. */
  reading: HTMLElement;
}

/** A form below a message. */
interface Form {
  open(): void;
  close(): void;
}

type Action = "edit" | "retry" | "discard" | "stop" | "goOn" | "askAgain";

const TAKE_BACK: Action[] = ["edit", "discard"];
/** What the learner may do with a message, by its state; an answer that is not whole: `Entry`. */
export const ACTIONS: Record<EntryState, Action[]> = {
  said: [],
  waiting: TAKE_BACK,
  saving: TAKE_BACK,
  queued: TAKE_BACK,
  sent: TAKE_BACK,
  withdrawing: [],
  failed: ["edit", "retry", "discard"],
  streaming: ["stop"],
  stopped: [],
  broken: [],
};

/** States that usually last an instant: they are shown after a second. */
const FLEETING = new Set<EntryState>(["waiting", "saving", "sent"]);

/** So much of a message, in UTF-16 units, is its description while it has the focus. */
const MAX_READ = 2_000;

/** The text of a message as elements. */
export const drawText = ({ role, text }: Pick<Entry, "role" | "text">, words: Words) =>
  role === "learner" ? drawTyped(text, words) : drawMarkdown(text, words);

/** What is to be said of a message that did not simply arrive; "" of any other. */
export function wordsOfState(entry: Entry, words: Words): string {
  const { message } = words;
  const { state, reason, text, place, held } = entry;
  switch (state) {
    case "said":
      return "";
    case "failed":
      return fill(message.failed, { reason: sentenceOf(words, entry, reason) });
    case "streaming":
      if (held) return message.held;
      if (place !== null) return inLine(words, place);
      return text ? "" : message.answering;
    case "broken":
      return message.replyFailed;
    default:
      return message[state];
  }
}

export class Message {
  readonly element: HTMLElement;
  /** The line above the text. */
  readonly meta: HTMLElement;
  /** Opens the menu of what can be done. */
  readonly opener: HTMLButtonElement;
  readonly #time = h("time");
  readonly body = div("body");
  readonly #shared = h("div", { class: "shared", hidden: true });
  readonly #footer = h("div", { class: "footer", hidden: true });
  readonly #state = h("span", { class: "state" });
  readonly #buttons = new Map<Action, HTMLButtonElement>();
  #report: Promise<Form> | null = null;
  /** Once it has been opened. */
  #form: Form | null = null;
  #entry: Entry;
  #stream: MarkdownStream | null = null;
  /** The final text that `body` shows. */
  #drawn: string | null = null;
  #signature = "";
  /** It has the focus itself, and `reading` holds its text. */
  #isRead = false;
  readonly #words: Words;
  readonly #times: Times;
  readonly #actions: MessageActions;

  constructor(entry: Entry, words: Words, times: Times, actions: MessageActions) {
    this.#words = words;
    this.#times = times;
    this.#actions = actions;
    this.#entry = entry;
    const { tools } = actions;
    this.opener = this.#newOpener();
    this.meta = h(
      "div",
      { class: "meta", onkeydown: (event: KeyboardEvent) => tools.key(event) },
      h("span", { class: "who", dir: "auto" }, this.#who),
      this.#time,
      this.opener,
    );
    this.#footer.append(this.#state);
    this.#footer.id = `footer-${entry.key}`;
    this.element = h(
      "article",
      {
        class: `message ${entry.role}`,
        tabindex: -1,
        "data-testid": "message",
        onpointerenter: () => tools.moveTo(this, false),
        onfocusin: () => tools.moveTo(this, true),
        onfocus: () => this.#read(),
        onblur: () => this.#describe(false),
      },
      this.meta,
      this.body,
      this.#shared,
      this.#footer,
    );
  }

  /** `connected`: the tutor is connected, so that `queued` usually lasts an instant too. */
  update(entry: Entry, connected: boolean): void {
    // Of thousands of messages most have not changed.
    const { code = "", reason, place, held, report, canGoOn, canAskAgain } = entry;
    const shown = [entry.state, entry.at, entry.id, place, held, report, code, reason];
    const what = [...shown, connected, canGoOn, canAskAgain];
    const signature = what.join(" ");
    if (signature === this.#signature && entry.text === this.#entry.text) return;
    this.#signature = signature;
    this.#entry = entry;
    const { state, at, role, id, text, shared } = entry;
    setAttribute(this.element, "data-state", state);
    setAttribute(this.element, "data-id", id || null);
    setAttribute(this.element, "aria-label", this.#name());
    setText(this.#time, at === null ? "" : this.#times.clock(at));
    if (at !== null) setAttribute(this.#time, "datetime", new Date(at).toISOString());
    if (state === "streaming") this.#write(text);
    else this.#draw(role, text);
    setText(this.#shared, sharedWords(shared ?? {}, this.#words));
    show(this.#shared, !!this.#shared.textContent);
    show(this.opener, toolsOf(entry, true).length > 0);
    if (report !== "offered") this.#form?.close();
    this.#drawFooter(connected);
  }

  #newOpener(): HTMLButtonElement {
    const { actions: label } = this.#words.message;
    const properties = {
      class: "tool opener",
      "aria-label": label,
      "aria-expanded": "false",
      title: label,
      tabindex: -1, // one of thousands: the arrow keys lead to the message, and Enter into it
      onclick: () => this.#actions.tools.toggle(this),
    };
    return button(properties, icon(DOTS));
  }

  get entry(): Entry {
    return this.#entry;
  }

  focus(): void {
    this.element.focus({ preventScroll: true });
  }

  async openReport(): Promise<void> {
    this.#report ??= this.#actions.reportForm(this);
    this.#form = await this.#report;
    this.#form.open();
  }

  close(): void {
    this.#stream?.close();
    this.#describe(false);
  }

  get #who(): string {
    const { role, by } = this.#entry;
    return by ?? this.#words[role === "learner" ? "you" : role];
  }

  #name(): string {
    const { at } = this.#entry;
    return at === null ? this.#who : `${this.#who}, ${this.#times.clock(at)}`;
  }

  #write(text: string): void {
    this.#drawn = null;
    if (!this.#stream) {
      this.body.replaceChildren();
      this.#stream = new MarkdownStream(this.body, this.#words, this.#actions.enhance);
    }
    this.#stream.write(text);
  }

  #draw(role: Entry["role"], text: string): void {
    if (this.#drawn === text) return;
    this.#drawn = text;
    if (this.#stream) {
      this.#stream.finish(text);
      this.#stream = null;
      return;
    }
    fillWith(this.body, drawText({ role, text }, this.#words));
    this.#actions.enhance(this.body);
  }

  get #offered(): Action[] {
    const { state, canGoOn, canAskAgain } = this.#entry;
    const isPart = state === "stopped" || state === "broken";
    if (!isPart) return ACTIONS[state];
    const offered: (Action | false | undefined)[] = [canGoOn && "goOn", canAskAgain && "askAgain"];
    return offered.filter((action) => !!action);
  }

  #drawFooter(connected: boolean): void {
    const { state } = this.#entry;
    const words = this.#stateWords();
    const actions = this.#offered;
    setText(this.#state, words);
    for (const action of actions) this.#button(action);
    for (const [action, made] of this.#buttons) show(made, actions.includes(action));
    show(this.#footer, words !== "" || actions.length > 0);
    this.#describe(this.#isRead);
    const late = FLEETING.has(state) || (state === "queued" && connected);
    this.#footer.classList.toggle("late", late);
  }

  /** Who comes to a message with the arrow keys hears its name and its description only. */
  #read(): void {
    const { role, text } = this.#entry;
    const source = beginning(text, 2 * MAX_READ);
    const spoken = role === "learner" ? source : spokenText(source, this.#words);
    const mark = source === text ? "" : "…";
    const shared = this.#shared.textContent ?? "";
    setText(this.#actions.reading, `${cut(spoken + mark, MAX_READ)} ${shared}`.trim());
    this.#describe(true);
  }

  /** `isRead`: the description begins with the text, of which nothing stays afterwards. */
  #describe(isRead: boolean): void {
    if (this.#isRead && !isRead) setText(this.#actions.reading, "");
    this.#isRead = isRead;
    const ids = [isRead && this.#actions.reading.id, !this.#footer.hidden && this.#footer.id];
    setAttribute(this.element, "aria-describedby", ids.filter(Boolean).join(" ") || null);
  }

  #button(action: Action): void {
    if (this.#buttons.has(action)) return;
    const onclick = () => {
      if (action === "stop") this.#stopping();
      this.#actions[action](this.#entry);
    };
    const made = button({ class: `action ${action}`, onclick }, this.#words.message[action]);
    // "Discard" stays last.
    this.#footer.insertBefore(made, this.#buttons.get("discard") ?? null);
    this.#buttons.set(action, made);
  }

  /** Not `disabled`: a disabled button loses the focus. */
  #stopping(): void {
    const stop = this.#buttons.get("stop");
    if (stop) setText(stop, this.#words.message.stopping);
  }

  #stateWords(): string {
    const { message } = this.#words;
    const { report } = this.#entry;
    const reported = { waiting: message.reporting, reported: message.reported, offered: "" };
    const state = wordsOfState(this.#entry, this.#words);
    return [state, report && reported[report]].filter(Boolean).join(" · ");
  }
}
