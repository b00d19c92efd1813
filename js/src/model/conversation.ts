/**
 * One conversation in the browser: the kernel's traits, the numbered changes to them, and
 * the learner's commands that wait for the kernel. One for each anywidget model; views only read it.
 *
 * Nothing here calls `save_changes()`: the kernel owns the traits. What is set here is the browser's
 * copy, which a saved notebook then holds.
 */
import type { AnyModel } from "@anywidget/types";
import { atEnd, listen, onModel } from "../lifetime.ts";
import { preferredLanguages } from "../words.ts";
import { applied } from "./changes.ts";
import { CommandQueue, isPressed, type Pending } from "./commands.ts";
import { Kernel, type KernelState } from "./kernel.ts";
import { eraseStored, named, takeDraft } from "./owned.ts";
import { Parts } from "./parts.ts";
import { findSent, keepSent } from "./sent.ts";
import { TabStorage } from "./storage.ts";
import type {
  Acknowledgement,
  Change,
  Command,
  Complaint,
  Context,
  Fault,
  Request,
  Traits,
  View,
} from "./types.ts";

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

/** What goes with a message: see `Request`. */
export type Said = Pick<Extract<Request, { op: "say" }>, "context" | "again" | "rev">;

/** What is asked of a conversation, not said in it. */
const REQUESTS: ReadonlySet<Request["op"]> = new Set(["report", "erase"]);
/** A kernel that published traits less than so many ms ago counts as active. */
const RECENT = 60_000;

export class Conversation {
  readonly commands: CommandQueue;
  readonly kernel: Kernel;
  readonly parts = new Parts((name) => this.ask({ op: "part", name }));
  /** When this browser received `connection`, by its own clock. */
  connectionReceivedAt = Date.now();
  /** The error of the last command, other than a message. */
  commandError: Fault | null = null;
  /** The text in the composer, shared by all views. */
  draft = "";
  /** What goes with the next message, shared by all views. */
  attached: Context = {};
  /** Nothing is kept before the traits name a place. */
  #storage = new TabStorage("");
  /** Whose the draft is: the last of the owners. */
  #owner = "";
  /** The keys of conversations that are, or are to be, deleted: of them this tab keeps nothing more. */
  #erased = new Set<string>();
  /** The key of the conversation if it is to be deleted, else "". */
  #erasing = "";
  /** The ids of the views on this page. */
  #views = new Set<string>();
  /** Resolvers of questions without an answer yet, by the id of the question. */
  #unanswered = new Map<string, (answer: unknown) => void>();
  /** The id of the last probe. */
  #probe = "";
  #listeners = new Set<() => void>();
  #drawing = false;
  /** `#apply` is setting traits: their change events are not the kernel's. */
  #applying = false;
  readonly #model: Model;
  readonly #signal: AbortSignal;

