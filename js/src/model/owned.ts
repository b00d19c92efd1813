/** What this tab stores of a conversation for each owner: who writes, or sent, it. */
import { TabStorage } from "./storage.ts";
import type { Command, Context, Request } from "./types.ts";

/** The stored name of what an owner is writing, or sent. */
export const named = (what: "draft" | "context" | "sent", owner: string) =>
  owner ? `${what}:${owner}` : what;

/** Removes from the storage of a conversation what is of these owners, except commands `but` those ops. */
export function eraseStored(key: string, owners: string[], but?: ReadonlySet<Request["op"]>): void {
  const storage = new TabStorage(key);
  for (const name of storage.names("")) {
    const [kind, ...rest] = name.split(":");
    const { op, owner = "" } =
      kind === "command"
        ? ((storage.read(name) ?? {}) as Partial<Command>)
        : { op: undefined, owner: rest.join(":") };
    if (owners.includes(owner) && !(op && but?.has(op))) storage.set(name, "");
  }
}

/** Removes from the storage what an owner was writing, and returns it. */
export function takeDraft(
  storage: TabStorage,
  owner: string,
): { draft: string; attached: Context } {
  const names = [named("draft", owner), named("context", owner)] as const;
  const [draft, context] = names;
  const taken = {
    draft: storage.get(draft) ?? "",
    attached: (storage.read(context) ?? {}) as Context,
  };
  for (const name of names) if (storage.get(name)) storage.set(name, "");
  return taken;
}
