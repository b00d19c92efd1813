/**
 * The situation over time. An outage shorter than the grace period is not shown; the return from a
 * shown outage is shown for a while.
 */
import { GRACE_PERIOD } from "../model/kernel.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";
import { type Facts, type Situation, situated, situation, timeInStatus } from "./situation.ts";

/** How long "reconnected" is shown, in ms. */
const RETURN_SHOWN_FOR = 4_000;
/** How often a countdown, or a kernel that may turn out to be gone, is looked at, in ms. */
const CHECK_INTERVAL = 1_000;

interface Seen {
  shown: Situation;
  /** In how many ms to call `see` again; null: when something changes. */
  checkAfter: number | null;
}

export class Tracker {
  #outageSince: number | null = null;
  #outageShown = false;
  /** The ids of all messages that waited during this outage. */
  #waitedThrough = new Set<string>();
  #backSince: number | null = null;

  see(facts: Facts, words: Words): Seen {
    const actual = situation(facts, words);
    if (actual.kind === "reconnecting") return this.#outage(facts, actual, words);
    if (actual.kind === "connected") return this.#connected(facts, actual, words);
    this.#backSince = null;
    return { shown: actual, checkAfter: actual.ticking ? CHECK_INTERVAL : checkForStuck(facts) };
  }

  #outage(facts: Facts, actual: Situation, words: Words): Seen {
    // An outage that began before this page opened may be past its grace period already.
    this.#outageSince ??= facts.now - timeInStatus(facts);
    this.#backSince = null;
    for (const id of facts.waiting) this.#waitedThrough.add(id);
    const graceLeft = this.#outageSince + GRACE_PERIOD - facts.now;
    if (graceLeft > 0 && !this.#outageShown) {
      return { shown: situated("connected", words.badge.connected), checkAfter: graceLeft };
    }
    this.#outageShown = true;
    return { shown: actual, checkAfter: actual.ticking ? CHECK_INTERVAL : null };
  }

  #connected(facts: Facts, actual: Situation, words: Words): Seen {
    if (this.#outageShown) this.#backSince = facts.now;
    this.#outageSince = null;
    this.#outageShown = false;
    const left = this.#backSince === null ? 0 : this.#backSince + RETURN_SHOWN_FOR - facts.now;
    if (left <= 0) {
      this.#backSince = null;
      this.#waitedThrough.clear();
      return { shown: actual, checkAfter: checkForStuck(facts) };
    }
    // A message that was withdrawn or refused waits no more, but was not sent.
    const sent = [...this.#waitedThrough].filter(facts.isCommitted).length;
    const text = sent ? fill(words.badge.reconnectedSent, { n: sent }) : words.badge.reconnected;
    return { shown: { ...situated("reconnected", text), n: sent }, checkAfter: left };
  }
}

/** When a message to the kernel may count as stuck, or the kernel as gone. */
function checkForStuck({ unacknowledgedSince, now, kernel }: Facts): number | null {
  const graceLeft = unacknowledgedSince === null ? 0 : unacknowledgedSince + GRACE_PERIOD - now;
  if (graceLeft > 0) return graceLeft;
  return kernel === "waiting" || kernel === "busy" ? CHECK_INTERVAL : null;
}
