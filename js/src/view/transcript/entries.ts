/**
 * The order of the transcript: each reply below the message that it answers, then unanswered messages;
 * unprompted messages by their position in the log. So nothing moves when a message is sent while a
 * reply streams, nor when a queued message becomes an event of the log.
 */
import type { Pending } from "../../model/commands.ts";
import {
  type Context,
  type HistoryItem,
  isReply,
  type LogEvent,
  type QueueItem,
  type QueueStatus,
  type Shared,
} from "../../model/types.ts";
import type { Args } from "../../template.ts";

/** The last time that a `Date` can have. A server may name a later one. */
const LATEST = 864e13;

export type EntryState = "said" | "waiting" | QueueStatus | "streaming" | "stopped" | "broken";

export type ReportState = "offered" | "waiting" | "reported";

/** One message as it is drawn. */
export interface Entry {
  /** Stays the same from typing to the log. */
  key: string;
  id: string;
  role: "learner" | "tutor" | "notice";
  text: string;
  at: number | null;
  state: EntryState;
  reason: string;
  code?: string | undefined;
  args?: Args | undefined;
  re: string;
  place: number | null;
  held?: boolean | undefined;
  /** The person who wrote a notice. */
  by?: string | undefined;
  /** Of a tutor's message: it can be reported, or what became of that. */
  report?: ReportState | undefined;
  /** Of an answer that is not whole: it is the newest message, and there is a part of it. */
  canGoOn?: boolean | undefined;
  /** … and its question is here, or may be among earlier messages. */
  canAskAgain?: boolean | undefined;
  /** What was shared with it, in short. */
  shared?: Shared | undefined;
  /** What was shared with it, in full while it can be taken back. */
  context?: Context | undefined;
}

export function arrange(
  history: HistoryItem[],
  queue: QueueItem[],
  unacknowledged: Pending[],
  reportOf: (id: string) => ReportState | undefined = () => undefined,
  /** There are earlier messages than those of `history`. */
  hasOlder = false,
): Entry[] {
  const asked = new Set<string>();
  for (const item of history) if (!isReply(item) && item.role === "learner") asked.add(item.id);
  for (const item of queue) asked.add(item.id);

  const answers = new Map<string, Entry>();
  const roots: Entry[] = [];
  for (const item of history) {
    const entry = isReply(item) || item.role === "tutor" ? replyEntry(item) : eventEntry(item);
    if (!isReply(item) && item.role === "tutor") entry.report = reportOf(item.id);
    if (entry.re && asked.has(entry.re) && !answers.has(entry.re)) answers.set(entry.re, entry);
    else roots.push(entry);
  }
  roots.push(...queue.map(queueEntry), ...unacknowledged.flatMap(unacknowledgedEntry));
  const entries = roots.flatMap((root) => {
    const answer = root.role === "learner" ? answers.get(root.id) : undefined;
    return answer ? [root, answer] : [root];
  });
  for (const entry of entries) {
    entry.canGoOn = entry === entries.at(-1) && isPart(entry);
    entry.canAskAgain = asked.has(entry.re) || (hasOlder && entry.re !== "");
  }
  return entries;
}

/** Whether each message of the learner has its whole answer, but for those that were not sent. */
export function areAnswered(entries: Entry[]): boolean {
  return entries.every(({ id, role, state }, i) => {
    if (role !== "learner") return state !== "streaming";
    return state === "failed" || entries[i + 1]?.re === id;
  });
}

/** A failed answer ends with a sentence that says so, as a block of its own; alone it is no part. */
const isPart = ({ state, text }: Entry): boolean =>
  state === "broken" ? text.trim().includes("\n\n") : text !== "";

/** Answers nothing, failed for no reason, waits in no line. */
const PLAIN = { reason: "", re: "", place: null } as const;

function eventEntry({ id, role, text, at, status, by, shared }: LogEvent): Entry {
  const state = status === "complete" ? "said" : status === "stopped" ? "stopped" : "broken";
  return { ...PLAIN, key: id, id, role, text, at: Math.min(at, LATEST), state, by, shared };
}

/** A reply's own id may change when it is generated anew, so the key is the message it answers. */
function replyEntry(item: HistoryItem): Entry {
  if (!isReply(item)) {
    const entry = eventEntry(item);
    return item.re ? { ...entry, key: `re:${item.re}`, re: item.re } : entry;
  }
  const { id, re, text, place = null, held } = item;
  const key = `re:${re}`;
  return { ...PLAIN, key, id, role: "tutor", text, at: null, state: "streaming", re, place, held };
}

function queueEntry({ id, text, at, status: state, reason, code, context }: QueueItem): Entry {
  const shared = sharedBy(context);
  const entry = { ...PLAIN, key: id, id, role: "learner", text, at, state, reason } as const;
  return { ...entry, code, shared, context };
}

function unacknowledgedEntry(pending: Pending): Entry[] {
  if (pending.op !== "say") return [];
  const { error = "", args } = pending;
  // As the queue will show it, except for its state.
  const item = queueEntry({ ...pending, status: "failed", reason: error });
  return [error ? { ...item, args } : { ...item, state: "waiting" }];
}

export const sharedBy = ({ error, cell }: Context = {}): Shared => ({
  error: error?.name,
  cell: cell !== undefined,
});
