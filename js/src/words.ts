/**
 * Every word that a learner sees or hears. English is inside; another language's catalogue comes from
 * the kernel, as does what the kernel's own sentences are in it. Their source, and what `{name}` and
 * `|` mean in them: `tutor_widget/words/`.
 */
import type catalogue from "../../tutor_widget/words/en.json";
import { browser } from "../../tutor_widget/words/en.json";

export type Words = typeof browser & {
  /** Those of the front end's parts, which bring English along. */
  parts?: typeof catalogue.parts;
  said?: Record<string, string>;
};

export const english: Words = browser;

/** `template` with `values` in its places; `n` among them chooses the form. */
export function fill(template: string, values: Record<string, string | number>): string {
  const forms = template.split("|");
  const form = (values.n === 1 ? forms[0] : forms.at(-1)) ?? "";
  return form.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** A sentence of the kernel's in the language of `words`; as it is, if they do not have it. */
export function translated({ said }: Words, sentence: string): string {
  for (const [original, ours] of Object.entries(said ?? {})) {
    const escaped = original.replace(/[\\^$.*+?()[\]|]/g, "\\$&");
    const found = new RegExp(`^${escaped.replace(/\{\d\}/g, "(.+)")}$`, "s").exec(sentence);
    if (found) return fill(ours, Object.fromEntries(found.entries()));
  }
  return sentence;
}

/** The languages to speak, best first: the one asked for, the page's, the browser's. */
export function wanted(asked: string): string[] {
  const { lang } = document.documentElement;
  // JupyterLab's page is in English where nobody chose: that says nothing of its reader.
  const page = primary(lang) === "en" ? "" : lang;
  return [asked, page, ...(navigator.languages ?? []), "en"].filter(Boolean);
}

/** The tag by which to write times: of the words' language, as exactly as the reader has it. */
export function tagFor(words: Words, tags: string[]): string {
  return tags.find((tag) => primary(tag) === primary(words.lang)) ?? words.lang;
}

export const primary = (tag: string): string => tag.toLowerCase().split("-")[0] ?? "";
