/**
 * What this tab keeps of one conversation across a reload: the draft, and unacknowledged commands.
 * Each owner (an account, or credentials without a known account) has its own.
 * Never throws: without `sessionStorage` nothing is kept.
 */
export class TabStorage {
  readonly #prefix: string;

  /**
   * `key`: a hash that names the conversation; with an empty one nothing is kept. `owner`: a hash, or
   * "" for the credentials of the kernel's environment.
   */
  constructor(
    readonly key: string,
    readonly owner = "",
  ) {
    this.#prefix = owner ? `tutor_widget:${key}:${owner}:` : `tutor_widget:${key}:`;
  }

  isSameAs(other: TabStorage): boolean {
    return this.#prefix === other.#prefix;
  }

  get(name: string): string | null {
    return this.#with((area) => area.getItem(this.#prefix + name), null);
  }

  /** Stores `value` under `name`; an empty value removes it. */
  set(name: string, value: string): void {
    this.#with((area) => {
      if (value) area.setItem(this.#prefix + name, value);
      else area.removeItem(this.#prefix + name);
    }, undefined);
  }

  /** The stored names of this conversation that begin with `start`. */
  names(start: string): string[] {
    const whole = this.#prefix + start;
    return this.#with((area) => {
      const keys = Array.from({ length: area.length }, (_, i) => area.key(i) ?? "");
      return keys
        .filter((key) => key.startsWith(whole))
        .map((key) => key.slice(this.#prefix.length));
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
