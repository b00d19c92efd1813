import { afterEach, describe, expect, test, vi } from "vitest";
import de from "../../tutor_widget/words/de.json" with { type: "json" };
import en from "../../tutor_widget/words/en.json" with { type: "json" };
import es from "../../tutor_widget/words/es.json" with { type: "json" };
import fr from "../../tutor_widget/words/fr.json" with { type: "json" };
import zh from "../../tutor_widget/words/zh.json" with { type: "json" };
import { english, fill, tagFor, translated, type Words, wanted } from "../src/words.ts";

type Catalogue = { browser: Words; parts: object; page: object; said: Record<string, string> };
const others: Record<string, Catalogue> = { de, es, fr, zh };

/** Each text by its path, as the places it has to fill: "badge.failed" → "{n} {reason}". */
function places(part: object, path = ""): [string, string][] {
  return Object.entries(part).flatMap(([key, value]): [string, string][] =>
    typeof value === "string"
      ? [[path + key, holes(value).join(" ")]]
      : places(value, `${path}${key}.`),
  );
}
const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();

afterEach(() => {
  document.documentElement.lang = "";
});

describe("the catalogues", () => {
  test.each(Object.entries(others))("%s has English's keys, order and places", (_, its) => {
    expect(places(its.browser)).toEqual(places(en.browser));
    expect(places(its.parts)).toEqual(places(en.parts));
    expect(places(its.page)).toEqual(places(en.page));
  });

  test.each(Object.entries(others))("%s says all that the others say of the kernel's", (_, its) => {
    expect(Object.keys(its.said)).toEqual(Object.keys(de.said));
    for (const [original, ours] of Object.entries(its.said))
      expect(holes(original)).toEqual(expect.arrayContaining(holes(ours)));
  });

  test.each(Object.entries(others))("%s translates every word but names", (language, its) => {
    const texts = (part: object): string[] =>
      Object.values(part).flatMap((v) => (typeof v === "string" ? [v] : texts(v)));
    const theirs = texts([its.browser, its.parts]);
    const same = texts([en.browser, en.parts]).filter((text, i) => text === theirs[i]);
    const long = same.filter((text) => text.replace(/\{\w+\}/g, "").length > 12);
    expect([language, long]).toEqual([language, []]);
  });
});

test("places are filled, and the form chosen by the number", () => {
  expect(fill("{n} message|{n} messages", { n: 1 })).toBe("1 message");
  expect(fill("{n} message|{n} messages", { n: 2 })).toBe("2 messages");
  expect(fill("Not sent: {reason}", { reason: "{n} $& |" })).toBe("Not sent: {n} $& |");
});

test("a sentence of the kernel's is found whatever it was filled with", () => {
  const words: Words = { ...english, said: { "Old ({1}), and {2}?": "Alt: {2}, {1}" } };
  expect(translated(words, "Old (404), and (new)?")).toBe("Alt: (new), 404");
  expect(translated(words, "Old")).toBe("Old");
  expect(translated(english, "As it is.")).toBe("As it is.");
});

test("a sentence may run over lines, and none is taken for a pattern", () => {
  const said = { "It said: {1}": "Es sagte: {1}", "a.c {1}": "x {1}" };
  const words: Words = { ...english, said };
  expect(translated(words, "It said: one\ntwo")).toBe("Es sagte: one\ntwo");
  expect(translated(words, "abc 1")).toBe("abc 1");
});

test("the language asked for comes first, then the page's, then the browser's", () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["de-AT", "fr"]);
  document.documentElement.lang = "zh-CN";
  expect(wanted("es")).toEqual(["es", "zh-CN", "de-AT", "fr", "en"]);
  // JupyterLab's page is in English where nobody chose.
  document.documentElement.lang = "en";
  expect(wanted("")).toEqual(["de-AT", "fr", "en"]);
});

test("times are written as the reader's own country does, in the words' language", () => {
  expect(tagFor(english, ["de", "en-GB"])).toBe("en-GB");
  expect(tagFor({ ...english, lang: "zh-Hans" }, ["de"])).toBe("zh-Hans");
});
