/**
 * Commands to the kernel, kept until it acknowledges them.
 *
 * `model.send` may throw, or drop a message silently when there is no kernel, so only an
 * acknowledgement counts. Until then a command is sent again under the same id, at growing intervals;
 * the kernel ignores repeated ids. The learner's own commands survive a reload.
 */
import { Timer } from "../lifetime.ts";
import type { TabStorage } from "./storage.ts";
import type { Command, Fault, Request } from "./types.ts";

/** Ops that survive a reload and have an owner. `new` does not: minutes later it would surprise. */
const PERSISTED = new Set<Request["op"]>(["say", "retry", "discard", "report", "erase"]);
/** Ops that are useless later: they are sent once. */
const NOT_RESENT = new Set<Request["op"]>(["nudge"]);
/** Ops that the page gives by itself, and parts that it asks for by itself. */
const UNASKED = new Set<Request["op"]>(["view", "words", "nudge", "notebook"]);
const UNASKED_PARTS = new Set(["budget", "math", "notebook", "python", "unseen"]);
const RESEND_AFTER = [5, 10, 20, 40]; // seconds; then once in 60 while the kernel may listen

export type Pending = Command &
  /** The kernel's refusal. A refused command is not sent again. */
  Partial<Fault> & {
    /** When the command was given, in ms by this browser's clock. */
    at: number;
  };

export class CommandQueue {
  #items = new Map<string, Pending>();
  #storage: TabStorage;
  /** See `View`. The pending commands are theirs. */
  #owners = [""];
  /** Ids refused because another account has signed in. No timer sends them: an idle chat is silent. */
  readonly #foreign = new Set<string>();
  readonly #timer: Timer;
  #round = 0;
  readonly #transmit: (command: Command) => void;
  readonly #canResend: () => boolean;
  readonly #changed: () => void;

  /**
   * `transmit` may fail; `canResend` says whether sending again could help; `changed` is called
   * when the pending commands have changed.
   */
  constructor(
    storage: TabStorage,
    transmit: (command: Command) => void,
    canResend: () => boolean,
    changed: () => void,
    signal: AbortSignal,
  ) {
    this.#transmit = transmit;
    this.#canResend = canResend;
    this.#changed = changed;
    this.#timer = new Timer(signal);
    this.#storage = storage;
    this.#load();
  }

  /** The unacknowledged commands, oldest first. */
  get pending(): Pending[] {
    return [...this.#items.values()];
  }

  /** Since when the oldest command waits for the kernel, in ms by this browser's clock, or null. */
  waitingSince(op?: Request["op"]): number | null {
    return this.#oldest((command) => !op || command.op === op);
  }

  /** The same of what the learner pressed. */
  pressedSince(): number | null {
    return this.#oldest(isPressed);
  }

  #oldest(isMeant: (command: Pending) => boolean): number | null {
    const oldest = this.pending.find(
      (command) => !command.error && !this.#foreign.has(command.id) && isMeant(command),
    );
    return oldest?.at ?? null;
  }

  add(request: Request): string {
    const command = this.#owned({ ...request, id: newId() });
    if (!NOT_RESENT.has(command.op)) this.#keep({ ...command, at: Date.now() });
    // An earlier message may be lost: this one must not overtake it.
    if (command.op === "say") this.#transmitAll("say");
    else this.#transmit(command);
    this.#schedule();
    return command.id;
  }

  /**
   * Records the kernel's acknowledgement or refusal. Returns whether that settles a pending command.
   * One refused because another account has signed in waits for its owner, who is no longer here.
   */
  settle(id: string, fault?: Fault): boolean {
    const item = this.#items.get(id);
    if (!item) return false;
    if (fault?.code === "other_sign_in") {
      this.#foreign.add(id);
      this.#schedule();
      return false;
    }
    this.#round = 0;
    if (fault && item.op === "say") this.#keep({ ...item, ...fault });
    else this.drop(id);
    return true;
  }

