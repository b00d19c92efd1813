/**
 * Decides what the live regions announce of a conversation: complete replies, never tokens, and what
 * failed. What they announce of the connection is in `outages.ts`.
 */

import { Timer } from "../lifetime.ts";
import { joined, spokenText } from "../markdown/spoken.ts";
import type { Conversation } from "../model/conversation.ts";
import { type Fault, isReply, type LogEvent } from "../model/types.ts";
import { fill } from "../template.ts";
import { inLine, sentenceOf, type Words } from "../words.ts";
import type { LiveRegions } from "./live_regions.ts";

/** A reply longer than this, in characters, is announced by its first sentence. */
const LONG = 500;
const STILL_AFTER = 30_000;
/** More replies than this at once are announced by their number. */
const MANY = 3;

export class Narrator {
  readonly #conversation: Conversation;
  #lastSeq: number;
  #status: string;
  #key: string;
  #answering: string | null = null;
  readonly #still: Timer;
  #failed: Set<string>;
  #reported: Set<string>;
  #end: string | null;
  /** The notes that are shown between header and log. */
  #noted: string[] = [];
  readonly #regions: LiveRegions;
  readonly #words: () => Words;
  /** Called at each news, with the number of answers in it: by one of the chats of a conversation here. */
  readonly #answered: (n: number) => void;

  constructor(
    conversation: Conversation,
    regions: LiveRegions,
    words: () => Words,
    signal: AbortSignal,
    answered: (n: number) => void = () => undefined,
  ) {
    this.#regions = regions;
    this.#words = words;
    this.#answered = answered;
    this.#conversation = conversation;
    this.#still = new Timer(signal);
    this.#lastSeq = lastSeq(this.#events);
    this.#key = conversation.traits._view.key;
    this.#status = conversation.traits.status;
    this.#failed = new Set(this.#failures().keys());
    this.#reported = this.#reports();
    this.#end = conversation.end;
    conversation.subscribe(() => this.#announceChanges(), signal);
  }

  /** `about`: what `text` is news of, the same in every language. */
  #announceStatus(text: string, about: string): void {
    this.#regions.announce("status", text, about);
  }

