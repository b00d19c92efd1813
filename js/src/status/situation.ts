/**
 * What is the matter, in words: both hops, browser to kernel and kernel to tutor, seen as one.
 *
 * `situation` is pure. `Tracker` adds memory and patience: a blip of under 1.5 s is not shown, and
 * a return is celebrated for 4 s if, and only if, the outage had been shown.
 */
import { GRACE_PERIOD, type KernelState } from "../model/kernel.ts";
import type { Connection } from "../model/types.ts";
import { fill, type Words } from "../words.ts";

export const RETURN_SHOWN_FOR = 4_000;

export type Tone = "good" | "busy" | "warn" | "bad" | "off";

/** All that the badge is made from. Times are this browser's, in ms. */
export interface Facts {
  now: number;
  connection: Connection;
  /** When `connection` was learnt. */
  seen: number;
  kernel: KernelState;
  online: boolean;
  /** Since when the oldest message is unacknowledged by the kernel; or null. */
  unacknowledgedSince: number | null;
  /** The ids of all messages that the tutor does not have yet. */
  waiting: ReadonlySet<string>;
  /** Whether the tutor's log has a message. */
  isCommitted(id: string): boolean;
}

export interface Situation {
  kind: string;
  tone: Tone;
  words: string;
  /** The words change by themselves within a second: a countdown. */
  ticking?: boolean;
}

/** Whole seconds to the next try, or null when none is due; the kernel's clock is not ours. */
export function secondsToRetry({ connection, seen, now }: Facts): number | null {
  if (connection.retry_at === null) return null;
  const left = connection.retry_at - connection.now - (now - seen);
  return left > 0 ? Math.ceil(left / 1000) : null;
}

/** How long the connection has been as it is, in ms. */
export const timeInStatus = ({ connection, seen, now }: Facts): number =>
  Math.max(0, connection.now - connection.since) + (now - seen);

/** The first hop, if it is what stands in the way. */
function firstHop(facts: Facts, words: Words): Situation | null {
  const { kernel, unacknowledgedSince, now, online, connection } = facts;
  const stuck = unacknowledgedSince !== null && now - unacknowledgedSince >= GRACE_PERIOD;
  if (kernel === "saved") return { kind: "saved", tone: "off", words: words.badge.saved };
  if (kernel === "stopped") return { kind: "stopped", tone: "bad", words: words.badge.stopped };
  // Offline, a tutor on this very machine may still answer: then nothing is wrong.
  if (!online && (stuck || kernel === "away" || connection.status !== "connected")) {
    return { kind: "offline", tone: "warn", words: words.badge.offline };
  }
  if (stuck && kernel === "busy") return { kind: "busy", tone: "busy", words: words.badge.busy };
  if (kernel === "away" || (stuck && kernel === "waiting")) {
    return { kind: "waiting", tone: "warn", words: words.badge.waiting };
  }
  return null;
}

/** The situation as it is, without patience. */
export function situation(facts: Facts, words: Words): Situation {
  const { connection, waiting } = facts;
  const { badge } = words;
  const first = firstHop(facts, words);
  if (first) return first;
  const seconds = secondsToRetry(facts);
  const ticking = seconds !== null;
  switch (connection.status) {
    case "connected":
      return { kind: "connected", tone: "good", words: badge.connected };
    case "connecting": {
      const text = seconds === null ? badge.connecting : fill(badge.connectingIn, { seconds });
      return { kind: "connecting", tone: "busy", words: text, ticking };
    }
    case "reconnecting": {
      let text = seconds === null ? badge.reconnecting : fill(badge.reconnectingIn, { seconds });
      if (waiting.size) text = fill(badge.reconnectingWaiting, { n: waiting.size });
      return { kind: "reconnecting", tone: "warn", words: text, ticking };
    }
    case "closed":
      return { kind: "closed", tone: "off", words: badge.closed };
    case "failed":
      return { kind: "failed", tone: "bad", words: connection.reason || badge.failed };
    default:
      return connection.status satisfies never;
  }
}

/** The situation as it is shown. */
export class Tracker {
  #outageSince: number | null = null;
  #outageShown = false;
  #waitedThrough = new Set<string>();
  #backSince: number | null = null;

  /** What to show now, and in how many ms to ask again (null: when something changes). */
  see(facts: Facts, words: Words): { shown: Situation; again: number | null } {
    const real = situation(facts, words);
    if (real.kind === "reconnecting") return this.#outage(facts, real, words);
    if (real.kind === "connected") return this.#connected(facts, real, words);
    this.#backSince = null;
    return { shown: real, again: real.ticking ? 1000 : this.#checkAfter(facts) };
  }

  #outage(facts: Facts, real: Situation, words: Words) {
    // One that was going on before we came is shown at once.
    this.#outageSince ??= facts.now - timeInStatus(facts);
    this.#backSince = null;
    for (const id of facts.waiting) this.#waitedThrough.add(id);
    const left = this.#outageSince + GRACE_PERIOD - facts.now;
    if (left > 0 && !this.#outageShown) {
      const shown: Situation = { kind: "connected", tone: "good", words: words.badge.connected };
      return { shown, again: left };
    }
    this.#outageShown = true;
    return { shown: real, again: real.ticking ? 1000 : null };
  }

  #connected(facts: Facts, real: Situation, words: Words) {
    if (this.#outageShown) this.#backSince = facts.now;
    this.#outageSince = null;
    this.#outageShown = false;
    const left = this.#backSince === null ? 0 : this.#backSince + RETURN_SHOWN_FOR - facts.now;
    if (left <= 0) {
      this.#backSince = null;
      this.#waitedThrough.clear();
      return { shown: real, again: this.#checkAfter(facts) };
    }
    // What was taken back or refused waits no more, but was not sent.
    const sent = [...this.#waitedThrough].filter(facts.isCommitted).length;
    const text = sent ? fill(words.badge.reconnectedSent, { n: sent }) : words.badge.reconnected;
    return { shown: { kind: "reconnected", tone: "good" as const, words: text }, again: left };
  }

  /** A message on its way to the kernel becomes worth a word when it is stuck. */
  #checkAfter({ unacknowledgedSince, now, kernel }: Facts): number | null {
    const left = unacknowledgedSince === null ? 0 : unacknowledgedSince + GRACE_PERIOD - now;
    // A kernel that does not answer may, by and by, turn out to be none.
    return left > 0 ? left : kernel === "waiting" ? 1_000 : null;
  }
}
