/** Decides what is worth saying aloud: complete replies and turns of events, never tokens or ticks. */

import { Timer } from "../lifetime.ts";
import { drawMarkdown } from "../markdown/draw.ts";
import type { Conversation } from "../model/conversation.ts";
import { type Fault, isReply, type LogEvent } from "../model/types.ts";
import { fill, sentenceOf, type Words } from "../words.ts";
import type { Announcer } from "./announcer.ts";
import type { Watch } from "./watch.ts";

/** A reply longer than this, in characters, is announced by its first sentence. */
const LONG = 500;
const STILL_AFTER = 30_000;
/** Messages sent on the way back are counted before the return is told. */
const SETTLE = 500;
const MANY = 3;

export class Narrator {
  #lastSeq: number;
  #status: string;
  #key: string;
  #situation: string;
  /** All messages that ever had to wait: one that waits in two places is told once. */
  readonly #waiting: Set<string>;
  #answering: string | null = null;
  readonly #still: Timer;
  readonly #return: Timer;
  #failed: Set<string>;
  #wasConnected: boolean;
  /** What stands between header and log for the eye. */
  #noted: string[] = [];

  constructor(
    private readonly conversation: Conversation,
    private readonly watch: Watch,
    private readonly announcer: Announcer,
    private readonly words: () => Words,
    signal: AbortSignal,
  ) {
    this.#still = new Timer(signal);
    this.#return = new Timer(signal);
    this.#lastSeq = lastSeq(this.#events);
    this.#key = conversation.traits._view.key;
    this.#situation = this.#status = conversation.traits.status;
    this.#wasConnected = this.#status === "connected";
    this.#waiting = new Set(watch.facts.waiting);
    this.#failed = new Set(this.#failures().keys());
    conversation.subscribe(() => this.#listen(), signal);
    watch.subscribe(() => this.#turn(), signal);
  }

  #tell(text: string): void {
    this.announcer.say("status", text);
  }

  get #events(): LogEvent[] {
    return this.conversation.traits.history.filter((item) => !isReply(item));
  }

