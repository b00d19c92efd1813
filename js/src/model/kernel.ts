/**
 * The state of the notebook's kernel, as far as this browser can see it.
 *
 * Hosts built on JupyterLab's widget manager expose the kernel's own signals. Others (VS Code, Colab,
 * marimo) do not, so signals only refine what acknowledgements show, and nothing relies on them.
 */
import { atEnd, on, Timer } from "../lifetime.ts";

/** The members of a JupyterLab kernel connection that are read here. */
interface KernelConnection {
  id?: string;
  status?: string;
  connectionStatus?: string;
  statusChanged?: Signal;
  connectionStatusChanged?: Signal;
  disposed?: Signal;
}

interface Signal {
  connect(slot: () => void): unknown;
  disconnect(slot: () => void): unknown;
}

/**
 * - `live`: commands get through, as far as is known
 * - `busy`: a cell runs, and commands wait behind it; or it stands still, for all that is known
 * - `waiting`: commands do not get through, and this page never heard from a kernel
 * - `away`: the connection of this page to the kernel is lost
 * - `stopped`: the widget's kernel is gone
 * - `saved`: a notebook opened with its saved state; this page never had a kernel
 */
export type KernelState = "live" | "busy" | "waiting" | "away" | "stopped" | "saved";

/** An interruption is not shown for so many ms: most are shorter. */
export const GRACE_PERIOD = 1_500;
/** A status counts after so many ms: each message that a kernel handles makes it busy for a moment. */
const STATUS_SETTLES = 400;
const GONE = new Set(["dead", "terminating", "restarting", "autorestarting"]);
/**
 * An idle kernel that leaves a command unanswered for so many ms has no model of this widget. It was
 * sent again by then, so a kernel that runs has handled it.
 */
const UNKNOWN_AFTER = 6_000;

export class Kernel {
  /** This page received a message from the kernel. */
  heardFrom = false;
  /** Names the kernel that the host showed last; "" where hosts show none. */
  id = "";
  /** The kernel published the traits shortly before this page opened. */
  recentlyActive = false;
  /** The model has no comm: it comes from a file. */
  #isStored = false;
  /** The kernel went away; only a message from it clears this. */
  #lost = false;
  #watched: KernelConnection | null = null;
  /** Since when this page's own connection to the kernel is lost. */
  #cutSince: number | null = null;
  /** When that was established again, until the kernel is heard: what was sent goes out again. */
  #linkedAt = 0;
  /** "busy" or "idle", once it has settled. */
  #status: string | undefined;
  /** When the kernel last became idle: then it had handled what was sent before. */
  #idleAt = 0;
  readonly #settling: Timer;
  readonly #gracePeriod: Timer;
  #replyExpectedSince = Date.now();
  readonly #manager: unknown;
  /** Called when the state may have changed; `back`: a lost connection is established again. */
  readonly #changed: (back: boolean) => void;
  readonly #signal: AbortSignal;

