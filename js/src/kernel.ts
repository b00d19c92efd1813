/**
 * The first hop: what this browser knows of the notebook's kernel.
 *
 * Hosts built on JupyterLab's widget manager lend us the kernel's own signals; others (VS Code,
 * Colab, marimo) do not, so they only refine what acknowledgements show and are never relied upon.
 */

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
 * `waiting`: they do not get through, we do not know why; `stopped`: this widget's kernel is gone;
 * `saved`: a notebook opened with its saved state, never a kernel behind it.
 */
export type KernelState = "live" | "busy" | "waiting" | "stopped" | "saved";

const GONE = new Set(["dead", "terminating", "restarting", "autorestarting"]);
/** An idle kernel that leaves a command unanswered for so long does not know this widget. */
const UNKNOWN_AFTER = 6_000;

export class Kernel {
  /** A message came from the kernel, in this page: there is, or was, somebody. */
  #heard = false;
  /** The kernel went away since; only hearing from it mends that. */
  #lost = false;
  #watched: KernelConnection | null = null;
  #connected: string | undefined;
  #idleSince = Date.now();

  constructor(
    private readonly manager: unknown,
    /** Called when anything may be different; `back`: the way to the kernel was cut, and is not. */
    private readonly changed: (back: boolean) => void,
    signal: AbortSignal,
  ) {
    this.#watch();
    signal.addEventListener("abort", () => this.#unwatch());
  }

  heard(): void {
    this.#heard = true;
    this.#lost = false;
  }

  /** The comm was closed or replaced: where the kernel restarted, it does not know us any more. */
  commChanged(): void {
    this.#watch();
    if (this.#heard && !this.#alive()) this.#lost = true;
    this.changed(false);
  }

  /** Whether sending again could help. */
  get listening(): boolean {
    this.#watch();
    // Behind a running cell the first sending still stands in line: no use in a second.
    return !this.#lost && this.#alive() && this.#watched?.status !== "busy";
  }

  /** `waitingSince`: since when the oldest command is unacknowledged, or null. */
  state(waitingSince: number | null, now = Date.now()): KernelState {
    this.#watch();
    const gone = this.#heard ? "stopped" : "saved";
    if (this.#lost) return gone;
    if (this.#described && !this.#alive()) return gone;
    if (waitingSince === null) return "live";
    if (this.#watched?.status === "busy") return "busy";
    const idle = this.#watched?.status === "idle" && this.#watched.connectionStatus === "connected";
    const deaf = now - Math.max(waitingSince, this.#idleSince) > UNKNOWN_AFTER;
    return idle && deaf ? gone : "waiting";
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
    return !GONE.has(kernel.status ?? "") && kernel.connectionStatus !== "disconnected";
  }

  readonly #onStatus = (): void => {
    if (GONE.has(this.#watched?.status ?? "") && this.#heard) this.#lost = true;
    if (this.#watched?.status === "idle") this.#idleSince = Date.now();
    const connected = this.#watched?.connectionStatus;
    const back = connected === "connected" && this.#connected !== connected;
    this.#connected = connected;
    this.changed(back);
  };

  /** Managers swap their kernel on a restart: follow it. */
  #watch(): void {
    const kernel = this.#kernel;
    if (kernel === this.#watched) return;
    if (this.#watched && this.#heard) this.#lost = true;
    this.#unwatch();
    this.#watched = kernel;
    this.#connected = kernel?.connectionStatus;
    for (const signal of signalsOf(kernel)) signal.connect(this.#onStatus);
  }

  #unwatch(): void {
    for (const signal of signalsOf(this.#watched)) signal.disconnect(this.#onStatus);
    this.#watched = null;
  }
}

function signalsOf(kernel: KernelConnection | null): Signal[] {
  const { statusChanged, connectionStatusChanged, disposed } = kernel ?? {};
  return [statusChanged, connectionStatusChanged, disposed].filter((s) => s !== undefined);
}
