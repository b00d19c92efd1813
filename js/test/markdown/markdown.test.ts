import { beforeEach, describe, expect, test, vi } from "vitest";
import { drawMarkdown } from "../../src/markdown/draw.ts";
import { MarkdownStream } from "../../src/markdown/stream.ts";
import { drawTyped } from "../../src/markdown/typed.ts";
import { highlightPython } from "../../src/parts/python.ts";
import { english } from "../../src/words.ts";

const words = english;

function drawn(markdown: string): HTMLElement {
  const root = document.createElement("div");
  root.append(...drawMarkdown(markdown, words));
  return root;
}

describe("what lessons write", () => {
  test("Python's brackets are no links, and its names no emphasis", () => {
    const text = "What does [1, 2, 3][1] give? See `x`, snake_case_name, __init__[0], 2 * 3 * 4";
    const root = drawn(text);
    expect(root.querySelector("a, em")).toBeNull();
    expect(root.textContent).toContain("[1, 2, 3][1]");
    expect(root.textContent).toContain("snake_case_name");
  });

  test("a table with alignment, whose cells are Markdown", () => {
    const root = drawn("| a | b |\n|--:|:-:|\n| `x|y` | **1** |\n\nafter");
    expect(root.querySelectorAll("th")).toHaveLength(2);
    const cells = drawn("| a | b |\n|--:|:-:|\n| `1` | **2** |").querySelectorAll("td");
    expect([...cells].map((cell) => cell.className)).toEqual(["align-right", "align-center"]);
    expect(cells[1]?.querySelector("strong")?.textContent).toBe("2");
  });

  test("more columns than anyone reads are no table: a browser would lay out rows times columns", () => {
    const table = (n: number) => `${"|a".repeat(n)}|\n${"|-".repeat(n)}|\n1\n2`;
    expect(drawn(table(100)).querySelectorAll("th")).toHaveLength(100);
    expect(drawn(table(101)).querySelector("table")).toBeNull();
    expect(drawn(table(101)).textContent).toContain("|a|a");
  });

  test("a cell of a table breaks its line by `<br>`, and nothing else does", () => {
    const table = drawn("| a<br>b | `<br>` |\n|---|---|\n| c<BR />d | <b> |");
    expect(table.querySelectorAll("br")).toHaveLength(2);
    expect(table.querySelectorAll("td")[1]?.textContent).toBe("<b>");
    expect(table.querySelector("code")?.textContent).toBe("<br>");
    const prose = drawn("a<br>b");
    expect([prose.querySelector("br"), prose.textContent]).toEqual([null, "a<br>b"]);
  });

  test("a bare address is a link, without the full stop after it", () => {
    const link = drawn("see https://docs.python.org/3/_a_b. Or").querySelector("a");
    expect(link?.href).toBe("https://docs.python.org/3/_a_b");
    expect(link?.rel).toBe("noopener noreferrer");
  });

  test("Python is coloured when its fence is closed, and can be copied then", () => {
    const closed = drawn("```python\ndef f(): return 'x' # y\n```");
    expect(closed.querySelector("[data-part=python]")?.textContent).toContain("def");
    expect(closed.querySelector(".copy")).not.toBeNull();
    const open = drawn("```python\ndef f(): return 'x'");
    expect(open.querySelector("[data-part], .copy")).toBeNull();
  });

  test.each([
    ["a $x^2$ b", ["x^2"]],
    ["a \\(x_1\\) *b*", ["x_1"]],
    ["$$\\frac{1}{2}$$", ["\\frac{1}{2}"]],
    ["so\n\n$$\na\n+ b_1 *c*\n$$\n\nend", ["\na\n+ b_1 *c*\n"]],
    ["\\[\na\n\\] and $a\\$b$", ["\na\n", "a\\$b"]],
    ["it costs $5 and $6, or 5 $ and 6 $", []],
    ["`$x$` and \\$y$", []],
    ["$$ open", []],
    ["It costs $5 or $6", []],
    ["df$age and df$name", []],
    ["$HOME/bin:$PATH", []],
    [`f"$${"{a}"}" or f"$${"{b}"}"`, []],
    ["$(a)/$(b), $_GET[a]+$_POST[b], US$5/US$6", []],
    ['It costs $5: `price = "$"`', []],
    ["a \\(b `\\)` c", []],
    ["$$\n```\n$$\n```", []],
    ["the $n$th, ($x$), $y$-axis, 价格$z$元", ["n", "x", "y", "z"]],
    ["$$ a `b` $$", [" a `b` "]],
  ])("mathematics is told from money: %j", (text, formulas) => {
    const found = [...drawn(text).querySelectorAll("[data-part=math]")];
    expect(found.map((node) => node.textContent)).toEqual(formulas);
  });

  test("colouring keeps every character", () => {
    const code = `@d\nclass A(B):\n  """doc\n"""\n  x = f"{1_0.5e3}" + r'\\' # "no\n  y = None is not True\n`;
    expect(
      highlightPython(code)
        .map((node) => node.textContent)
        .join(""),
    ).toBe(code);
  });

  test("what a learner typed stays as typed, but for code between backticks", () => {
    const root = document.createElement("div");
    root.append(...drawTyped("for x in y:\n    *print*(`x`)\n```py\nx = 1\n```\nso?", words));
    expect(root.querySelector(".typed")?.textContent).toBe("for x in y:\n    *print*(x)");
    expect(root.querySelector("pre")?.textContent).toBe("x = 1\n");
    expect(root.textContent).toContain("so?");
  });
});

describe("a stream", () => {
  beforeEach(() =>
    vi.useFakeTimers({ toFake: ["requestAnimationFrame", "cancelAnimationFrame", "performance"] }),
  );

  const TEXT =
    "# Title\n\nSome *words*\nmore\n\n```python\nx = 1\n\ny\n```\n- a\n- b\n\n  c\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nend 🙂";

  test("ends as the same text drawn at once, however it is cut", () => {
    for (const size of [1, 3, 7, 40]) {
      const element = document.createElement("div");
      const stream = new MarkdownStream(element, words, () => undefined);
      for (let end = size; end < TEXT.length + size; end += size) {
        stream.write(TEXT.slice(0, end));
        vi.advanceTimersByTime(400);
      }
      expect(element.innerHTML).toBe(drawn(TEXT).innerHTML);
    }
  });

  test("draws only the open block again", () => {
    const element = document.createElement("div");
    const stream = new MarkdownStream(element, words, () => undefined);
    stream.write("first\n\nsecond\n\nthi");
    vi.advanceTimersByTime(400);
    const [first] = element.children;
    stream.write("first\n\nsecond\n\nthird and\n\nfourth");
    vi.advanceTimersByTime(400);
    expect(element.children[0]).toBe(first);
    expect(element.children).toHaveLength(4);
  });

  test("lets new words in bit by bit, and begins afresh when the text does", () => {
    const element = document.createElement("div");
    const stream = new MarkdownStream(element, words, () => undefined);
    stream.write("a".repeat(100));
    vi.advanceTimersByTime(60);
    const some = element.textContent?.length ?? 0;
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(100);
    stream.write("other");
    vi.advanceTimersByTime(400);
    expect(element.textContent).toBe("other");
  });
});
