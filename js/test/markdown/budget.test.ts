/** What is beyond a message's budget is shown as it was written; what is within is drawn. */
import { describe, expect, test, vi } from "vitest";
import { fullBudget } from "../../src/markdown/budget.ts";
import { drawMarkdown } from "../../src/markdown/draw.ts";
import { MarkdownStream } from "../../src/markdown/stream.ts";
import { drawTyped } from "../../src/markdown/typed.ts";
import { english } from "../../src/words.ts";

/** Code points of a message (docs/protocol.md). */
const LARGEST = 262_144;
const { blocks: BLOCKS, marks: MARKS } = fullBudget();

function drawn(nodes: HTMLElement[]): HTMLElement {
  const root = document.createElement("div");
  root.append(...nodes);
  return root;
}

const bare = (text: string | null) => (text ?? "").replace(/[^a-z]/g, "");

const FLOODS = [
  "- \n",
  "- a\n",
  "---\n",
  "a\n\n",
  "> a\n\n",
  "# a\n",
  "```\na\n```\n",
  "|a|b|\n|-|-|\n",
  "*a* ",
  "`a` ",
  "[a](https://b.example) ",
  "a  \n",
  "$a$ ",
  "1. a\n   - a\n",
];

describe.each(FLOODS)("%j", (piece) => {
  const text = piece.repeat(6_000);

  test("is drawn within bounds, and no letter is lost", () => {
    const root = drawn(drawMarkdown(text, english));
    expect(root.querySelectorAll("*").length).toBeLessThanOrEqual(6 * BLOCKS + 3 * MARKS);
    if (!piece.includes("](") && !piece.includes("```"))
      expect(bare(root.textContent)).toBe(bare(text));
    const typed = drawn(drawTyped(text, english));
    expect(typed.querySelectorAll("*").length).toBeLessThanOrEqual(6 * BLOCKS + 3 * MARKS);
  });
});

test.each(["- a\n", "|a|b|\n|-|-|\n|c|d|\n|e|f|\n\n", "*a* b\n\n"])(
  "%j ends the same, streamed or whole",
  (piece) => {
    vi.stubGlobal("matchMedia", () => ({ matches: true }));
    const text = piece.repeat(6_000);
    const element = document.createElement("div");
    const stream = new MarkdownStream(element, english, () => undefined);
    for (const share of [0.4, 0.9]) stream.write(text.slice(0, text.length * share));
    stream.finish(text);
    expect(element.innerHTML).toBe(drawn(drawMarkdown(text, english)).innerHTML);
  },
);

test("more items than a call may have arguments are a list and its rest", () => {
  const root = drawn(drawMarkdown("- \n".repeat(LARGEST / 3), english));
  expect(root.querySelectorAll("li")).toHaveLength(BLOCKS - 1);
  expect(root.lastElementChild?.className).toBe("typed");
});

test("the first formulas are mathematics, within a length of all of them", () => {
  const formulas = drawn(drawMarkdown(`$${"x".repeat(100)}$ `.repeat(1_000), english));
  expect(formulas.querySelectorAll("[data-part=math]")).toHaveLength(153);
  expect(formulas.querySelectorAll(".math")).toHaveLength(1_000);
});

test("code beyond a length has no colours", () => {
  const root = drawn(drawMarkdown("```python\nx = 1\n```\n".repeat(11_000), english));
  const coloured = root.querySelectorAll("[data-part=python]").length;
  expect(coloured).toBeGreaterThan(0);
  const long = drawn(drawMarkdown(`\`\`\`python\n${"x = 1\n".repeat(20_000)}\`\`\``, english));
  expect(long.querySelector("[data-part=python]")).toBeNull();
});

test("what cannot be drawn is shown as it was written, and the others are drawn", () => {
  const create = document.createElement.bind(document);
  vi.spyOn(document, "createElement").mockImplementation((name: string) => {
    if (name === "hr") throw new RangeError("no such element");
    return create(name);
  });
  const [broken, ...others] = [
    drawn(drawMarkdown("*a*\n\n---", english)),
    drawn(drawMarkdown("*b*", english)),
  ];
  expect(broken?.textContent).toBe("*a*\n\n---");
  expect(others[0]?.querySelector("em")).not.toBeNull();
});

test("a word without an end may break, but in a block of code", () => {
  const word = "\u0e01".repeat(2_500);
  const root = drawn(drawMarkdown(`a ${word} b\n\n\`\`\`\n${word}\n\`\`\``, english));
  expect(root.querySelectorAll("p wbr")).toHaveLength(2);
  expect(root.querySelectorAll("pre wbr")).toHaveLength(0);
  expect(root.querySelector("p")?.textContent).toBe(`a ${word} b`);
  expect(drawn(drawTyped(word, english)).querySelectorAll("wbr")).toHaveLength(2);
  expect(drawn(drawMarkdown("word ".repeat(1_000), english)).querySelector("wbr")).toBeNull();
});