  #listen(): void {
    this.#tellReplies();
    this.#tellAnswering();
    this.#tellFailures();
    this.#tellNotes();
  }

  #tellReplies(): void {
    const { history, status, _view } = this.conversation.traits;
    const events = this.#events;
    const last = lastSeq(events);
    // Another log, or one that a kernel just found: what it holds was not said now, but a greeting.
    const found = this.#status === "connecting" && last > 1;
    const other = found || last < this.#lastSeq || _view.key !== this.#key;
    const fresh = other ? [] : history.filter((item) => !isReply(item) && item.seq > this.#lastSeq);
    this.#lastSeq = last;
    this.#key = _view.key;
    this.#status = status;
    const told = (fresh as LogEvent[]).filter(({ role, text }) => role !== "learner" && text);
    if (told.length > MANY)
      this.announcer.say("reply", fill(this.words().jumpNew, { n: told.length }));
    else this.announcer.say("reply", told.map((event) => this.#spoken(event)).join(" "));
  }

  #spoken({ text, role }: LogEvent): string {
    const { spoken } = this.words();
    const plain = plainText(text, this.words());
    if (role === "notice") return fill(spoken.notice, { text: plain });
    if (plain.length <= LONG) return fill(spoken.reply, { text: plain });
    return fill(spoken.long, {
      sentence: firstSentence(plain),
      n: plain.match(WORDS)?.length ?? 0,
    });
  }

  /** Once at its start and once more when it takes long; never by the token. */
  #tellAnswering(): void {
    const last = this.conversation.traits.history.at(-1);
    const re = isReply(last) && last.place === undefined ? last.re : null;
    if (re === this.#answering) return;
    this.#answering = re;
    this.#still.stop();
    if (re === null) return;
    const { answering, stillAnswering } = this.words().spoken;
    this.#tell(answering);
    this.#still.start(STILL_AFTER, () => this.#tell(stillAnswering));
  }

  /** Messages that were not sent, with the reason. */
  #failures(): Map<string, Fault> {
    const failures = new Map<string, Fault>();
    for (const { id, status, reason, code } of this.conversation.traits.queue) {
      if (status === "failed") failures.set(id, { error: reason, code });
    }
    for (const { id, error, code, args } of this.conversation.unacknowledged) {
      if (error) failures.set(id, { error, code, args });
    }
    return failures;
  }

  #tellFailures(): void {
    const failures = this.#failures();
    const fresh = [...failures].filter(([id]) => !this.#failed.has(id));
    this.#failed = new Set(failures.keys());
    const [first] = fresh;
    if (!first) return;
    const reason = this.#sentence(first[1]);
    this.announcer.say("alert", fill(this.words().spoken.notSent, { reason }));
  }

  /** Commands that failed, and what the kernel warns of. */
  #tellNotes(): void {
    const { commandError, traits } = this.conversation;
    const { warning, warning_code: code, warning_args: args } = traits._view;
    const notes = [commandError ?? { error: "" }, { error: warning, code, args }];
    const fresh = notes.filter(({ error }) => !this.#noted.includes(error));
    this.#noted = notes.map(({ error }) => error);
    this.#tell(
      fresh
        .map((note) => this.#sentence(note))
        .join(" ")
        .trim(),
    );
  }

  #sentence(fault: Fault): string {
    return sentenceOf(this.words(), fault, fault.error);
  }

  /** An outage is told once, and so is the return; no countdown, no attempts. */
  #turn(): void {
    const { kind, words } = this.watch.shown;
    const before = this.#situation;
    const known = this.#waiting.size;
    for (const id of this.watch.facts.waiting) this.#waiting.add(id);
    if (kind === before) {
      // Who writes all the same hears what became of it.
      if (kind === "reconnecting" && this.#waiting.size > known) this.#tell(words);
      return;
    }
    if (kind === "connecting") return;
    this.#situation = kind;
    switch (kind) {
      case "connected":
        if (before !== "reconnected") this.#tell(words);
        this.#wasConnected = true;
        break;
      case "reconnecting":
        this.#tell(this.words().badge.reconnecting);
        break;
      case "reconnected":
        this.#tellReturn();
        break;
      case "failed":
        this.#tellFatal(words);
        break;
      default:
        this.#tell(words);
    }
  }

  #tellReturn(): void {
    this.#return.start(SETTLE, () => {
      const { kind, words } = this.watch.shown;
      if (kind === "reconnected") this.#tell(words);
    });
  }

  /** It interrupts only where it is the learner who must act, in the middle of a conversation. */
  #tellFatal(words: string): void {
    const { advice, code } = this.watch.facts.connection;
    const urgent = this.#wasConnected && code === "sign_in";
    this.announcer.say(urgent ? "alert" : "status", `${words} ${advice}`.trim());
  }
}

const lastSeq = (events: LogEvent[]): number => events.at(-1)?.seq ?? 0;

/** Chinese writes no spaces: there a character counts, as its readers count. */
const WORDS = /\p{sc=Han}|[^\s\p{sc=Han}]+/gu;

const firstSentence = (text: string): string =>
  /^.{1,300}?(?:[.!?…](?=\s|$)|[。！？])/su.exec(text)?.[0] ?? `${text.slice(0, 200)}…`;

/** A message as it is read aloud: code by its length, a table by its rows. */
export function plainText(markdown: string, words: Words): string {
  const parts = drawMarkdown(markdown, words).map((node) => {
    for (const code of node.matches(".code") ? [node] : node.querySelectorAll(".code")) {
      const lines = (code.textContent ?? "").trimEnd().split("\n").length;
      code.replaceChildren(` ${fill(words.spoken.code, { n: lines })}. `);
    }
    for (const cell of node.querySelectorAll("th, td, li")) cell.append(", ");
    return node.textContent?.trim() ?? "";
  });
  return parts.join(" ").replace(/\s+/g, " ").replace(/,\s*$/, "").trim();
}
