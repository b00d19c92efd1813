/**
 * One lifetime, one AbortSignal: what starts with it ends with it, and nothing starts after its end.
 * Timers, listeners and subscriptions of the front end are made by what stands here.
 */

/** A signal that ends by the function beside it, or as soon as one of `outer` ends. */
export function lifetime(...outer: (AbortSignal | undefined)[]): {
  signal: AbortSignal;
  end: () => void;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const end = () => controller.abort();
  for (const each of outer) {
    if (each?.aborted) end();
    // An outer lifetime may be long: it keeps nothing of one that has ended.
    else if (each) on(each, "abort", end, signal);
  }
  return { signal, end };
}

/** Calls `then` when the lifetime ends, at once if it has ended. */
export function atEnd(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else on(signal, "abort", then);
}

/** Calls `act` at each event of that type, until the lifetime ends if it ever does. */
export const on = <T extends Event>(
  target: EventTarget,
  type: string,
  act: (event: T) => unknown,
  signal?: AbortSignal,
): void =>
  target.addEventListener(type, act as EventListener, { signal } as AddEventListenerOptions);

/** Keeps `listener` among `listeners` for as long as the lifetime lasts. */
export function listen(
  listeners: Set<() => void>,
  listener: () => void,
  signal: AbortSignal,
): void {
  listeners.add(listener);
  atEnd(signal, () => listeners.delete(listener));
}

/** At most one pending call, and none after the end of the lifetime. */
export class Timer {
  #pending: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly signal: AbortSignal) {
    atEnd(signal, () => this.stop());
  }

  /** Calls `act` in `ms`; a call that is pending is dropped. */
  start(ms: number, act: () => void): void {
    this.stop();
    if (!this.signal.aborted) this.#pending = setTimeout(act, ms);
  }

  stop(): void {
    clearTimeout(this.#pending);
  }
}
