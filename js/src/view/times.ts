/** Times and days in the reader's language. Creating a formatter is slow, so each is created once. */
import { fill } from "../template.ts";
import type { Words } from "../words.ts";

export class Times {
  readonly #clock: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #dateOfYear: Intl.DateTimeFormat;
  readonly #words: Words;

  constructor(words: Words, lang: string) {
    this.#words = words;
    const long = { weekday: "long", day: "numeric", month: "long" } as const;
    this.#clock = formatter(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.#date = formatter(lang, long);
    this.#dateOfYear = formatter(lang, { ...long, year: "numeric" });
  }

  clock(at: number): string {
    return this.#clock.format(at);
  }

  day(at: number): string {
    const today = dayNumber(Date.now());
    const number = dayNumber(at);
    if (number === today) return this.#words.today;
    if (number === today - 1) return this.#words.yesterday;
    const sameYear = new Date(at).getFullYear() === new Date().getFullYear();
    return (sameYear ? this.#date : this.#dateOfYear).format(at);
  }

  /** An approximate duration: "40 s", "5 min", "3 h". */
  duration(ms: number): string {
    const { seconds, minutes, hours } = this.#words;
    const n = Math.round(ms / 1000);
    if (n < 90) return fill(seconds, { n });
    if (n < 5400) return fill(minutes, { n: Math.round(n / 60) });
    return fill(hours, { n: Math.round(n / 3600) });
  }
}

/** The number of the day in the reader's time zone. Changes to summer time do not affect it. */
export function dayNumber(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000;
}

/** With a language tag that the browser rejects, the browser's own language is used. */
export function formatter(lang: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(lang, options);
  } catch {
    return new Intl.DateTimeFormat(undefined, options);
  }
}
