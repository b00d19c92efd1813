import { describe, expect, test } from "vitest";
import { type Block, parseBlocks } from "../../src/markdown/blocks.ts";

const types = (markdown: string) => parseBlocks(markdown).map((block) => block.type);
function table(markdown: string): Extract<Block, { type: "table" }> {
  const [block] = parseBlocks(markdown);
  if (block?.type !== "table") throw new Error(`no table, but ${block?.type}`);
  return block;
}

describe("a table", () => {
  test("has no more cells in a row than its head, and a short row is not filled up", () => {
    const { head, rows } = table("| a |\n|---|\n| 1 | 2 | 3 |\n|  |\n| x");
    expect(head).toEqual(["a"]);
    expect(rows).toEqual([["1"], [""], ["x"]]);
    expect(table("| a | b |\n|---|---|\n| 1 |").rows).toEqual([["1"]]);
  });

  test("may hold an escaped `|`, also at the end of a row", () => {
    const { rows } = table("| a | b |\n|---|---|\n| x \\| y | `z\\|` |\n1 | 2 \\|");
    expect(rows).toEqual([
      ["x | y", "`z|`"],
      ["1", "2 |"],
    ]);
  });

  test("is aligned as its second line says", () => {
    expect(table("|a|b|c|d|\n|:--|:-:|--:|---|").align).toEqual(["left", "center", "right", null]);
  });

  test("needs a delimiter in each cell of its second line, as many as its head has", () => {
    expect(types("| a | b |\n|---|")).toEqual(["paragraph"]);
    expect(types("| a | b |\n|---| b |")).toEqual(["paragraph"]);
    expect(types("| a | b |\n|---|-:-|")).toEqual(["paragraph"]);
    expect(types("no cells\n---")).toEqual(["heading"]);
  });

  test("follows a paragraph without a blank line, and ends at what interrupts one", () => {
    expect(types("so:\n| a |\n|---|\n| 1 |\n# next")).toEqual(["paragraph", "table", "heading"]);
    expect(table("| a |\n|---|\n| 1 |\n\n| 2 |").rows).toEqual([["1"]]);
  });
});

describe("lists and quotes", () => {
  test("nest sixteen deep: no lesson goes deeper, and hostile text ends there", () => {
    const depth = (blocks: Block[]): number => {
      const [block] = blocks;
      return block?.type === "quote" ? 1 + depth(block.blocks) : 0;
    };
    expect(depth(parseBlocks(`${"> ".repeat(16)}x`))).toBe(16);
    expect(depth(parseBlocks(`${"> ".repeat(40)}x`))).toBe(16);
  });

  test("a lazy line goes on with a paragraph, in each block of a long text anew", () => {
    const quote = `> ${"line\n> ".repeat(40)}end\nlazy`;
    const long = Array.from({ length: 60 }, () => quote).join("\n\n");
    for (const block of parseBlocks(long)) {
      expect(block.type).toBe("quote");
      const [paragraph] = block.type === "quote" ? block.blocks : [];
      expect(paragraph).toMatchObject({ text: expect.stringMatching(/\nlazy$/) });
    }
  });

  test("a number other than 1 interrupts no paragraph, but begins a list that it numbers", () => {
    expect(types("in\n1985. it began")).toEqual(["paragraph"]);
    expect(types("so:\n1. one")).toEqual(["paragraph", "list"]);
    expect(parseBlocks("7. seven")).toMatchObject([{ ordered: true, start: 7 }]);
  });

  test("a list is loose where a blank line parts its items, tight where none does", () => {
    expect(parseBlocks("- a\n- b\n\nafter")).toMatchObject([{ tight: true }, {}]);
    expect(parseBlocks("- a\n\n- b")).toMatchObject([{ tight: false }]);
  });
});

describe("displayed mathematics below other text", () => {
  test.each([
    ["so:\n$$\n- x\n|y| = 1\n# z\n$$\nmore", ["paragraph"]],
    ["so:\n\\[\n- x\n\\]\n- y", ["paragraph", "list"]],
    ["so:\n$$\n- x\n\nafter", ["paragraph", "paragraph"]],
    ["so:\n$$ and\n- x", ["paragraph", "list"]],
    ["so:\n$$\nx\n$$\n===", ["heading"]],
  ])("%j is %j", (markdown, found) => expect(types(markdown)).toEqual(found));
});

describe("characters", () => {
  test("NUL becomes the replacement character, and each kind of line end is one", () => {
    expect(parseBlocks("a\0b\rc\r\nd")).toMatchObject([{ text: "a\ufffdb\nc\nd" }]);
  });

  test("a tab at a line's beginning reaches to the next fourth column", () => {
    expect(parseBlocks("\tx")).toMatchObject([{ type: "code", text: "x\n" }]);
    expect(parseBlocks("  \t\ty")).toMatchObject([{ type: "code", text: "    y\n" }]);
  });
});

test("each block tells the line that it begins at", () => {
  const lines = parseBlocks("# a\n\nb\nc\n\n```\nd\n```\n| e |\n|---|\n- f\n> g").map(
    (b) => b.line,
  );
  expect(lines).toEqual([0, 2, 5, 8, 10, 11]);
});