  get #events(): LogEvent[] {
    return this.#conversation.traits.history.filter((item) => !isReply(item));
  }

  #announceChanges(): void {
    this.#announceReplies();
    this.#announceAnswering();
    this.#announceFailures();
    this.#announceReports();
    this.#announceEnd();
    this.#announceNotes();
  }

  #announceReplies(): void {
    const { history, status, _view } = this.#conversation.traits;
    const events = this.#events;
    const last = lastSeq(events);
    // Another log, or one that a kernel just loaded: it is not news, but for a single greeting.
    const found = this.#status === "connecting" && last > 1;
    const other = found || last < this.#lastSeq || _view.key !== this.#key;
    const fresh = other ? [] : history.filter((item) => !isReply(item) && item.seq > this.#lastSeq);
    this.#lastSeq = last;
    this.#key = _view.key;
    this.#status = status;
    const announced = (fresh as LogEvent[]).filter(({ role, text }) => role !== "learner" && text);
    const isSpoken = this.#regions.announce("reply", this.#spokenOf(announced), `event ${last}`);
    if (fresh.length) this.#answered(isSpoken ? announced.length : 0);
  }

  #spokenOf(events: LogEvent[]): string {
    if (events.length > MANY) return fill(this.#words().jumpNew, { n: events.length });
    const replies = events.map((event) => this.#spoken(event));
    return joined(replies, this.#words().spoken.stop);
  }

  #spoken({ text, role, by }: LogEvent): string {
    const { spoken } = this.#words();
    const plain = this.#plain(text);
    if (by) return `${by}: ${plain}`;
    if (role === "notice") return fill(spoken.notice, { text: plain });
    if (plain.length <= LONG) return fill(spoken.reply, { text: plain });
    return fill(spoken.long, {
      sentence: firstSentence(plain),
      n: plain.match(WORDS)?.length ?? 0,
    });
  }

  /** In a reply that code makes too long to be read whole, code is announced by its lines. */
  #plain(text: string): string {
    const whole = spokenText(text, this.#words());
    return whole.length <= LONG ? whole : spokenText(text, this.#words(), 0);
  }

  /**
   * Announces a reply at its start, and once more when it takes long; also that it waits for its turn,
   * with the first place only, and for a person's approval.
   */
  #announceAnswering(): void {
    const last = this.#conversation.traits.history.at(-1);
    const words = this.#words();
    const { message, spoken } = words;
    const { re, place, held } = isReply(last) ? last : { re: null };
    const what = held ? "held" : place === undefined ? "answering" : "inLine";
    const answering = re === null ? null : `${what} ${re}`;
    if (answering === this.#answering) return;
    this.#answering = answering;
    this.#still.stop();
    if (answering === null) return;
    if (what !== "answering") {
      this.#announceStatus(held ? message.held : inLine(words, place ?? 0), answering);
      return;
    }
    this.#announceStatus(spoken.answering, answering);
    const still = () => this.#announceStatus(spoken.stillAnswering, `still ${answering}`);
    this.#still.start(STILL_AFTER, still);
  }

  #reports(): Set<string> {
    const reports = Object.entries(this.#conversation.traits._view.reports ?? {});
    return new Set(reports.flatMap(([id, state]) => (state === "reported" ? [id] : [])));
  }

  #announceReports(): void {
    const before = this.#reported;
    this.#reported = this.#reports();
    const fresh = [...this.#reported].some((id) => !before.has(id));
    if (fresh) this.#announceStatus(this.#words().spoken.reported, "reported");
  }

  /** That the conversation is being deleted. That it is deleted is announced as a failure. */
  #announceEnd(): void {
    const before = this.#end;
    this.#end = this.#conversation.end;
    if (this.#end === before) return;
    if (this.#end === "erasing") this.#announceStatus(this.#words().erasing, "erasing");
  }

  /** Messages that were not sent, with the reason. */
  #failures(): Map<string, Fault> {
    const failures = new Map<string, Fault>();
    for (const { id, status, reason, code } of this.#conversation.traits.queue) {
      if (status === "failed") failures.set(id, { error: reason, code });
    }
    for (const { id, error, code, args } of this.#conversation.unacknowledged) {
      if (error) failures.set(id, { error, code, args });
    }
    return failures;
  }

  #announceFailures(): void {
    const failures = this.#failures();
    const fresh = [...failures].filter(([id]) => !this.#failed.has(id));
    this.#failed = new Set(failures.keys());
    const [first] = fresh;
    if (!first) return;
    const reason = this.#sentence(first[1]);
    const text = fill(this.#words().spoken.notSent, { reason });
    this.#regions.announce("alert", text, `not sent: ${first[0]}`);
  }

  /** Commands that failed, and what the kernel warns of. */
  #announceNotes(): void {
    const { commandError, traits } = this.#conversation;
    const { warning, warning_code: code, warning_args: args } = traits._view;
    const notes = [commandError ?? { error: "" }, { error: warning, code, args }];
    const fresh = notes.filter(({ error }) => !this.#noted.includes(error));
    this.#noted = notes.map(({ error }) => error);
    const whole = (said: string[]) => said.join(" ").trim();
    this.#announceStatus(
      whole(fresh.map((note) => this.#sentence(note))),
      whole(fresh.map(({ error }) => error)),
    );
  }

  #sentence(fault: Fault): string {
    return sentenceOf(this.#words(), fault, fault.error);
  }
}

const lastSeq = (events: LogEvent[]): number => events.at(-1)?.seq ?? 0;

/** Chinese writes no spaces: there a character counts, as its readers count. */
const WORDS = /\p{sc=Han}|[^\s\p{sc=Han}]+/gu;

const firstSentence = (text: string): string =>
  /^.{1,300}?(?:[.!?…](?=\s|$)|[。！？])/su.exec(text)?.[0] ?? `${text.slice(0, 200)}…`;
