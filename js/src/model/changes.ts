/** Applies the kernel's changes to the traits. Pure; the order is that of docs/comm.md. */
import {
  type Change,
  type HistoryItem,
  isReply,
  type LogEvent,
  type QueueItem,
  type Reply,
  type ReplyChange,
  type Traits,
} from "./types.ts";

/** The new values of the traits that `change` alters. Arrays are never changed in place. */
export function applied(traits: Traits, change: Change): Partial<Traits> {
  const next: Partial<Traits> = {};
  const queue = withQueue(traits.queue, change);
  if (queue !== traits.queue) next.queue = queue;
  const history = withHistory(traits.history, change);
  if (history !== traits.history) next.history = history;
  if (change.state) next.session_state = change.state;
  if (change.connection) {
    next.connection = change.connection;
    next.status = change.connection.status;
  }
  if (change.view) next._view = { ...traits._view, ...change.view };
  return next;
}

function withQueue(queue: QueueItem[], { queue: changed, gone, events }: Change): QueueItem[] {
  const leaving = new Set([...(gone ?? []), ...(events ?? []).map((event) => event.id)]);
  if (!changed?.length && !queue.some((item) => leaving.has(item.id))) return queue;
  const items = new Map(queue.map((item) => [item.id, item]));
  for (const item of changed ?? []) items.set(item.id, item);
  for (const id of leaving) items.delete(id);
  return [...items.values()];
}

function withHistory(history: HistoryItem[], change: Change): HistoryItem[] {
  const { events, reply, older } = change;
  if (!events?.length && reply === undefined && !older?.length) return history;
  const last = history.at(-1);
  let streaming = isReply(last) ? last : null;
  const log = (streaming ? history.slice(0, -1) : history) as LogEvent[];
  if (events?.some((event) => event.re !== undefined && event.re === streaming?.re)) {
    streaming = null;
  }
  if (reply !== undefined) streaming = reply && withReply(streaming, reply);
  return [...(older ?? []), ...log, ...(events ?? []), ...(streaming ? [streaming] : [])];
}

function withReply(old: Reply | null, change: ReplyChange): Reply | null {
  if (change.re !== undefined) {
    const { re, id, text, place, held } = change;
    const reply: Reply = { id, re, role: "tutor", text, status: "streaming" };
    if (place !== undefined) reply.place = place;
    if (held) reply.held = held;
    return reply;
  }
  // Numbered changes never continue a reply that did not begin; there is nothing to add to.
  if (!old) return null;
  const { place: _place, held: _held, ...rest } = old;
  return { ...rest, text: firstCodePoints(old.text, change.from) + change.text };
}

/** The first `count` code points of `text`; JavaScript itself counts UTF-16 units. */
export function firstCodePoints(text: string, count: number): string {
  let units = 0;
  for (let i = 0; i < count && units < text.length; i++) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, units);
}
