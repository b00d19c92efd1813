/**
 * What this tab keeps of one conversation across a reload: drafts, and unacknowledged commands.
 *
 * A chat reads only what it found when it opened and what it stored itself, and neither if it was
 * changed since: another chat of the conversation in this tab stores its own under the same names.
 * Never throws: without `sessionStorage` nothing is kept.
 */
export class TabStorage {
  readonly #prefix: string;
  /** The values that this chat found or stored, by name. */
  readonly #known: Map<string, string>;

  /** `key`: a hash that names the conversation; with an empty one nothing is kept. */
  constructor(readonly key: string) {
    this.#prefix = `tutor_widget:${key}:`;
    this.#known = new Map(this.#stored());
  }

  get(name: string): string | null {
    const value = this.#with((area) => area.getItem(this.#prefix + name), null);
    return value === this.#known.get(name) ? value : null;
  }

  /** The JSON that `get` has; undefined where there is none, since anybody may have stored the text. */
  read(name: string): unknown {
    try {
      return JSON.parse(this.get(name) ?? "") ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** Stores `value` under `name`; an empty value removes it. */
  set(name: string, value: string): void {
    if (value) this.#known.set(name, value);
    else this.#known.delete(name);
    this.#with((area) => {
      if (value) area.setItem(this.#prefix + name, value);
      else area.removeItem(this.#prefix + name);
    }, undefined);
  }

  /** The names, among those that `get` has a value for, that begin with `start`. */
  names(start: string): string[] {
    return [...this.#known.keys()].filter(
      (name) => name.startsWith(start) && this.get(name) !== null,
    );
  }

  /** The names and values of this conversation, whoever stored them. */
  #stored(): [string, string][] {
    return this.#with((area) => {
      const keys = Array.from({ length: area.length }, (_, i) => area.key(i) ?? "");
      return keys
        .filter((key) => key.startsWith(this.#prefix))
        .map((key) => [key.slice(this.#prefix.length), area.getItem(key) ?? ""]);
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
