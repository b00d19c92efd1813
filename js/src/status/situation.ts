/**
 * The connection status as a sentence: browser to kernel and kernel to tutor, shown as one.
 *
 * Pure: the same facts give the same situation. `Tracker` adds what depends on the past.
 */
import { GRACE_PERIOD, type KernelState } from "../model/kernel.ts";
import type { Connection } from "../model/types.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";

export type Tone = "good" | "busy" | "warn" | "bad" | "off";

/** Everything that the badge is made from. Times are in ms, by this browser's clock. */
export interface Facts {
  now: number;
  connection: Connection;
  /** When this browser received `connection`. */
  receivedAt: number;
  kernel: KernelState;
  online: boolean;
  /** Since when the oldest of what the learner pressed, or a probe, lacks the kernel's answer, or null. */
  unacknowledgedSince: number | null;
  /** Whether a message is among it. */
  isMessageStuck: boolean;
  /** The ids of all messages that the tutor does not have yet. */
  waiting: ReadonlySet<string>;
  /** Whether the tutor's log holds the message. */
  isCommitted(id: string): boolean;
}

const TONES = {
  connecting: "busy",
  connected: "good",
  reconnecting: "warn",
  reconnected: "good",
  offline: "warn",
  busy: "busy",
  waiting: "warn",
  stopped: "bad",
  saved: "off",
  closed: "off",
  failed: "bad",
} as const;

export interface Situation {
  kind: keyof typeof TONES;
  tone: Tone;
  words: string;
  /** How many messages the words count. */
  n?: number;
  /** The words hold a countdown in seconds. */
  ticking?: boolean;
}

/**
 * Whole seconds until the next attempt, or null when none is due. The kernel's clock may differ from
 * this one, so only differences between its own times count.
 */
export function secondsToRetry({ connection, receivedAt, now }: Facts): number | null {
  if (connection.retry_at === null) return null;
  const left = connection.retry_at - connection.now - (now - receivedAt);
  return left > 0 ? Math.ceil(left / 1000) : null;
}

/** How long the connection has had its status, in ms. */
export function timeInStatus({ connection, receivedAt, now }: Facts): number {
  const whenPublished = Math.max(0, connection.now - connection.since);
  return whenPublished + (now - receivedAt);
}

/** Whether the kernel leaves something unanswered for longer than a moment. */
export const isStuck = ({ unacknowledgedSince, now }: Facts): boolean =>
  unacknowledgedSince !== null && now - unacknowledgedSince >= GRACE_PERIOD;

/** The situation of a kind, in these words. */
export const situated = (kind: Situation["kind"], words: string): Situation => ({
  kind,
  tone: TONES[kind],
  words,
});

/** The situation now, without a grace period for short outages. */
export const situation = (facts: Facts, words: Words): Situation =>
  kernelSituation(facts, words) ?? tutorSituation(facts, words);

/** What keeps this browser from the kernel, or null. */
function kernelSituation(facts: Facts, { badge }: Words): Situation | null {
  const { kernel, online, connection, isMessageStuck } = facts;
  const stuck = isStuck(facts);
  if (kernel === "saved" || kernel === "stopped") return situated(kernel, badge[kernel]);
  // An offline browser may still reach a kernel and a tutor on the same machine.
  const obstructed = stuck || kernel === "away" || connection.status !== "connected";
  if (!online && obstructed) return situated("offline", badge.offline);
  if (stuck && kernel === "busy")
    return situated("busy", isMessageStuck ? badge.busy : badge.busyOther);
  if (kernel === "away" || (stuck && kernel === "waiting"))
    return situated("waiting", badge.waiting);
  return null;
}

/** The kernel's own connection to the tutor. */
function tutorSituation(facts: Facts, { badge }: Words): Situation {
  const { connection, waiting } = facts;
  const { status } = connection;
  const seconds = secondsToRetry(facts);
  const ticking = seconds !== null;
  switch (status) {
    case "connecting": {
      const text = seconds === null ? badge.connecting : fill(badge.connectingIn, { seconds });
      return { ...situated(status, text), ticking };
    }
    case "reconnecting": {
      let text = seconds === null ? badge.reconnecting : fill(badge.reconnectingIn, { seconds });
      if (waiting.size) text = fill(badge.reconnectingWaiting, { n: waiting.size });
      return { ...situated(status, text), n: waiting.size, ticking };
    }
    case "failed":
      return situated(status, connection.reason || badge.failed);
    default:
      return situated(status, badge[status]);
  }
}
