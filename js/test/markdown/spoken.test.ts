/** Markdown as it is read aloud, in each language. */
import { describe, expect, test } from "vitest";
import de from "../../../tutor_widget/words/de.json" with { type: "json" };
import en from "../../../tutor_widget/words/en.json" with { type: "json" };
import es from "../../../tutor_widget/words/es.json" with { type: "json" };
import fr from "../../../tutor_widget/words/fr.json" with { type: "json" };
import zh from "../../../tutor_widget/words/zh.json" with { type: "json" };
import { joined, spokenText } from "../../src/markdown/spoken.ts";
import { english, type Words } from "../../src/words.ts";

const LANGUAGES = Object.entries({ de, en, es, fr, zh }).map(
  ([name, { browser }]) => [name, browser as Words] as const,
);
const spoken = (text: string) => spokenText(text, english);
const fenced = (...lines: string[]) => ["```python", ...lines, "```"].join("\n");

describe.each(LANGUAGES)("in %s", (language, words) => {
  const [stop, comma] = language === "zh" ? ["。", "，"] : [".", ","];

  test("code of up to three lines is code, and of more its length", () => {
    const code = (n: number) => fenced(..."abcd".slice(0, n));
    const heard = [1, 2, 3].map((n) => spokenText(code(n), words));
    expect(heard).toEqual(["a", "a; b", "a; b; c"]);
    const four = words.spoken.code.split("|").at(-1)?.replace("{n}", "4");
    expect(spokenText(code(4), words)).toBe(four);
    expect(spokenText(`${code(4)}\nx`, words)).toBe(`${four}${stop} x`);
  });

  test.each([
    ["a heading and a text", "## a\nb"],
    ["paragraphs", "a\n\nb"],
    ["a bold label and a paragraph", "**a**\n\nb"],
    ["a bold label and the lines below it", "**a**\nB"],
    ["choices", "a  \nb"],
    ["lines that a backslash ends", "a\\\nb"],
    ["items", "- a\n- b"],
    ["items of paragraphs", "- a\n\n- b"],
    ["an item and the list in it", "- a\n  - b"],
    ["an item and what follows", "- a\n\nb"],
    ["a rule within an item", "- a\n  ***\n  b"],
    ["a quotation and a text", "> a\n\nb"],
    ["a text and code", "a\n```\nb\n```"],
    ["code and a text", "```\na\n```\nb"],
    ["code and an item's text", "- a\n  ```\n  b\n  ```"],
    ["rows of a table", "| a |\n|---|\n| b |"],
    ["code in the line, and a text", "`a`\n\nb"],
  ])("between %s there is a full stop", (_, text) => {
    expect(spokenText(text, words).toLowerCase()).toBe(`a${stop} b`);
  });

  test("items of a numbered list have their numbers", () => {
    expect(spokenText("1. a\n2. b", words)).toBe(`1. a${stop} 2. b`);
    expect(spokenText("7. a\n\n   b\n\n8. - c", words)).toBe(`7. a${stop} b${stop} 8. c`);
  });

  test("a line behind an indented block is told from it", () => {
    const code = fenced("for n in [1, 2]:", '    print("a")', 'print("|$& {code}")');
    const last = words.spoken.unindented.replace("{code}", () => 'print("|$& {code}")');
    expect(spokenText(code, words)).toBe(`for n in [1, 2]: print("a"); ${last}`);
  });

  test("cells of a row are told apart, and rows end", () => {
    expect(spoken("| a<br>b |\n|---|")).toBe("a b");
    const table = "| a | b |\n|---|---|\n| 1? | `2` |\n| | 3 |";
    expect(spokenText(table, words)).toBe(`a${comma} b${stop} 1? 2${stop} 3`);
  });
});