  constructor(manager: unknown, changed: (back: boolean) => void, signal: AbortSignal) {
    this.#manager = manager;
    this.#changed = changed;
    this.#signal = signal;
    this.#settling = new Timer(signal);
    this.#gracePeriod = new Timer(signal);
    this.#watch();
    on(window, "online", () => this.#expectReply(), signal);
    atEnd(signal, () => this.#unwatch());
  }

  messageReceived(): void {
    this.heardFrom = true;
    this.#lost = this.#isStored = false;
    this.#linkedAt = 0;
    this.#expectReply();
  }

  /** Looks whether the model of this id has a comm, where the manager shows its models. */
  async findComm(id: string): Promise<void> {
    try {
      const { get_model } = this.#manager as { get_model?: (id: string) => Promise<unknown> };
      const model = await get_model?.call(this.#manager, id);
      this.#isStored = (model as { comm_live?: boolean }).comm_live === false && !this.heardFrom;
    } catch {
      return; // unknown
    }
    this.#notify(false);
  }

  /** Starts the time anew after which a missing reply means that the kernel has no such model. */
  #expectReply(): void {
    this.#replyExpectedSince = Date.now();
  }

  /** The comm was closed or replaced. A restarted kernel has no model of this widget. */
  commChanged(): void {
    this.#watch();
    if (this.heardFrom && !this.#alive()) this.#lost = true;
    this.#notify(false);
  }

  /** Whether sending a command again could help. */
  get canResend(): boolean {
    this.#watch();
    // Behind a running cell the first copy is still queued: a second is of no use.
    const busy = this.#status === "busy";
    return !this.#lost && this.#alive() && this.#cutSince === null && !busy;
  }

  /** `waitingSince`: since when the oldest command is unacknowledged, in ms, or null. */
  state(waitingSince: number | null, now = Date.now()): KernelState {
    this.#watch();
    const gone = this.heardFrom ? "stopped" : "saved";
    if (this.#lost || this.#isStored || (this.#described && !this.#alive())) return gone;
    if (this.#cutSince !== null && now - this.#cutSince >= GRACE_PERIOD) return "away";
    if (waitingSince === null) return "live";
    if (this.#status === "busy") return "busy";
    const since = Math.max(waitingSince, this.#replyExpectedSince);
    const unanswered = now - since > UNKNOWN_AFTER && navigator.onLine !== false;
    if (unanswered && this.#shouldHaveAnswered(since)) return gone;
    const isLinked = now - this.#linkedAt > UNKNOWN_AFTER;
    return this.heardFrom && isLinked ? "busy" : "waiting";
  }

  /**
   * A kernel that runs and has a model of this widget would have answered a command. One that this page
   * knows may stand still instead: it is gone only if it has handled something since, and not this.
   */
  #shouldHaveAnswered(since: number): boolean {
    if (this.#described) {
      const isIdle = this.#status === "idle" && this.#cutSince === null;
      return isIdle && (!this.heardFrom || this.#idleAt > since);
    }
    // Without signals a kernel may be busy; or this page never had one.
    return !this.heardFrom && !this.recentlyActive;
  }

  /**
   * The manager's kernel: null where it has none now, undefined where the host exposes no kernels. Some
   * hosts' managers are stubs whose properties throw.
   */
  get #kernel(): KernelConnection | null | undefined {
    try {
      const manager = this.#manager as { kernel?: KernelConnection | null };
      return "kernel" in manager ? (manager.kernel ?? null) : undefined;
    } catch {
      return undefined; // also of what is no object
    }
  }

  get #described(): boolean {
    return this.#kernel !== undefined;
  }

  #alive(): boolean {
    const kernel = this.#kernel;
    return kernel ? !GONE.has(kernel.status ?? "") : !this.#described;
  }

  /** Hosts may call a slot that was just disconnected: after the end of the lifetime it does nothing. */
  #notify(back: boolean): void {
    if (!this.#signal.aborted) this.#changed(back);
  }

  readonly #onStatus = (): void => {
    const wasCut = this.#cutSince !== null;
    this.#readConnection();
    if (this.#watched?.status === "idle") this.#idleAt = Date.now();
    const gone = !this.#alive();
    if (gone && this.heardFrom) this.#lost = true;
    const back = wasCut && this.#cutSince === null;
    if (gone || back) this.#notify(back);
    this.#settling.start(STATUS_SETTLES, () => this.#settle());
  };

  #settle(): void {
    const status = this.#watched?.status;
    if (status === this.#status) return;
    this.#status = status;
    this.#expectReply();
    this.#notify(false);
  }

  #readConnection(): void {
    const status = this.#watched?.connectionStatus ?? "connected";
    if (status === "connected") {
      if (this.#cutSince !== null) {
        this.#expectReply();
        this.#linkedAt = Date.now();
      }
      this.#cutSince = null;
      this.#gracePeriod.stop();
    } else if (this.#cutSince === null) {
      this.#cutSince = Date.now();
      this.#gracePeriod.start(GRACE_PERIOD, () => this.#notify(false));
    }
  }

  /** Follows the manager's kernel: managers replace it on a restart. */
  #watch(): void {
    const kernel = this.#kernel ?? null;
    // After the end of the lifetime, what was known then stays.
    if (kernel === this.#watched || this.#signal.aborted) return;
    if (this.#watched && this.heardFrom) this.#lost = true;
    this.#unwatch();
    this.#watched = kernel;
    this.id = kernel?.id ?? this.id;
    this.#status = kernel?.status;
    this.#readConnection();
    for (const signal of signalsOf(kernel)) signal.connect(this.#onStatus);
  }

  #unwatch(): void {
    for (const signal of signalsOf(this.#watched)) signal.disconnect(this.#onStatus);
    this.#watched = null;
  }
}

function signalsOf(kernel: KernelConnection | null): Signal[] {
  const { statusChanged, connectionStatusChanged, disposed } = kernel ?? {};
  return [statusChanged, connectionStatusChanged, disposed].filter((signal) => !!signal);
}
