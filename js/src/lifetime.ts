/** One life, one AbortSignal: what starts with it ends with it. */

/** Calls `then` when the life is over. */
export const atEnd = (signal: AbortSignal, then: () => void): void =>
  signal.addEventListener("abort", then);

/** Keeps `listener` among `listeners` for as long as the life lasts. */
export function listen(
  listeners: Set<() => void>,
  listener: () => void,
  signal: AbortSignal,
): void {
  listeners.add(listener);
  atEnd(signal, () => listeners.delete(listener));
}