  constructor(model: Model, signal: AbortSignal) {
    this.#model = model;
    this.#signal = signal;
    this.kernel = new Kernel(model.widget_manager, (back) => this.#kernelChanged(back), signal);
    // The clocks of kernel and browser may differ by more: then only messages show that it is active.
    const { connection, _view } = this.traits;
    if (_view.model) this.kernel.findComm(_view.model);
    const age = Date.now() - connection.now;
    this.kernel.recentlyActive = Math.abs(age) < RECENT;
    this.commands = new CommandQueue(
      this.#storage,
      (command) => this.#transmit(command),
      () => this.kernel.canResend,
      () => this.#changed(),
      signal,
    );
    this.#listen();
    this.#traitsChanged(true);
  }

  get traits(): Traits {
    return Object.fromEntries(
      TRAITS.map((name) => [name, this.#model.get(name)]),
    ) as unknown as Traits;
  }

  /** The learner's messages that no kernel acknowledged and that are not in the traits. */
  get unacknowledged(): Pending[] {
    return this.commands.pending.filter(({ op }) => op === "say");
  }

  kernelState(now = Date.now()): KernelState {
    return this.kernel.state(this.commands.waitingSince(), now);
  }

  get isShown(): boolean {
    return this.#views.size > 0;
  }

  write(draft: string): void {
    this.draft = draft;
    this.#keep("draft", draft);
  }

  attach(context: Context): void {
    const kept = JSON.stringify(context); // drops undefined values
    this.attached = JSON.parse(kept);
    this.#keep("context", kept === "{}" ? "" : kept);
    this.#changed();
  }

  /** The revision of the state that is shown. */
  get rev(): number | undefined {
    return this.traits._view.rev ?? undefined;
  }

  /** Sends a message; without another `rev`, one that is written in view of the present state. */
  say(text: string, { context, again, rev = this.rev }: Said = {}): void {
    const id = this.request({ op: "say", text, context, again, rev });
    if (context) keepSent(this.#storage, named("sent", this.#owner), id, context);
  }

  /** What went along with a message that this tab sent, if it still has it. */
  contextOf(id: string): Context | undefined {
    const { owners = [""] } = this.traits._view;
    const names = owners.map((owner) => named("sent", owner));
    return findSent(this.#storage, names, id);
  }

  /** Reports an answer to the people who run the tutor. */
  report(message: string, complaint: Complaint): void {
    this.request({ op: "report", key: this.#storage.key, message, ...complaint });
  }

  /** Deletes the conversation, at the tutor and here. */
  erase(): void {
    this.request({ op: "erase", key: this.#storage.key });
  }

  /** Why nothing can be said in this conversation, or null. */
  get end(): "erasing" | "erased" | null {
    const { _view } = this.traits;
    if (_view.erased?.includes(_view.key)) return "erased";
    const isAsked = this.commands.pending.some(({ op, error }) => op === "erase" && !error);
    return _view.erasing || isAsked ? "erasing" : null;
  }

  /** Whether the tutor takes `report` or `erase` in this conversation. */
  offers(what: "report" | "erase"): boolean {
    return this.end === null && !!this.traits._view.offers?.includes(what);
  }

  /**
   * Reports that a view appears or disappears: the kernel sends changes only to models in view. Returns
   * the id of the command.
   */
  show(view: string, shown: boolean): string {
    if (shown) this.#views.add(view);
    else this.#views.delete(view);
    const [lang] = preferredLanguages(this.traits._view.lang);
    return this.commands.add({ op: "view", view, shown, n: this.#model.get("_n"), lang });
  }

  /** Calls `draw` after changes, at most once a turn of the event loop. */
  subscribe(draw: () => void, signal: AbortSignal): void {
    listen(this.#listeners, draw, signal);
  }

  /** What the learner presses takes the last error away; what the page asks by itself leaves it. */
  request(request: Request): string {
    if (isPressed(request)) this.commandError = null;
    return this.commands.add(request);
  }

  /** Resolves to the kernel's answer, or to undefined if it refuses. Without a kernel it stays pending. */
  ask<Answer>(question: Request): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      this.#unanswered.set(this.request(question), resolve as (answer: unknown) => void);
    });
  }

  /** Takes back a message that is not committed. */
  discard(id: string): void {
    const unacknowledged = this.unacknowledged.find((each) => each.id === id);
    if (unacknowledged) this.commands.drop(id);
    // A refused message never entered the kernel's queue. Any other may have: its acknowledgement
    // may be lost.
    if (!unacknowledged?.error) this.request({ op: "discard", message: id });
  }

  retry(id: string): void {
    if (this.unacknowledged.some((each) => each.id === id)) this.commands.retry(id);
    else this.request({ op: "retry", message: id });
  }

  /** Asks the kernel for a sign of life, unless one is asked for. */
  probe(): void {
    const [view] = this.#views;
    if (view && this.probedSince === null) this.#probe = this.show(view, true);
  }

  /** Since when the kernel has not answered a probe, or null. */
  get probedSince(): number | null {
    return this.commands.pending.find(({ id }) => id === this.#probe)?.at ?? null;
  }

  /** Changes may be lost: sends the number of the last change, so that the kernel sends the rest. */
  catchUp(): void {
    const [view] = this.#views;
    if (!view || !this.kernel.canResend) return;
    const isProbed = this.probedSince !== null;
    const id = this.show(view, true); // in place of the probe, if there is one
    if (isProbed) this.#probe = id;
  }

  #listen(): void {
    const model = this.#model;
    const signal = this.#signal;
    onModel(model, "msg:custom", (message: Change) => this.#receive(message), signal);
    onModel(model, "change:_n", () => this.#traitsArrived(), signal);
    onModel(model, "comm_live_update", () => this.#commChanged(), signal);
    atEnd(signal, () => this.#unanswered.clear());
  }

  #receive(message: Change): void {
    this.kernel.messageReceived();
    for (const ack of message.acks ?? []) this.#acknowledged(ack);
    if (message.n !== undefined) this.#numbered(message, message.n);
    this.#changed();
  }

  #acknowledged({ id, answer, error, code, args }: Acknowledgement): void {
    const fault = error ? { error, code, args } : undefined;
    this.#unanswered.get(id)?.(fault ? undefined : answer);
    this.#unanswered.delete(id);
    const op = this.commands.pending.find((each) => each.id === id)?.op;
    if (this.commands.settle(id, fault) && fault && op !== "say") this.commandError = fault;
  }

  #numbered(change: Change, n: number): void {
    const known = this.#model.get("_n");
    if (n === known + 1) this.#apply({ ...applied(this.traits, change), _n: n });
    // A gap: ask for whole traits, unless a request is pending.
    else if (n > known && this.commands.waitingSince("view") === null) this.catchUp();
  }

  /** Sets `_n` last: its change event makes views draw. */
  #apply({ _n, ...others }: Partial<Traits>): void {
    this.#applying = true;
    for (const [name, value] of Object.entries(others)) this.#model.set(name, value);
    if (_n !== undefined) this.#model.set("_n", _n);
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
    if (connection && this.traits.status === "connected") this.commandError = null; // the cause may have passed
    this.#forgetErased(_view);
    this.#follow(_view);
    // A message in the queue or in the log is acknowledged.
    const waiting = new Set(this.unacknowledged.map((each) => each.id));
    if (!waiting.size) return;
    for (const { id } of [...queue, ...history]) if (waiting.has(id)) this.commands.settle(id);
  }

  /**
   * Deletes what this tab keeps of deleted conversations, whichever of its chats stored it. Of one that
   * is to be deleted the requests stay: they may be what deletes it.
   */
  #forgetErased({ key: shown, erased = [], erasing, owners = [""] }: View): void {
    const before = this.#erased;
    this.#erased = new Set(erased);
    for (const key of erased.filter((each) => !before.has(each))) this.#forget(key, owners);
    if (erasing && this.#erasing !== shown) this.#forget(shown, owners, REQUESTS);
    this.#erasing = erasing ? shown : "";
  }

  #forget(key: string, owners: string[], but?: ReadonlySet<Request["op"]>): void {
    eraseStored(key, owners, but);
    if (key !== this.#storage.key) return;
    this.commands.forget(but);
    this.write("");
    this.attach({});
  }

  /**
   * Follows the conversation's key and its owners. What one account typed stays stored until that
   * account is back, and is never given to another.
   */
  #follow({ key, owners = [""] }: View): void {
    const owner = owners.at(-1) ?? "";
    const isMoved = key !== this.#storage.key;
    if (!isMoved && owner === this.#owner) return;
    const isOwn = owners.includes(this.#owner);
    const typed = { draft: isOwn ? this.draft : "", attached: isOwn ? this.attached : {} };
    if (isOwn) takeDraft(this.#storage, this.#owner);
    if (isMoved) this.#storage = new TabStorage(key);
    const kept = owners.map((each) => takeDraft(this.#storage, each));
    const drafts = new Set([...kept, typed].map(({ draft }) => draft));
    this.#owner = owner;
    this.write([...drafts].filter(Boolean).join("\n"));
    this.attach(Object.assign({}, ...kept.map(({ attached }) => attached), typed.attached));
    // Commands that no kernel acknowledged are sent again, also after a reload.
    this.commands.follow(this.#storage, owners);
  }

  /** An empty value removes the stored one, unless that is another chat's. */
  #keep(what: "draft" | "context", value: string): void {
    const name = named(what, this.#owner);
    if (value || this.#storage.get(name) !== null) this.#storage.set(name, value);
  }

  #commChanged(): void {
    this.kernel.commChanged();
    this.catchUp();
  }

  /**
   * Sends all pending commands again if the connection is `back`. Else, if the kernel is idle, schedules
   * that for commands that stay unacknowledged.
   */
  #kernelChanged(back: boolean): void {
    if (back) {
      this.commands.resend();
      this.catchUp();
    } else if (this.kernel.canResend) this.commands.resendSoon();
    this.#changed();
  }

  #transmit(command: Command): void {
    // ipywidgets throws "Cannot send" on a closed comm, or returns a promise that rejects.
    try {
      const sent: unknown = this.#model.send(command);
      if (sent instanceof Promise) sent.catch(() => undefined);
    } catch {
      // Without an acknowledgement the queue of commands sends it again.
    }
  }

  #changed(): void {
    if (this.#drawing || this.#signal.aborted) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      for (const draw of this.#listeners) draw();
    });
  }
}
