/** Long texts of the learner are collapsed, and drawn as code where they are code. */
import { describe, expect, test } from "vitest";
import { drawTyped } from "../../src/markdown/typed.ts";
import { english } from "../../src/words.ts";

function drawn(text: string) {
  const root = document.createElement("div");
  root.append(...drawTyped(text, english));
  document.body.append(root);
  const $ = (selector: string) => root.querySelector<HTMLElement>(selector);
  return { root, $, opener: $("button.action") };
}

/** UTF-16 units of a message (docs/protocol.md). */
const LARGEST = 256 * 1024;
const lines = (n: number, line = "word word") => Array.from({ length: n }, () => line).join("\n");
const CODE = `import math

def area(r):
    if r < 0:
        raise ValueError(r)
    return math.pi * r ** 2

radii = [1, 2, 3]
for r in radii:
    print(area(r))

total = sum(area(r) for r in radii)
print(total)`;
const TRACEBACK = `Traceback (most recent call last):
${'  File "a.py", line 3, in f\n    return g(x)\n'.repeat(6)}ValueError: no`;
const PROSE = lines(13, "if I read this = that, for example: what is it?");

describe("a text of the learner's", () => {
  test("is collapsed from thirteen lines on", () => {
    expect(drawn(lines(12)).$(".long")).toBeNull();
    expect(drawn(`${lines(12)}\n\n`).$(".long")).toBeNull();
    const { $, opener } = drawn(lines(13));
    expect($(".long > .typed")?.textContent).toBe(lines(13));
    expect(opener?.textContent).toBe("Show all 13 lines");
  });

  test("is shown whole by a button that says so, and collapsed again", () => {
    const { $, opener } = drawn(lines(20));
    const state = () => [opener?.getAttribute("aria-expanded"), opener?.textContent];
    expect(state()).toEqual(["false", "Show all 20 lines"]);
    opener?.click();
    expect($(".long")?.matches(".whole")).toBe(true);
    expect(state()).toEqual(["true", "Show less"]);
    opener?.click();
    expect($(".long")?.matches(".whole")).toBe(false);
    expect(state()).toEqual(["false", "Show all 20 lines"]);
  });

  test.each([CODE, TRACEBACK, `Why does this fail?\n${CODE}`])(
    "that is long and code is drawn as code, as it was typed",
    (text) => {
      const { $ } = drawn(text);
      expect($(".long > .code code")?.textContent).toBe(`${text}\n`);
      expect($(".typed")).toBeNull();
    },
  );

  test.each([PROSE, lines(13, "- a point, and another"), lines(5, "x = 1")])(
    "that is prose, or short, is drawn as text",
    (text) => {
      expect(drawn(text).$(".code")).toBeNull();
      expect(drawn(text).$(".typed")?.textContent).toBe(text);
    },
  );

  test("costs its length: a large one of empty lines would take minutes otherwise", () => {
    expect(drawn(`a${"\n".repeat(LARGEST)}b`).opener?.textContent).toContain("Show all");
  });

  test("between backticks is collapsed as the rest is, each piece by itself", () => {
    const { root } = drawn(`see\n\`\`\`py\n${lines(30, "x = 1")}\n\`\`\`\nso?`);
    const shown = [...root.children].map((each) => each.className);
    expect(shown).toEqual(["typed", "long", "typed"]);
    expect(root.querySelector("[data-part=python]")?.textContent).toContain("x = 1");
  });
});
