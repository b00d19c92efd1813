/**
 * Commands to the kernel, kept until it acknowledges them.
 *
 * `model.send` may throw, or drop a message silently when there is no kernel, so only an
 * acknowledgement counts. Until then a command is sent again, under the same id, at growing
 * intervals: ids make that harmless. What the learner did on purpose outlives a reload.
 */
import type { TabStorage } from "./storage.ts";
import type { Command, Request } from "./types.ts";

/** Ops that outlive a reload. `new` is not among them: minutes later it would be a surprise. */
const KEPT = new Set<Request["op"]>(["say", "retry", "discard"]);
/** Ops that are worthless later. */
const ONCE = new Set<Request["op"]>(["nudge"]);
const RESEND_AFTER = [5, 10, 20, 40, 60]; // seconds; then once in 60 while the kernel may listen

export interface Pending {
  command: Command;
  /** When the learner did it, by this browser's clock. */
  at: number;
  /** The kernel's refusal, a sentence; the command is no longer sent. */
  error?: string;
}

export class Outbox {
  #items = new Map<string, Pending>();
  #storage: TabStorage;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round = 0;
  #closed = false;

  /**
   * `transmit` may fail; `listening` tells whether sending again could help at all;
   * `changed` is called whenever the pending commands are others than before.
   */
  constructor(
    storage: TabStorage,
    private readonly transmit: (command: Command) => void,
    private readonly listening: () => boolean,
    private readonly changed: () => void,
  ) {
    this.#storage = storage;
    this.#load();
  }

  /** All that is unacknowledged, oldest first. */
  get pending(): Pending[] {
    return [...this.#items.values()];
  }

  /** Since when the oldest command still waits for the kernel, in ms of this clock; or null. */
  waitingSince(op?: Request["op"]): number | null {
    const waiting = this.pending.filter((p) => !p.error && (!op || p.command.op === op));
    return waiting[0]?.at ?? null;
  }

  add(request: Request): string {
    const command: Command = { ...request, id: newId() };
    if (!ONCE.has(command.op)) this.#keep({ command, at: Date.now() });
    this.transmit(command);
    this.#schedule();
    return command.id;
  }

  /** The kernel has it (or refuses it). True if this was news. */
  settle(id: string, error?: string): boolean {
    const item = this.#items.get(id);
    if (!item) return false;
    if (error && item.command.op === "say") this.#keep({ ...item, error });
    else this.drop(id);
    this.#round = 0;
    return true;
  }

  drop(id: string): void {
    if (!this.#items.delete(id)) return;
    this.#storage.set(`command:${id}`, "");
    this.#schedule();
    this.changed();
  }

  /** Send a refused message again, under its id. */
  retry(id: string): void {
    const item = this.#items.get(id);
    if (!item) return;
    this.#keep({ command: item.command, at: item.at });
    this.transmit(item.command);
    this.#schedule();
  }

  /** Send all again, now: the kernel is back, or may be. */
  resend(): void {
    for (const { command, error } of this.pending) if (!error) this.transmit(command);
    this.#round = 0;
    this.#schedule();
  }

  /** The conversation got its name, or another: what waits moves along. */
  moveTo(storage: TabStorage): void {
    for (const id of this.#items.keys()) this.#storage.set(`command:${id}`, "");
    this.#storage = storage;
    const moving = this.pending;
    this.#load();
    for (const item of moving) this.#keep(item);
    this.resend();
  }

  /** The kernel is free again: if that does not bring the acknowledgement, send again soon. */
  hurry(): void {
    this.#round = 0;
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #keep(item: Pending): void {
    const { command } = item;
    this.#supersede(command);
    this.#items.set(command.id, item);
    if (KEPT.has(command.op)) this.#storage.set(`command:${command.id}`, JSON.stringify(item));
    this.changed();
  }

  /** Only the last word on a view counts, and one request for the whole is enough. */
  #supersede(newer: Command): void {
    const about = subject(newer);
    for (const { command } of this.pending) {
      if (about && subject(command) === about) this.#items.delete(command.id);
    }
  }

  #load(): void {
    const items = this.#storage.names("command:").flatMap((name): Pending[] => {
      try {
        return [JSON.parse(this.#storage.get(name) ?? "") as Pending];
      } catch {
        return [];
      }
    });
    items.sort((a, b) => a.at - b.at);
    for (const item of items) this.#items.set(item.command.id, item);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#closed || this.waitingSince() === null) return;
    const seconds = RESEND_AFTER[Math.min(this.#round, RESEND_AFTER.length - 1)] ?? 60;
    this.#timer = setTimeout(() => {
      this.#round++;
      if (this.listening()) {
        for (const { command, error } of this.pending) if (!error) this.transmit(command);
      }
      this.#schedule();
    }, seconds * 1000);
  }
}

const subject = (command: Command): string | null =>
  command.op === "view" ? command.view : command.op === "sync" ? "sync" : null;

/** 128 bits of chance, as docs/comm.md allows an id to be written. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
