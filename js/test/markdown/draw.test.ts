import { describe, expect, test, vi } from "vitest";
import { drawMarkdown } from "../../src/markdown/draw.ts";
import { safeAddress } from "../../src/markdown/links.ts";
import { english } from "../../src/words.ts";

function drawn(markdown: string): HTMLElement {
  const root = document.body.appendChild(document.createElement("div"));
  root.append(...drawMarkdown(markdown, english));
  return root;
}

describe("what scrolls sideways can be reached by keyboard", () => {
  test("a table by itself, its head's cells naming their columns", () => {
    const root = drawn("| a | b |\n|---|---|\n| 1 | 2 |");
    expect(root.querySelector<HTMLElement>(".table")?.getAttribute("tabindex")).toBe("-1");
    expect([...root.querySelectorAll("th")].map((th) => th.scope)).toEqual(["col", "col"]);
    expect(root.querySelector("td")?.hasAttribute("scope")).toBe(false);
  });

  test.each([
    [".code", "```\nx"],
    [".code, .copy", "```\nx\n```"],
    [".table", "| a |\n|---|\n| b |"],
    ["a", "[b](https://example.org/)"],
    [".display", "$$\nx\n$$"],
  ])("%s is drawn outside of the tab order, in which its message puts it", (selector, text) => {
    const found = [...drawn(text).querySelectorAll(selector)];
    expect(found.map((each) => each.getAttribute("tabindex"))).toEqual(
      selector.split(",").map(() => "-1"),
    );
  });
});

describe("code", () => {
  test.each(["python", "py", "python3", "ipython3", "pycon", "Python title=x"])(
    "%s is Python",
    (info) => {
      expect(drawn(`\`\`\`${info}\nx\n\`\`\``).querySelector("[data-part=python]")).not.toBeNull();
    },
  );

  test.each(["pyramid", "javascript", ""])("%s is not", (info) => {
    expect(drawn(`\`\`\`${info}\nx\n\`\`\``).querySelector("[data-part]")).toBeNull();
  });

  test("says its language by a word, whatever else stands there", () => {
    const bar = (info: string) =>
      drawn(`\`\`\`${info}\nx\n\`\`\``).querySelector(".code-bar")?.firstChild?.textContent;
    expect(bar("c++ {.line}")).toBe("c++");
    expect(bar("<img>")).toBe("Copy");
  });

  test("is copied without its last line's end, and the button says so for a while", async () => {
    vi.useFakeTimers();
    const writeText = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    const copy = drawn("```\na\n\nb\n```").querySelector<HTMLButtonElement>(".copy");
    copy?.click();
    await vi.advanceTimersByTimeAsync(1_900);
    expect(writeText.mock.calls).toEqual([["a\n\nb"]]);
    expect(copy?.textContent).toBe("Copied");
    expect(copy?.getAttribute("aria-label")).toBe("Copied: code, 3 lines, a");
    await vi.advanceTimersByTimeAsync(200);
    expect(copy?.textContent).toBe("Copy");
  });

  test("is named by its button, which says how long it is and how it begins", async () => {
    const name = (markdown: string) =>
      drawn(markdown).querySelector(".copy")?.getAttribute("aria-label");
    expect(name("```\nimport math\n\nmath.pi\n```")).toBe("Copy: code, 3 lines, import math");
    expect(name(`\`\`\`\n${"x".repeat(1_000)}\n\`\`\``)).toBe(
      `Copy: code, 1 line, ${"x".repeat(60)}`,
    );
    expect(name("```\n```")).toBe("Copy: code, 1 line");
  });

  test("has no characters that are not seen, but for those within an emoji", async () => {
    vi.useFakeTimers();
    const writeText = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    const hidden = "\u200b\u202e\u00ad\u2066\ufeff\u2060\u3164";
    const root = drawn(`\`a${hidden}b\`\n\n\`\`\`\na${hidden} = "👩\u200d💻"\n\`\`\``);
    expect(root.querySelector("p code")?.textContent).toBe("ab");
    root.querySelector<HTMLButtonElement>(".copy")?.click();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(writeText.mock.calls).toEqual([['a = "👩\u200d💻"']]);
  });

  test("that may not be copied is selected, so that one key does it", async () => {
    vi.useFakeTimers();
    vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("denied"));
    const root = drawn("```\na\n```");
    root.querySelector<HTMLButtonElement>(".copy")?.click();
    await vi.advanceTimersByTimeAsync(1);
    expect(root.querySelector(".copy")?.textContent).toBe("Press Ctrl+C to copy");
    expect(getSelection()?.anchorNode).toBe(root.querySelector("code"));
    await vi.advanceTimersByTimeAsync(2_000);
    expect(root.querySelector(".copy")?.textContent).toBe("Copy");
  });
});

