/**
 * One lifetime, one AbortSignal: what starts in it ends with it, and nothing starts after its end.
 * The front end makes its timers, listeners and subscriptions with the functions of this module.
 */

/** A signal that aborts when `end` is called, or when one of `outer` aborts. */
export function lifetime(...outer: (AbortSignal | undefined)[]): {
  signal: AbortSignal;
  end: () => void;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort();
  for (const each of outer) {
    if (each?.aborted) end();
    // `signal` removes this listener: a long outer lifetime keeps nothing of an inner one.
    else if (each) on(each, "abort", end, signal);
  }
  return { signal, end };
}

/** Calls `then` when the lifetime ends; at once if it has ended. */
export function atEnd(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else on(signal, "abort", then);
}

/** Calls `act` at each event of `type` until `signal` aborts. */
export const on = <T extends Event>(
  target: EventTarget,
  type: string,
  act: (event: T) => unknown,
  signal?: AbortSignal,
): void =>
  target.addEventListener(type, act as EventListener, { signal } as AddEventListenerOptions);

/** The same for an event of a widget's model. */
export function onModel<T = void>(
  model: Record<"on" | "off", (type: string, act: (event: T) => void) => void>,
  type: string,
  act: (event: T) => void,
  signal: AbortSignal,
): void {
  model.on(type, act);
  atEnd(signal, () => model.off(type, act));
}

/** Adds `listener` to `listeners` until the lifetime ends. */
export function listen(
  listeners: Set<() => void>,
  listener: () => void,
  signal: AbortSignal,
): void {
  listeners.add(listener);
  atEnd(signal, () => listeners.delete(listener));
}

/** At most one pending call, and no call after the end of the lifetime. */
export class Timer {
  #pending: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    atEnd(signal, () => this.stop());
  }

  /** Calls `act` after `ms`, in place of a pending call. */
  start(ms: number, act: () => void): void {
    this.stop();
    if (!this.#signal.aborted) this.#pending = setTimeout(act, ms);
  }

  stop(): void {
    clearTimeout(this.#pending);
  }
}
