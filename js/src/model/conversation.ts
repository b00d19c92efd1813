/**
 * One conversation as the browser knows it: the kernel's traits, the numbered changes to them, and
 * the learner's commands on their way. Lives as long as the anywidget model; views only read it.
 *
 * Nothing here ever calls `save_changes()`: the kernel's traits are the truth, what is set here is
 * the browser's copy of it, which a saved notebook then holds.
 */
import type { AnyModel } from "@anywidget/types";
import { atEnd, listen } from "../lifetime.ts";
import { applied } from "./changes.ts";
import { Kernel, type KernelState } from "./kernel.ts";
import { Outbox, type Pending } from "./outbox.ts";
import { Parts } from "./parts.ts";
import { TabStorage } from "./storage.ts";
import type { Acknowledgement, Change, Command, Fault, Request, Traits } from "./types.ts";

export type Model = AnyModel<Traits & { [key: string]: unknown }>;

const TRAITS = [
  "_n",
  "status",
  "connection",
  "queue",
  "history",
  "session_state",
  "_view",
  "_words",
] as const satisfies (keyof Traits)[];

/** What a kernel published less than so many ms ago, it still stands behind. */
const RECENT = 60_000;

export class Conversation {
  readonly outbox: Outbox;
  readonly kernel: Kernel;
  readonly parts = new Parts((name) => this.ask({ op: "part", name }));
  /** When this browser learnt of `connection`, by its own clock. */
  connectionReceivedAt = Date.now();
  /** What went wrong with the last command that is no message. */
  commandError: Fault | null = null;
  /** What is being written: one text in all views. */
  draft = "";
  #storage: TabStorage;
  /** What this page shows, by the ids that the kernel knows views by. */
  #views = new Set<string>();
  /** What is done with the answer to a question, by its id. */
  #asked = new Map<string, (answer: unknown) => void>();
  #listeners = new Set<() => void>();
  #drawing = false;
  /** We are setting traits ourselves. */
  #applying = false;

  constructor(
    private readonly model: Model,
    private readonly signal: AbortSignal,
  ) {
    this.#storage = new TabStorage(this.traits._view.key);
    this.write(this.#storage.get("draft") ?? "");
    this.kernel = new Kernel(model.widget_manager, (back) => this.#kernelChanged(back), signal);
    // By two clocks: where they differ by more, only what the kernel says counts.
    const age = Date.now() - this.traits.connection.now;
    this.kernel.recentlyActive = Math.abs(age) < RECENT;
    this.outbox = new Outbox(
      this.#storage,
      (command) => this.#transmit(command),
      () => this.kernel.listening,
      () => this.#changed(),
      signal,
    );
    this.#listen();
    this.#traitsChanged(true);
    // After a reload: what no kernel acknowledged goes out again.
    this.outbox.resend();
  }

  get traits(): Traits {
    return Object.fromEntries(
      TRAITS.map((name) => [name, this.model.get(name)]),
    ) as unknown as Traits;
  }

  /** Messages of the learner that no kernel has acknowledged and the traits do not show. */
  get unacknowledged(): Pending[] {
    return this.outbox.pending.filter(({ op }) => op === "say");
  }

  kernelState(now = Date.now()): KernelState {
    return this.kernel.state(this.outbox.waitingSince(), now);
  }

  get storage(): TabStorage {
    return this.#storage;
  }

  get isShown(): boolean {
    return this.#views.size > 0;
  }

  write(draft: string): void {
    this.draft = draft;
    this.#storage.set("draft", draft);
  }

  /** A view comes or goes: the kernel tells changes only to models that a page shows. */
  show(view: string, shown: boolean): void {
    this.#views[shown ? "add" : "delete"](view);
    this.outbox.add({ op: "view", view, shown, n: this.model.get("_n") });
  }

  /** Calls `draw` after anything changed, at most once a turn. */
  subscribe(draw: () => void, signal: AbortSignal): void {
    listen(this.#listeners, draw, signal);
  }

  request(request: Request): string {
    this.commandError = null;
    return this.outbox.add(request);
  }

  /** The kernel's answer, if it ever comes; undefined if it refuses. */
  ask<Answer>(question: Request): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      this.#asked.set(this.request(question), resolve as (answer: unknown) => void);
    });
  }

