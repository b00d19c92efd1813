/** The newest part of a conversation, in the forms in which a notebook stores it. */
import { h } from "../../dom.ts";
import type { Notebook } from "../../model/notebook.ts";
import { cut } from "../../strings.ts";
import type { Entry } from "../../view/transcript/entries.ts";
import type { Words } from "../../words.ts";
import { clean } from "../saved/clean.ts";
import { wordsOf } from "./words.ts";

const MAX_MESSAGES = 100;
/** Bytes of a notebook file for their HTML: in the chat's state, and in an output that shows the chat. */
const MAX_BYTES = 120_000;
/** Of each line of an output, which is a string of its own on a line of its own. */
const LINE_BYTES = 14;
/** UTF-16 units of one message: the newest always has room. */
const MAX_TEXT = 6_000;
/** Messages in the text for terminals, and UTF-16 units of each. */
const MAX_PLAIN = 10;
const MAX_PLAIN_TEXT = 1_000;

/** What is stored of a chat, as it stands on the page. */
export interface Live {
  id: string;
  /** Whether the notebook may hold it. */
  save: boolean;
  server: string;
  status: string;
  title: string;
  /** Answers are written by a language model. */
  ai: boolean;
  entries: Entry[];
  /** There are messages before the first of `entries`. */
  older: boolean;
  words: Words;
  lang: string;
  /** The text of a message as elements. */
  draw(entry: Entry): HTMLElement[];
  /** What is to be said of a message that did not simply arrive. */
  stateWords(entry: Entry): string;
}

export interface Excerpt {
  /** The messages, an `article` each; "" for a conversation without any. */
  html: string;
  plain: string;
}

export function excerptOf(live: Live): Excerpt {
  const times = timesIn(live.lang);
  const articles: string[] = [];
  let left = MAX_BYTES;
  for (const entry of live.entries.toReversed().slice(0, MAX_MESSAGES)) {
    const article = drawArticle({ ...entry, text: cut(entry.text, MAX_TEXT) }, live, times);
    left -= cost(article);
    if (left < 0) break;
    articles.unshift(article);
  }
  const isWhole = articles.length === live.entries.length && !live.older;
  const note = (text: string) => h("p", {}, h("em", {}, text)).outerHTML;
  const newest = live.entries.slice(-Math.min(MAX_PLAIN, MAX_MESSAGES));
  return {
    html: [isWhole ? "" : note(wordsOf(live.words).cut), ...articles].filter(Boolean).join("\n"),
    plain: newest.map((entry) => plainText(entry, live, times)).join("\n"),
  };
}

/** The HTML of an output: `excerpt` with what is to be said of it. */
export const outputHtml = ({ html }: Excerpt, { words, lang, ai }: Live): string => {
  const notes = wordsOf(words);
  const note = (text: string) => h("p", {}, h("em", {}, text));
  const section = h("section", { lang }, note(notes.held), ai && note(notes.ai));
  return section.outerHTML.replace("</section>", () => `\n${html}</section>`);
};

function cost(html: string): number {
  const bytes = new TextEncoder().encode(JSON.stringify(html)).length;
  return 2 * bytes + LINE_BYTES * html.split("\n").length;
}

type Times = (at: number) => string;

function timesIn(lang: string): Times {
  const day = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const options = { ...day, ...clock, timeZoneName: "short" } as const;
  try {
    return new Intl.DateTimeFormat(lang, options).format;
  } catch {
    return new Intl.DateTimeFormat(undefined, options).format; // the browser rejects the tag
  }
}

function drawArticle(entry: Entry, live: Live, times: Times): string {
  const { role, at } = entry;
  const time = at && h("time", { datetime: new Date(at).toISOString() }, times(at));
  const note = noteOn(entry, live);
  const body = h("div", { dir: "auto" }, ...live.draw(entry));
  for (const bar of body.querySelectorAll(".code-bar")) bar.remove();
  // A notebook's outline is its author's: no message is a heading in it.
  const heading = h("p", {}, h("strong", {}, who(entry, live.words)), " ", time || null);
  if (note) heading.append(" ", h("small", {}, note));
  const drawn = h("div", {}, clean(h("div", {}, h("article", { class: role }, heading, body))));
  return drawn.innerHTML;
}

function plainText(entry: Entry, live: Live, times: Times): string {
  const note = noteOn(entry, live);
  const start = `${who(entry, live.words)}${entry.at ? `, ${times(entry.at)}` : ""}`;
  const seen = entry.text.trim().replace(/[^\P{C}\n\t]/gu, "\ufffd");
  const text = cut(seen.replace(/\n{3,}/g, "\n\n"), MAX_PLAIN_TEXT);
  return `${start}${note ? ` (${note})` : ""}: ${text}`;
}

const who = ({ role, by }: Entry, words: Words): string =>
  by ?? words[role === "learner" ? "you" : role];

/** As on the page, where a reply that grows needs no words. */
const noteOn = (entry: Entry, { words, stateWords }: Live): string =>
  stateWords(entry) || (entry.state === "streaming" ? words.message.answering : "");

/** Brings the outputs of a chat up to date, for readers without the widget. */
export function putOutputs(notebook: Notebook, live: Live, excerpt: Excerpt, isOf: IsOf): void {
  const chat = `TutorChat(${live.server}, ${live.status})`;
  const first = live.ai ? `${chat}\n${wordsOf(live.words).ai}` : chat;
  const { html, plain } = excerpt;
  notebook.replaceOutputs((output) => {
    if (!isOf(output)) return null;
    const { "text/html": _, ...data } = output.data ?? {};
    const text = plain ? `${first}\n${plain}` : first;
    const all = { ...data, "text/plain": text };
    return { ...output, data: html ? { ...all, "text/html": outputHtml(excerpt, live) } : all };
  });
}

type IsOf = (output: { data?: Record<string, unknown> }) => boolean;
