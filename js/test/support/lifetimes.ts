/**
 * What a test begins ends with it: the lifetimes that it makes here are ended by `setup.ts`, which
 * then fails a test that leaves timers, frames, observers, or listeners of the page behind.
 */
import { vi } from "vitest";
import { lifetime } from "../../src/lifetime.ts";

const created = new Set<() => void>();
/** What was begun and has not ended, by what it is known by. */
const alive = new Map<unknown, string>();

/** A lifetime of a model or of a view; it ends with the test at the latest. */
export function testLifetime(): { signal: AbortSignal; end: () => void } {
  const made = lifetime();
  created.add(made.end);
  return made;
}

export function endAll(): void {
  for (const end of created) end();
  created.clear();
}

/** What has not ended, in words. */
export function leftBehind(): string[] {
  const fake = vi.isFakeTimers() ? vi.getTimerCount() : 0;
  return [...alive.values(), ...(fake ? [`${fake} fake timers`] : [])].sort();
}

export function forgetAll(): void {
  alive.clear();
}

type Call = (...given: never[]) => unknown;

/** Watches a pair of the page's functions: one begins a call and names it, the other drops it. */
function watchCalls(begins: string, drops: string, repeats = false): void {
  const page = globalThis as unknown as Record<string, (...given: unknown[]) => unknown>;
  const { [begins]: begin, [drops]: drop } = page;
  if (!begin || !drop) throw new Error(`This page has no ${begins}.`);
  page[begins] = (act, ...given) => {
    const id = begin(
      (...passed: never[]) => {
        if (!repeats) alive.delete(id);
        return (act as Call)(...passed);
      },
      ...given,
    );
    alive.set(id, `${begins}(${given.join()})`);
    return id;
  };
  page[drops] = (id) => {
    alive.delete(id);
    return drop(id);
  };
}

function watchObservers(name: "MutationObserver" | "ResizeObserver"): void {
  const watched = class extends (globalThis[name] as typeof MutationObserver) {
    override observe(target: Node, options?: MutationObserverInit): void {
      alive.set(this, name);
      super.observe(target, options);
    }
    override disconnect(): void {
      alive.delete(this);
      super.disconnect();
    }
  };
  Object.assign(globalThis, { [name]: watched });
}

/** Listeners of what outlives every test. */
function watchListeners(name: "window" | "document"): void {
  const target: EventTarget = globalThis[name];
  const add = target.addEventListener.bind(target);
  const remove = target.removeEventListener.bind(target);
  const keys = new WeakMap<object, Map<string, object>>();
  target.addEventListener = (type, listener, options) => {
    const { signal } = typeof options === "object" ? options : {};
    if (!listener || signal?.aborted) return;
    const known = keys.get(listener) ?? new Map<string, object>();
    const key = known.get(type) ?? {};
    keys.set(listener, known.set(type, key));
    alive.set(key, `${type} of ${name}`);
    signal?.addEventListener("abort", () => alive.delete(key));
    add(type, listener, options);
  };
  target.removeEventListener = (type, listener, options) => {
    alive.delete(listener && keys.get(listener)?.get(type));
    remove(type, listener, options);
  };
}

export function watchPage(): void {
  watchCalls("setTimeout", "clearTimeout");
  watchCalls("setInterval", "clearInterval", true);
  watchCalls("requestAnimationFrame", "cancelAnimationFrame");
  watchObservers("MutationObserver");
  watchObservers("ResizeObserver");
  watchListeners("window");
  watchListeners("document");
}
