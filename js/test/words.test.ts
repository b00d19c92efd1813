import { afterEach, describe, expect, test, vi } from "vitest";
import de from "../../tutor_widget/words/de.json" with { type: "json" };
import en from "../../tutor_widget/words/en.json" with { type: "json" };
import es from "../../tutor_widget/words/es.json" with { type: "json" };
import fr from "../../tutor_widget/words/fr.json" with { type: "json" };
import zh from "../../tutor_widget/words/zh.json" with { type: "json" };
import { fill } from "../src/template.ts";
import {
  adviceOf,
  english,
  preferredLanguages,
  sentenceOf,
  tagFor,
  type Words,
} from "../src/words.ts";

type Catalogue = { browser: Words; parts: object; page: object; sentences: object; advice: object };
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

  test.each(Object.entries(others))("%s translates every word but names", (language, its) => {
    const texts = (part: object): string[] =>
      Object.values(part).flatMap((v) => (typeof v === "string" ? [v] : texts(v)));
    const theirs = texts([its.browser, its.parts, its.sentences, its.advice]);
    const same = texts([en.browser, en.parts, en.sentences, en.advice]).filter(
      (text, i) => text === theirs[i],
    );
    const long = same.filter((text) => text.replace(/\{\w+\}/g, "").length > 12);
    expect([language, long]).toEqual([language, []]);
  });
});

test("places are filled, and the form chosen by the number", () => {
  expect(fill("{n} message|{n} messages", { n: 1 })).toBe("1 message");
  expect(fill("{n} message|{n} messages", { n: 2 })).toBe("2 messages");
  expect(fill("Not sent: {reason}", { reason: "{n} $& |" })).toBe("Not sent: {n} $& |");
});

test("a number that counts something is grouped as the language does it", () => {
  expect(fill("{size:,} of {limit}", { size: 32768, limit: 4400 })).toBe("32,768 of 4400");
  expect(fill("{size:,}", { size: 32768 }, "de")).toBe("32.768");
});

describe("what the kernel says", () => {
  const german: Words = {
    ...english,
    lang: "de",
    sentences: { message_too_long: "{length:,} statt {limit:,}" },
    advice: { sign_in: "Melde dich an." },
  };

  test("is said by its code, whatever the English sentence is", () => {
    const coded = { code: "message_too_long", args: { length: 40000, limit: 32768 } };
    expect(sentenceOf(german, coded, "Too long.")).toBe("40.000 statt 32.768");
    // English comes with the code: the page holds no second copy.
    expect(sentenceOf(english, coded, "Too long.")).toBe("Too long.");
  });

  test.each([undefined, "", "of_a_later_kernel", "constructor", "__proto__"])(
    "stays as it is without a code that is known: %s",
    (code) => {
      expect(sentenceOf(german, { code }, "As it is.")).toBe("As it is.");
      expect(sentenceOf({ ...german, sentences: undefined as never }, { code }, "So.")).toBe("So.");
      expect(adviceOf(german, { code }, "Do it.")).toBe("Do it.");
    },
  );

  test("is advice only where the kernel gives some", () => {
    expect(adviceOf(german, { code: "sign_in" }, "Sign in.")).toBe("Melde dich an.");
    expect(adviceOf(german, { code: "sign_in" }, "")).toBe("");
  });
});

test("the language asked for comes first, then the page's, then the browser's", () => {
  vi.spyOn(navigator, "languages", "get").mockReturnValue(["de-AT", "fr"]);
  document.documentElement.lang = "zh-CN";
  expect(preferredLanguages("es")).toEqual(["es", "zh-CN", "de-AT", "fr", "en"]);
  // JupyterLab's page is in English where nobody chose.
  document.documentElement.lang = "en";
  expect(preferredLanguages("")).toEqual(["de-AT", "fr", "en"]);
});

test("times are written as the reader's own country does, in the words' language", () => {
  expect(tagFor(english, ["de", "en-GB"])).toBe("en-GB");
  expect(tagFor({ ...english, lang: "zh-Hans" }, ["de"])).toBe("zh-Hans");
});