  drop(id: string): void {
    if (!this.#items.delete(id)) return;
    this.#storage.set(`command:${id}`, "");
    this.#schedule();
    this.#changed();
  }

  /** Drops what was given in a conversation that is deleted, except commands of the ops in `but`. */
  forget(but?: ReadonlySet<Request["op"]>): void {
    for (const { op, id } of this.pending) if (PERSISTED.has(op) && !but?.has(op)) this.drop(id);
  }

  /** Sends a refused message again under its id. */
  retry(id: string): void {
    const item = this.#items.get(id);
    if (!item) return;
    const { error: _error, code: _code, args: _args, ...again } = item;
    this.#keep(again);
    this.resend();
  }

  /** Sends all again at once: the kernel may be back. */
  resend(): void {
    this.#transmitAll();
    this.resendSoon();
  }

  /**
   * Follows the conversation to its storage, and to its owners: their commands become the last
   * owner's. Those of others stay stored where they are, and those that mean another conversation.
   */
  follow(storage: TabStorage, owners: string[]): void {
    this.#owners = owners;
    const means = (item: Pending) => !("key" in item) || item.key === storage.key;
    const moving = this.pending.filter((item) => this.#isOwn(item) && means(item));
    for (const { id } of moving) this.#storage.set(`command:${id}`, "");
    this.#items = new Map(moving.map((item) => [item.id, item]));
    this.#storage = storage;
    this.#load();
    for (const item of this.pending) this.#keep(this.#owned(item));
    this.resend();
    this.#changed();
  }

  /** The kernel is idle: commands without an acknowledgement are sent again after the first interval. */
  resendSoon(): void {
    this.#round = 0;
    this.#schedule();
  }

  #keep(item: Pending): void {
    const { op, id } = item;
    this.#supersede(item);
    this.#items.set(id, item);
    if (PERSISTED.has(op)) this.#storage.set(`command:${id}`, JSON.stringify(item));
    this.#changed();
  }

  #owned<Given extends Command>(command: Given): Given {
    return PERSISTED.has(command.op)
      ? { ...command, owner: this.#owners.at(-1) || undefined }
      : command;
  }

  /** What 0.1 stored has no owner: it is of the environment's credentials, whose name is "". */
  #isOwn({ op, owner = "" }: Pending): boolean {
    return !PERSISTED.has(op) || this.#owners.includes(owner);
  }

  #transmitAll(op?: Request["op"]): void {
    this.#foreign.clear();
    for (const { at, error, code, args, ...command } of this.pending) {
      if (!error && (!op || op === command.op)) this.#transmit(command);
    }
  }

  /** Of several commands about one view only the last is kept. */
  #supersede(newer: Command): void {
    for (const older of this.pending) {
      if (newer.op === "view" && older.op === "view" && newer.view === older.view) {
        this.#items.delete(older.id);
      }
    }
  }

  #load(): void {
    const kept = this.#storage.names("command:").flatMap((name): Pending[] => {
      const item = this.#storage.read(name) as Pending | undefined;
      return item && this.#isOwn(item) ? [item] : [];
    });
    // Stored commands come first where times are equal: they are from before the reload.
    const items = [...kept, ...this.pending].sort((a, b) => a.at - b.at);
    this.#items = new Map(items.map((item) => [item.id, item]));
  }

  #schedule(): void {
    this.#timer.stop();
    if (this.waitingSince() === null) return;
    const seconds = RESEND_AFTER[this.#round] ?? 60;
    this.#timer.start(seconds * 1000, () => {
      this.#round++;
      if (this.#canResend()) this.#transmitAll();
      this.#schedule();
    });
  }
}

/** Whether the learner pressed something for it: the page did not make it by itself. */
export const isPressed = (request: Request): boolean =>
  !UNASKED.has(request.op) && !(request.op === "part" && UNASKED_PARTS.has(request.name));

/** A new id of 128 random bits, in the form that docs/comm.md allows. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