test.each([
  "a.",
  "a!",
  "a?",
  "a:",
  "a,",
  "a;",
  "a…",
  "a...",
  "(a.)",
  "“a?”",
  '"a!"',
  "« a ! »",
  "»a.«",
  "「甲。」",
  "甲。",
  "甲？",
  "甲：",
  "甲，",
  "**a?**",
  "## a?",
  "`a:`",
])("a block's own mark is the only one: %s", (text) => {
  const heard = spoken(text);
  expect(spoken(`${text}\n\nb`)).toBe(`${heard} b`);
});

test.each([
  "(a)",
  "“a”",
  "a :)",
  "`a[1:]`",
  '`print("a!")`',
  "`'a.'`",
  "a 🙂",
  "a)",
  "5 - 3",
  "[1, 2]",
])("a mark within code or brackets ends nothing: %s", (text) => {
  const heard = spoken(text);
  expect(spoken(`${text}  \nb`)).toBe(`${heard}. b`);
});

describe("code", () => {
  test.each([
    [["for n in range(3):", "    print(n)"], "for n in range(3): print(n)"],
    [['print("Hi!")', 'print("a.")'], 'print("Hi!"); print("a.")'],
    [["if a:", "    b", "", "c"], "code, 4 lines"],
    [["def f():", "\ta", "f()"], "def f(): a; not indented: f()"],
    [["  if a:", "    b", "  c"], "if a: b; not indented: c"],
    [["for a in b:", "  for c in a:", "    c"], "for a in b: for c in a: c"],
    [["a", "if b:", "    c"], "a; if b: c"],
    [["  1 a", "> 2 b"], "1 a; > 2 b"],
    [["f(a,", "  b)"], "f(a, b)"],
    [["a = 1;", "b"], "a = 1; b"],
    [["a", "", "b"], "a; b"],
    [["a", "", "", "b"], "code, 4 lines"],
    [["a", "", "", ""], "a"],
    [["<b>x</b> **y** `z`"], "<b>x</b> **y** `z`"],
    [[""], ""],
  ])("%j is read as %j", (lines, heard) => {
    expect(spoken(fenced(...lines))).toBe(heard);
  });

  test("answers what is asked of it", () => {
    const question = `**1 of 2**\n\nWhat does this give?\n\n${fenced("[10, 20, 30][1]")}`;
    expect(spoken(question)).toBe("1 of 2. What does this give? [10, 20, 30][1]");
  });

  test("is read also without a fence, and where the fence stays open", () => {
    expect(spoken("Look:\n\n    a\n    b")).toBe("Look: a; b");
    expect(spoken("Look:\n```python\na")).toBe("Look: a");
  });

  test("without any bound by lines is its length", () => {
    expect(spokenText(`a\n${fenced("b")}`, english, 0)).toBe("a. code, 1 line");
  });
});

describe("text", () => {
  test("a sentence over several lines stays one", () => {
    const text = "The\n**index of a value**\nis its `place`\nin the list";
    expect(spoken(text)).toBe("The index of a value is its place in the list");
    expect(spoken("**An index**\nis a place")).toBe("An index is a place");
    expect(spoken("**An** index")).toBe("An index");
  });

  test("choices with code are told apart", () => {
    const text = 'Which?\n\nA) `print("Hi!")`  \nB) `x = [1,\n2]`  \nC) Nothing appears.';
    expect(spoken(text)).toBe('Which? A) print("Hi!"). B) x = [1, 2]. C) Nothing appears.');
  });

  test("a picture is its words, and a formula its source", () => {
    expect(spoken("![a cat](https://x.example/c.png) **bold**")).toBe("Image: a cat bold");
    expect(spoken("So $x^2$\n\n---\n\nb")).toBe("So x^2. b");
  });

  test("what looks like a mark of ours is text", () => {
    expect(spoken("a\0|b &#0;` c")).toBe("a\ufffd|b \ufffd` c");
    expect(spoken(fenced("a\0`b"))).toBe("a\ufffd`b");
  });

  test("nothing to read is nothing", () => {
    expect(["", " ", "---", "- ", "```\n```"].map(spoken)).toEqual(["", "", "", "", ""]);
    expect(joined([], ".")).toBe("");
  });
});
