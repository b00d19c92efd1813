/**
 * The first hop: what this browser knows of the notebook's kernel.
 *
 * Hosts built on JupyterLab's widget manager lend us the kernel's own signals; others (VS Code,
 * Colab, marimo) do not, so they only refine what acknowledgements show and are never relied upon.
 */

import { atEnd, on, Timer } from "../lifetime.ts";

/** The part of a JupyterLab kernel connection that is read here. */
interface KernelConnection {
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
 * `live`: commands get through, as far as we know; `busy`: a cell runs and they wait behind it;
 * `waiting`: they do not get through, we do not know why; `away`: this page's link to the kernel is
 * cut; `stopped`: this widget's kernel is gone;
 * `saved`: a notebook opened with its saved state, never a kernel behind it.
 */
export type KernelState = "live" | "busy" | "waiting" | "away" | "stopped" | "saved";

/** Milliseconds of an interruption that are not shown: a short one is invisible. */
export const GRACE_PERIOD = 1_500;
/** A status counts when it lasts: each message that a kernel handles makes it busy for a moment. */
const LASTING = 400;
const GONE = new Set(["dead", "terminating", "restarting", "autorestarting"]);
/** An idle kernel that leaves a command unanswered for so long does not know this widget. */
const UNKNOWN_AFTER = 6_000;

export class Kernel {
  /** A message came from the kernel, in this page: there is, or was, somebody. */
  heardFrom = false;
  /** A kernel wrote what this page shows a moment before the page showed it. */
  recentlyActive = false;
  /** The kernel went away since; only hearing from it mends that. */
  #lost = false;
  #watched: KernelConnection | null = null;
  /** Since when this page's own link to it is cut. */
  #cutSince: number | null = null;
  /** "busy" or "idle", as it lasts. */
  #status: string | undefined;
  readonly #settling: Timer;
  /** Until a cut link is worth a word. */
  readonly #gracePeriod: Timer;
  /** Since when an answer may be expected. */
  #replyExpectedSince = Date.now();

  constructor(
    private readonly manager: unknown,
    /** Called when anything may be different; `back`: the way to the kernel was cut, and is not. */
    private readonly changed: (back: boolean) => void,
    private readonly signal: AbortSignal,
  ) {
    this.#settling = new Timer(signal);
    this.#gracePeriod = new Timer(signal);
    this.#watch();
    on(window, "online", () => this.#expectReply(), signal);
    atEnd(signal, () => this.#unwatch());
  }

  messageReceived(): void {
    this.heardFrom = true;
    this.#lost = false;
    this.#expectReply();
  }

  #expectReply(): void {
    this.#replyExpectedSince = Date.now();
  }

  /** The comm was closed or replaced: where the kernel restarted, it does not know us any more. */
  commChanged(): void {
    this.#watch();
    if (this.heardFrom && !this.#alive()) this.#lost = true;
    this.#notify(false);
  }

  /** Whether sending again could help. */
  get listening(): boolean {
    this.#watch();
    // Behind a running cell the first sending still stands in line: no use in a second.
    const busy = this.#status === "busy";
    return !this.#lost && this.#alive() && this.#cutSince === null && !busy;
  }

  /** `waitingSince`: since when the oldest command is unacknowledged, or null. */
  state(waitingSince: number | null, now = Date.now()): KernelState {
    this.#watch();
    const gone = this.heardFrom ? "stopped" : "saved";
    if (this.#lost || (this.#described && !this.#alive())) return gone;
    const cut = this.#cutSince;
    if (cut !== null && now - cut >= GRACE_PERIOD) return "away";
    if (waitingSince === null) return "live";
    if (this.#status === "busy") return "busy";
    // Where the host tells nothing, the kernel may be busy; or it is a page that never had one.
    const unknown = !this.heardFrom && !this.recentlyActive;
    const idle = this.#described ? this.#status === "idle" && cut === null : unknown;
    const unanswered = now - Math.max(waitingSince, this.#replyExpectedSince) > UNKNOWN_AFTER;
    return idle && unanswered && navigator.onLine !== false ? gone : "waiting";
  }

  /** The host tells about kernels at all. Asking must not break: some hosts' managers are stubs. */
  get #described(): boolean {
    try {
      return typeof this.manager === "object" && this.manager !== null && "kernel" in this.manager;
    } catch {
      return false;
    }
  }

  get #kernel(): KernelConnection | null {
    try {
      return (this.manager as { kernel?: KernelConnection | null } | null)?.kernel ?? null;
    } catch {
      return null;
    }
  }

  #alive(): boolean {
    const kernel = this.#kernel;
    if (!kernel) return !this.#described;
    return !GONE.has(kernel.status ?? "");
  }

  /** Hosts may call a slot that has just been disconnected: after the end nobody is told. */
  #notify(back: boolean): void {
    if (!this.signal.aborted) this.changed(back);
  }

  readonly #onStatus = (): void => {
    const wasCut = this.#cutSince !== null;
    this.#measure();
    const gone = !this.#alive();
    if (gone && this.heardFrom) this.#lost = true;
    const back = wasCut && this.#cutSince === null;
    if (gone || back) this.#notify(back);
    this.#settling.start(LASTING, () => this.#settle());
  };

  #settle(): void {
    const status = this.#watched?.status;
    if (status === this.#status) return;
    this.#status = status;
    this.#expectReply();
    this.#notify(false);
  }

  #measure(): void {
    const link = this.#watched?.connectionStatus ?? "connected";
    if (link === "connected") {
      if (this.#cutSince !== null) this.#expectReply();
      this.#cutSince = null;
      this.#gracePeriod.stop();
    } else if (this.#cutSince === null) {
      this.#cutSince = Date.now();
      this.#gracePeriod.start(GRACE_PERIOD, () => this.#notify(false));
    }
  }

  /** Managers swap their kernel on a restart: follow it. */
  #watch(): void {
    const kernel = this.#kernel;
    // Whoever asks after the end gets what was known then.
    if (kernel === this.#watched || this.signal.aborted) return;
    if (this.#watched && this.heardFrom) this.#lost = true;
    this.#unwatch();
    this.#watched = kernel;
    this.#status = kernel?.status;
    this.#measure();
    for (const signal of signalsOf(kernel)) signal.connect(this.#onStatus);
  }

  #unwatch(): void {
    for (const signal of signalsOf(this.#watched)) signal.disconnect(this.#onStatus);
    this.#watched = null;
  }
}

function signalsOf(kernel: KernelConnection | null): Signal[] {
  const { statusChanged, connectionStatusChanged, disposed } = kernel ?? {};
  return [statusChanged, connectionStatusChanged, disposed].filter((s) => !!s);
}
