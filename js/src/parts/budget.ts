/**
 * What is left of today's questions, in words. A tutor with a budget names it in the session's state:
 * `{"budget": {"left": 0.2, "until": 1767664800000}}`, the share that is left and when the next budget
 * begins, in Unix ms. Only a page that meets one asks for this code.
 */
import { parts as english } from "../../../tutor_widget/words/en.json";
import { Timer } from "../lifetime.ts";
import type { Conversation } from "../model/conversation.ts";
import type { LiveRegions } from "../status/live_regions.ts";
import type { Watch } from "../status/watch.ts";
import { fill } from "../template.ts";
import { formatter } from "../view/times.ts";
import type { Words } from "../words.ts";

export type Level = keyof typeof english.budget;

export interface Budget {
  level: Level;
  /** When the next one begins, in Unix ms. */
  until: number;
}

/** Each level with the largest share, from 0 to 1, that it is said of; the words are the nearest. */
const LEVELS: [Level, number][] = [
  ["used", 0],
  ["less", 0.05],
  ["tenth", 0.15],
  ["fifth", 0.2],
];
/** A day, and an hour for clocks that differ, in ms: a time of day further on would be ambiguous. */
const LONGEST = 25 * 3_600_000;

/** What there is to say at `now`, or null. The state is a tutor's: it may be any JSON. */
export function readBudget(state: unknown, now: number): Budget | null {
  const { left, until } = Object(Object(state).budget);
  if (typeof left !== "number" || !(left >= 0) || !Number.isInteger(until)) return null;
  if (until <= now || until - now > LONGEST) return null;
  const found = LEVELS.find(([, most]) => left <= most);
  return found ? { level: found[0], until } : null;
}

/** The budget in words; "" for none. The time is the reader's own. */
export function budgetWords(
  budget: Budget | null,
  { parts = english }: Words,
  lang: string,
): string {
  if (!budget) return "";
  const clock = formatter(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return fill(parts.budget[budget.level], { time: clock.format(budget.until) });
}

/** What the part needs of its model. */
export interface Around {
  conversation: Pick<Conversation, "traits" | "subscribe">;
  regions: Pick<LiveRegions, "announce">;
  watch: Pick<Watch, "refresh">;
  words: Words;
  /** The tag by which to write times. */
  lang: string;
  signal: AbortSignal;
}

/**
 * Follows the budget for the lifetime of a model, and returns what to show of it at any moment.
 * Announces it when it appears and when it is used up, never in between; `known` is the state that the
 * page opened with: what it says is no news.
 */
export default function follow(around: Around, known: unknown): () => string {
  const { conversation, regions, watch, signal } = around;
  const timer = new Timer(signal);
  const read = () => readBudget(conversation.traits.session_state, Date.now());
  const shown = () => budgetWords(read(), around.words, around.lang);
  let before = readBudget(known, Date.now())?.level;
  const look = () => {
    const budget = read();
    const level = budget?.level;
    const isNews = level && (!before || (level === "used" && before !== level));
    before = level;
    if (isNews) regions.announce("status", shown(), `budget ${level}`);
    timer.stop();
    if (budget) timer.start(budget.until - Date.now(), redraw);
  };
  const redraw = () => {
    look();
    watch.refresh();
  };
  conversation.subscribe(look, signal);
  // After this function's result is there to be drawn.
  queueMicrotask(redraw);
  return shown;
}
