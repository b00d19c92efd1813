/**
 * Decides what the live regions announce of the connection: an outage once and its end once, what waits
 * meanwhile, and what cannot work; no countdowns, no attempts.
 */
import { Timer } from "../lifetime.ts";
import { joined } from "../markdown/spoken.ts";
import type { Conversation } from "../model/conversation.ts";
import { GRACE_PERIOD } from "../model/kernel.ts";
import { readLesson } from "../model/session_state.ts";
import { isReply } from "../model/types.ts";
import { fill } from "../template.ts";
import { progressOf, type Words } from "../words.ts";
import type { LiveRegions, Scope } from "./live_regions.ts";
import { timeInStatus } from "./situation.ts";
import type { Watch } from "./watch.ts";

/** In ms. Messages sent after a reconnection are counted, and a kernel may end, before it is announced. */
const SETTLE = 500;
/** These are announced only if they last so long. */
const SETTLING = new Set(["reconnected", "closed"]);
/** What all chats of a kernel, or of the page, have in common is announced once. */
const SCOPES: Record<string, Scope> = {
  stopped: "kernel",
  busy: "kernel",
  waiting: "kernel",
  offline: "page",
};
/** In these a message waits, and the badge's words do not count it. */
const HELD_UP = new Set(["closed", "failed", "stopped", "offline", "waiting"]);

export class Outages {
  #situation: string;
  /** All messages that ever waited: one that waits in two places is announced once. */
  readonly #waiting: Set<string>;
  readonly #settling: Timer;
  #wasConnected: boolean;
  /** What kept the first connection from being made, as it was announced. */
  #delay = "";
  readonly #conversation: Conversation;
  readonly #watch: Watch;
  readonly #regions: LiveRegions;
  readonly #words: () => Words;

  constructor(
    conversation: Conversation,
    watch: Watch,
    regions: LiveRegions,
    words: () => Words,
    signal: AbortSignal,
    /** A cell has just made the chat: how things stand is news, though nothing changes. */
    private readonly isNew = false,
  ) {
    this.#conversation = conversation;
    this.#watch = watch;
    this.#regions = regions;
    this.#words = words;
    this.#situation = isNew ? "connecting" : conversation.traits.status;
    this.#wasConnected = this.#situation === "connected";
    this.#waiting = new Set(watch.facts.waiting);
    this.#settling = new Timer(signal);
    watch.subscribe(() => this.#announceSituation(), signal);
  }

  /** `about`: what `text` is news of, the same in every language. */
  #announce(text: string, about: string, scope?: Scope): boolean {
    return this.#regions.announce("status", text, about, scope);
  }

  /** The badge's words, which differ by what they count. */
  #announceShown(): void {
    const { kind, words, n } = this.#watch.shown;
    this.#announce(words, `${kind} ${n}`, SCOPES[kind]);
  }

  /** With where the lesson stands, for who comes back to a conversation. */
  #announceConnected(): void {
    const { kind, words, n } = this.#watch.shown;
    const { session_state, _view } = this.#conversation.traits;
    const { title, progress } = readLesson(session_state);
    const { stop, comma } = this.#words().spoken;
    const isBack = !this.#wasConnected && this.#hasConversation;
    const stands = isBack ? [title, progress ? progressOf(this.#words(), progress) : ""] : [];
    const about = this.isNew && !this.#wasConnected ? `opened ${_view.model}` : `${kind} ${n}`;
    this.#announce(joined([words, joined(stands, comma)], stop), about);
  }

  /** Something was said, beyond a greeting. */
  get #hasConversation(): boolean {
    const { history } = this.#conversation.traits;
    return history.some((item) => !isReply(item) && item.seq > 1);
  }

  /** Why the first connection is not made yet, once; else that one message more waits for it. */
  #announceDelay(isMore: boolean): void {
    const { badge, spoken } = this.#words();
    const { connection } = this.#watch.facts;
    const { code, reason, advice } = connection;
    if (!this.#conversation.kernel.heardFrom || timeInStatus(this.#watch.facts) < GRACE_PERIOD)
      return;
    const why = code || reason;
    if (reason && why !== this.#delay) {
      const text = joined([badge.connecting, reason, advice], spoken.stop);
      if (this.#announce(text, `connecting: ${why}`)) this.#delay = why;
    } else if (isMore) this.#announceHeldUp("connecting", badge.connecting);
  }

  /** That a message waits, and for what. */
  #announceHeldUp(kind: string, words: string): void {
    const { spoken } = this.#words();
    const n = this.#watch.facts.waiting.size;
    const waiting = fill(spoken.waiting, { n });
    this.#announce(joined([words, waiting], spoken.stop), `${kind}, waiting ${n}`);
  }

  /** A message was written in the situation that is shown: its state is announced. */
  #announceWaiting(): void {
    const { kind, words } = this.#watch.shown;
    if (kind === "reconnecting" || kind === "busy") this.#announceShown();
    else if (HELD_UP.has(kind)) this.#announceHeldUp(kind, words);
  }

  #announceSituation(): void {
    // The kernel may be heard before the chat is drawn, and nobody hears what is said by then.
    if (this.isNew && !this.#regions.hasViews) return;
    const { kind, words } = this.#watch.shown;
    const before = this.#situation;
    const known = this.#waiting.size;
    for (const id of this.#watch.facts.waiting) this.#waiting.add(id);
    const isMore = this.#waiting.size > known;
    if (kind === "connecting") {
      this.#announceDelay(isMore);
      return;
    }
    this.#situation = kind;
    if (kind === before) {
      if (isMore) this.#announceWaiting();
    } else if (kind === "connected") {
      if (before !== "reconnected") this.#announceConnected();
      this.#wasConnected = true;
    } else if (kind === "reconnecting") this.#announce(this.#words().badge.reconnecting, kind);
    else if (kind === "failed") this.#announceFailure(words);
    else if (SETTLING.has(kind)) this.#settling.start(SETTLE, () => this.#announceSettled(kind));
    else this.#announceShown();
  }

  #announceSettled(kind: string): void {
    if (this.#watch.shown.kind === kind) this.#announceShown();
  }

  /** Interrupts speech only where the learner must act in the middle of a conversation. */
  #announceFailure(words: string): void {
    const { advice, code } = this.#watch.facts.connection;
    if (code === "erased") this.#regions.clear();
    const urgent = this.#wasConnected && code === "sign_in";
    const about = `failed: ${this.#conversation.traits.connection.reason}`;
    this.#regions.announce(urgent ? "alert" : "status", `${words} ${advice}`.trim(), about);
  }
}
