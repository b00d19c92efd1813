/** What the page shows of the session's state. The state is a tutor's: it may be any JSON. */
import { beginning } from "../strings.ts";

export interface Lesson {
  /** Empty: there is none. */
  title: string;
  progress: Progress | null;
  /** Texts that a click sends: at most `MAX_SUGGESTIONS`, each once. */
  suggestions: string[];
  /** Answers are written by a language model. */
  ai: boolean;
}

export interface Progress {
  step: number;
  of: number;
  /** How many steps are answered, from 0 to `of`. */
  answered: number;
}

const MAX_TITLE = 200;
const MAX_STEPS = 9_999;
const MAX_SUGGESTIONS = 12;
/** A longer suggestion is no choice to click at: it is left out. In UTF-16 units. */
const MAX_SUGGESTION = 1_000;
/** How many items of a list of suggestions are looked at. */
const MAX_READ = 100;

/** Spaces, format characters, halves of characters: of a text that has no others nothing is seen. */
const UNSEEN = /^[\s\p{Z}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/** Never throws, and costs the same however large the state is. */
export function readLesson(state: unknown): Lesson {
  const { title, suggestions, ai, ...counts } = isObject(state) ? state : {};
  return {
    title: readTitle(title),
    progress: readProgress(counts),
    suggestions: readSuggestions(suggestions),
    ai: ai === true,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Its beginning, without half a character at the end. */
function readTitle(given: unknown): string {
  if (typeof given !== "string") return "";
  const title = beginning(given, MAX_TITLE);
  return UNSEEN.test(title) ? "" : title.trim();
}

/** A tutor that does not count answers in `progress` has them up to the step before. */
function readProgress({ step, of, progress }: Record<string, unknown>): Progress | null {
  if (!isCount(step) || !isCount(of) || of === 0) return null;
  const answered = isCount(progress) ? progress : Math.max(0, step - 1);
  return { step: Math.min(step, of), of, answered: Math.min(answered, of) };
}

const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_STEPS;

function readSuggestions(given: unknown): string[] {
  const read = Array.isArray(given) ? given.slice(0, MAX_READ) : [];
  const texts = read.filter(
    (each): each is string =>
      typeof each === "string" && each.length <= MAX_SUGGESTION && isSeen(each),
  );
  return [...new Set(texts)].slice(0, MAX_SUGGESTIONS);
}

/** The backticks around code are not drawn. */
const isSeen = (text: string): boolean => !UNSEEN.test(text.replace(/`([^`\n]+)`/g, "$1"));