  /** Take back a message, wherever it is on its way. */
  discard(id: string): void {
    const unacknowledged = this.unacknowledged.find((each) => each.id === id);
    if (unacknowledged) this.outbox.drop(id);
    // A refused command never entered the kernel's queue; any other may have, its word being lost.
    if (!unacknowledged?.error) this.request({ op: "discard", message: id });
  }

  retry(id: string): void {
    if (this.unacknowledged.some((each) => each.id === id)) this.outbox.retry(id);
    else this.request({ op: "retry", message: id });
  }

  /** Changes may have been lost on the way: the kernel sees by the number what this page holds. */
  catchUp(): void {
    const [view] = this.#views;
    if (view && this.kernel.listening) this.show(view, true);
  }

  #listen(): void {
    const { model, signal } = this;
    const onMessage = (message: Change) => this.#receive(message);
    const onNumber = () => this.#traitsArrived();
    const onComm = () => this.#commChanged();
    model.on("msg:custom", onMessage);
    model.on("change:_n", onNumber);
    model.on("comm_live_update", onComm);
    atEnd(signal, () => {
      model.off("msg:custom", onMessage);
      model.off("change:_n", onNumber);
      model.off("comm_live_update" as "change:_n", onComm);
      this.#asked.clear();
    });
  }

  #receive(message: Change): void {
    this.kernel.messageReceived();
    for (const ack of message.acks ?? []) this.#acknowledged(ack);
    if (message.n !== undefined) this.#numbered(message, message.n);
    this.#changed();
  }

  #acknowledged({ id, answer, error, code, args }: Acknowledgement): void {
    const fault = error ? { error, code, args } : undefined;
    this.#asked.get(id)?.(fault ? undefined : answer);
    this.#asked.delete(id);
    const op = this.outbox.pending.find((each) => each.id === id)?.op;
    if (this.outbox.settle(id, fault) && fault && op !== "say") this.commandError = fault;
  }

  #numbered(change: Change, n: number): void {
    const known = this.model.get("_n");
    if (n === known + 1) this.#apply({ ...applied(this.traits, change), _n: n });
    // A gap: ask, unless that is under way, for whole traits.
    else if (n > known && this.outbox.waitingSince("view") === null) this.catchUp();
  }

  /** `_n` goes last: views draw from its change. */
  #apply({ _n, ...others }: Partial<Traits>): void {
    this.#applying = true;
    for (const [name, value] of Object.entries(others)) this.model.set(name, value);
    if (_n !== undefined) this.model.set("_n", _n);
    this.#applying = false;
    this.#traitsChanged(others.connection !== undefined);
  }

  #traitsArrived(): void {
    if (this.#applying) return;
    this.kernel.messageReceived();
    this.#traitsChanged(true);
    this.#changed();
  }

  #traitsChanged(connection: boolean): void {
    const { queue, history, _view } = this.traits;
    if (connection) this.connectionReceivedAt = Date.now();
    if (connection && this.traits.status === "connected") this.commandError = null; // it may have passed
    if (_view.key !== this.#storage.key) {
      this.#storage.set("draft", "");
      this.#storage = new TabStorage(_view.key);
      this.write(this.draft || (this.#storage.get("draft") ?? ""));
      this.outbox.moveTo(this.#storage);
    }
    // To stand in the queue or in the log is as good as an acknowledgement.
    const waiting = new Set(this.unacknowledged.map((each) => each.id));
    if (!waiting.size) return;
    for (const { id } of [...queue, ...history]) if (waiting.has(id)) this.outbox.settle(id);
  }

  #commChanged(): void {
    this.kernel.commChanged();
    this.catchUp();
  }

  /** What a cell held up is looked after when it ends; what a cut link swallowed goes again. */
  #kernelChanged(back: boolean): void {
    if (back) {
      this.outbox.resend();
      this.catchUp();
    } else if (this.kernel.listening) this.outbox.resendSoon();
    this.#changed();
  }

  #transmit(command: Command): void {
    // ipywidgets throws "Cannot send" on a closed comm, or returns a promise that rejects.
    try {
      const sent: unknown = this.model.send(command);
      if (sent instanceof Promise) sent.catch(() => undefined);
    } catch {
      // Unacknowledged, it will go again.
    }
  }

  #changed(): void {
    if (this.#drawing || this.signal.aborted) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      for (const draw of this.#listeners) draw();
    });
  }
}
