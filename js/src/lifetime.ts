/** One life, one AbortSignal: what starts with it ends with it. */

/** Calls `then` when the life is over. */
export const atEnd = (signal: AbortSignal, then: () => void): void => on(signal, "abort", then);

/** Calls `act` at each event of that type, until the life is over if it ever is. */
export const on = <T extends Event>(
  target: EventTarget,
  type: string,
  act: (event: T) => unknown,
  signal?: AbortSignal,
): void =>
  target.addEventListener(type, act as EventListener, { signal } as AddEventListenerOptions);

/** Keeps `listener` among `listeners` for as long as the life lasts. */
export function listen(
  listeners: Set<() => void>,
  listener: () => void,
  signal: AbortSignal,
): void {
  listeners.add(listener);
  atEnd(signal, () => listeners.delete(listener));
}
