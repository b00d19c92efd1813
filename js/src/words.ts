/**
 * Every word that a learner sees or hears. English is inside; another language's catalogue comes from
 * the kernel. Their source, and what `{name}`, `{name:,}` and `|` mean in them: `tutor_widget/words/`.
 */
import type catalogue from "../../tutor_widget/words/en.json";
import { browser } from "../../tutor_widget/words/en.json";
import type { Progress } from "./model/session_state.ts";
import { type Args, fill } from "./template.ts";

export type Words = typeof browser & {
  /** Those of the front end's parts, which bring English along. */
  parts?: typeof catalogue.parts;
  /** What happened, and what to do about it, by codes; not in English. */
  sentences?: Record<string, string>;
  advice?: Record<string, string>;
};

/** Without the sentences of codes: the kernel sends those in English with each code. */
export const english: Words = browser;

/** A sentence of the kernel as a code with its arguments. Kernels of 0.1 send no code. */
export interface Coded {
  code?: string | undefined;
  args?: Args | undefined;
}

/** What happened, in the language of `words`; for a code without words there, the given `sentence`. */
export function sentenceOf(words: Words, { code, args }: Coded, sentence: string): string {
  const template = lookUp(words.sentences, code);
  return template === undefined ? sentence : fill(template, args ?? {}, words.lang);
}

/** Which place in line a message has: in a word as far as the language's list goes, then by number. */
export function inLine({ message }: Words, place: number): string {
  const places = message.places.split("|");
  const word = places[place - 1] ?? places.at(-1) ?? "";
  return fill(message.inLine, { place: fill(word, { n: place }) });
}

/** How far the lesson is. */
export const progressOf = (words: Words, { step, of, answered }: Progress): string =>
  fill(answered === of ? words.progressDone : words.progress, { step, of });

/** What to do about it. Where the kernel gives no `advice`, there is nothing to do. */
export const adviceOf = (words: Words, { code }: Coded, advice: string): string =>
  (advice && lookUp(words.advice, code)) || advice;

/** Codes come from a kernel or a file: no name of `Object.prototype` is one. */
const lookUp = (table: Record<string, string> = {}, code = ""): string | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined;

/** Language tags, best first: the one asked for, the page's, the browser's, English. */
export function preferredLanguages(asked: string): string[] {
  const { lang } = document.documentElement;
  // English is JupyterLab's default: it does not show which language its reader prefers.
  const page = primary(lang) === "en" ? "" : lang;
  return [asked, page, ...(navigator.languages ?? []), "en"].filter(Boolean);
}

/** The tag by which to write times: of the words' language, as exactly as the reader has it. */
export const tagFor = (words: Words, tags: string[]): string =>
  tags.find((tag) => primary(tag) === primary(words.lang)) ?? words.lang;

export const primary = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";