test("a list begins with its own number", () => {
  expect(drawn("3. x").querySelector("ol")?.getAttribute("start")).toBe("3");
  expect(drawn("1. x").querySelector("ol")?.hasAttribute("start")).toBe(false);
});

describe("links", () => {
  test("open elsewhere, and tell nobody from where", () => {
    const link = drawn("[x](https://x.example/)").querySelector("a");
    expect([link?.target, link?.rel]).toEqual(["_blank", "noopener noreferrer"]);
  });

  test.each([
    ["see (https://x.example/a_(b)), or", "https://x.example/a_(b)"],
    ['"https://x.example/a".', "https://x.example/a"],
    ["'https://x.example/a'!", "https://x.example/a"],
    ["https://x.example/a_b?c=d&e.", "https://x.example/a_b?c=d&e"],
  ])("a bare address in %s is %s", (text, address) => {
    expect(drawn(text).querySelector("a")?.textContent).toBe(address);
  });

  test("an address glued to a word is none, and one as a link's words is one link", () => {
    expect(drawn("xhttps://x.example").querySelector("a")).toBeNull();
    const links = drawn("[https://a.example b](https://c.example/)").querySelectorAll("a");
    expect([...links].map((a) => a.getAttribute("href"))).toEqual(["https://c.example/"]);
  });

  test("a link within a link is none", () => {
    const links = drawn("[a [b](https://b.example/) c](mailto:c@example.edu)").querySelectorAll(
      "a",
    );
    expect([...links].map((a) => a.textContent)).toEqual(["b"]);
  });

  test.each([
    ["[https://bank.example](https://evil.example/x)", "evil.example"],
    ["[see **bank.example**/a](https://evil.example)", "evil.example"],
    ["[a@bank.example](mailto:a@evil.example)", "a@evil.example"],
    ["http://bank.example@evil.example/", "evil.example"],
    ["[10.0.0.1](http://evil.example)", "evil.example"],
    ["![bank.example](https://evil.example/p.png)", "evil.example"],
    ["[bank\u200b.ex\u00adample](https://evil.example)", "evil.example"],
    ["[https://bank\u2024example](https://evil.example)", "evil.example"],
    ["[bank\u3002example](https://evil.example)", "evil.example"],
  ])("%s names another host, and says where it leads", (text, target) => {
    expect(drawn(text).querySelector("a")?.textContent).toMatch(RegExp(` \\(${target}\\)$`));
  });

  test.each([
    ["[www.bank.example](https://bank.example/)", "www.bank.example"],
    ["[https://a.example/index.html](https://a.example/b)", "https://a.example/index.html"],
    ["<https://a.example/index.html>", "https://a.example/index.html"],
    ["[version 3.14, e.g.](https://a.example)", "version 3.14, e.g."],
    ["[read more\u2026here](https://a.example)", "read more\u2026here"],
  ])("%s names none, or its own", (text, shown) => {
    expect(drawn(text).querySelector("a")?.textContent).toBe(shown);
  });

  test.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://x.example/",
    "//x.example/",
    "https:",
    " https://x.example/",
  ])("%s is no address that a link may have", (address) => {
    expect(safeAddress(address)).toBeNull();
  });
});

test("one `~` strikes nothing out, and displayed mathematics is told from that in the line", () => {
  expect(drawn("~a~ ~~b~~").querySelector("p")?.innerHTML).toBe("~a~ <del>b</del>");
  const math = [...drawn("$$x$$ and $y$ and \\[z\\]").querySelectorAll("[data-part=math]")];
  expect(math.map((node) => node.className)).toEqual(["math display", "math", "math display"]);
});
