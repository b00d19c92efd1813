/**
 * What went along with the newest messages, kept by this tab: so they can be asked again with it when
 * the kernel that knew it is gone.
 */
import type { TabStorage } from "./storage.ts";
import type { Context } from "./types.ts";

/** How many messages. What goes along with one has 32 KiB at most. */
const KEPT = 10;

type Sent = [id: string, context: Context][];

export function keepSent(storage: TabStorage, name: string, id: string, context: Context): void {
  const kept: Sent = [...read(storage, name), [id, context]];
  storage.set(name, JSON.stringify(kept.slice(-KEPT)));
}

/** What went along with the message `id`, by the first of `names` that knows it. */
export function findSent(storage: TabStorage, names: string[], id: string): Context | undefined {
  const all = names.flatMap((name) => read(storage, name));
  return all.find(([known]) => known === id)?.[1];
}

function read(storage: TabStorage, name: string): Sent {
  const kept = storage.read(name);
  return Array.isArray(kept) ? kept : [];
}
