/**
 * What this tab keeps of one conversation while it reloads: drafts, and commands no kernel has
 * acknowledged. Never throws: where the browser forbids or lacks `sessionStorage`, nothing is kept.
 */
export class TabStorage {
  readonly #prefix: string;

  /** `key` names the conversation (a hash); empty means unknown yet, and nothing is kept. */
  constructor(readonly key: string) {
    this.#prefix = `tutor_widget:${key}:`;
  }

  get(name: string): string | null {
    return this.#with((area) => area.getItem(this.#prefix + name), null);
  }

  /** Keeps `value` under `name`; an empty one is forgotten. */
  set(name: string, value: string): void {
    this.#with((area) => {
      if (value) area.setItem(this.#prefix + name, value);
      else area.removeItem(this.#prefix + name);
    }, undefined);
  }

  /** The names that begin with `start`. */
  names(start: string): string[] {
    const whole = this.#prefix + start;
    return this.#with((area) => {
      const keys = Array.from({ length: area.length }, (_, i) => area.key(i) ?? "");
      return keys.filter((k) => k.startsWith(whole)).map((k) => k.slice(this.#prefix.length));
    }, []);
  }

  #with<T>(use: (area: Storage) => T, otherwise: T): T {
    if (!this.key) return otherwise;
    try {
      return use(window.sessionStorage);
    } catch {
      return otherwise;
    }
  }
}
