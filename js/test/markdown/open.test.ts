/** A text that grows by one character after another shows at no time what is only markup. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { MarkdownStream } from "../../src/markdown/stream.ts";
import { english } from "../../src/words.ts";

// All that is there is shown at once: each write is a prefix on the page.
beforeEach(() => vi.stubGlobal("matchMedia", () => ({ matches: true })));

function open() {
  const element = document.createElement("div");
  const stream = new MarkdownStream(element, english, () => undefined);
  return { element, stream };
}

/** What is on the page for each prefix of `text`, and in the end. */
function prefixes(text: string): { prefix: string; element: HTMLElement }[] {
  const { element, stream } = open();
  const seen = Array.from({ length: text.length }, (_, i) => {
    const prefix = text.slice(0, i + 1);
    stream.write(prefix);
    return { prefix, element: element.cloneNode(true) as HTMLElement };
  });
  stream.finish(text);
  return [...seen, { prefix: `${text}<end>`, element: element.cloneNode(true) as HTMLElement }];
}

/** What is shown of the text itself, without the spaces and the bars above code. */
function bare(element: HTMLElement | undefined): string {
  for (const bar of element?.querySelectorAll(".code-bar") ?? []) bar.remove();
  return (element?.textContent ?? "").replace(/\s/g, "");
}
const html = (text: string, finished = false) => {
  const { element, stream } = open();
  if (finished) stream.finish(text);
  else stream.write(text);
  return element.innerHTML;
};

/** What is drawn of it is never anything but the beginning of what it is in the end. */
const RICH = [
  "Some **bold words**, *slanted ones*, ***both***, __bold__ _again_ and ~~no more~~.",
  "**A *word* in it** and *a **word** in it*, at the end **bold**",
  "The value is `colours[1]`, or ``a`b``; see `**kwargs`.",
  'See [the *docs*](https://docs.example.org/a_(b)?c=d) and [more](<https://x.y/z> "A title").',
  "Write <https://example.org/a_b> or <me@example.org>, or https://example.org/c_d now.",
  "An area of $x^2$, \\(y^2\\) and $$z_1$$ in a line.",
  "$$\nx_1 + y_2\n$$\n\nand \\[\na_1\n\\]\n\nand more",
  "A \\*star\\*, a &lt;tag&gt; &amp; a \\\\ slash.",
  "# A title\n\nText\n\n## Another #\n\nText",
  "Text\n===\n\nand more\n---\n\nand most",
  "Before\n- one\n- **two** and `three`\n  - four\n\n    five\n- six\n\nAfter",
  "Text\n\n1. one\n2. two\n10. ten\n\nAfter\n* * *\nand\n+ plus",
  "> Quoted **words**\n> - an item\n>\n> > deeper\n\nAfter",
  "```python\nfor n in [1]:\n    print(n)  # `x`\n\n- no list\n```\nAfter\n~~~\ncode\n~~~\n\nend",
  "| a | **b** |\n|---|:-:|\n| `c` | d\\|e |\n| f |\n\nAfter",
  "Text\n| a | b |\n|---|---|\n| c | *d* |\nand\n\n- | a |\n  |---|\n  | b |\n\n> | a |\n> |--|\n\nAfter",
  "2 * 3 = 6, snake_case, 5 < 6, a & b, R&D x, it costs $5 or $ 6, #5 ~ 4, x ** 2!",
];

describe("each prefix of a text", () => {
  test.each(RICH)("shows the beginning of what is shown in the end: %j", (text) => {
    const all = prefixes(text);
    const whole = bare(all.at(-1)?.element);
    const others = all.filter(({ element }) => !whole.startsWith(bare(element)));
    expect(others.map(({ prefix, element }) => [prefix, element.textContent])).toEqual([]);
  });

  test("of an image has no markup either", () => {
    for (const { element } of prefixes("An ![old *picture*](https://x.y/z.png) of it"))
      expect(element.textContent).not.toMatch(/[![\]()*]/);
  });

  test("never lags behind by more than what may become markup", () => {
    for (const { prefix, element } of prefixes(
      "A plain text, with (words) and 1 + 2 = 3; no more.",
    ))
      expect(element.textContent).toBe(prefix.replace("<end>", "").trim());
  });
});

describe("what is open", () => {
  test.each([
    ["a **bold", "<p>a <strong>bold</strong></p>"],
    ["a **bold*", "<p>a <strong>bold</strong></p>"],
    ["a ~~gone", "<p>a <del>gone</del></p>"],
    ["a ***b *c* d", "<p>a <em><strong>b <em>c</em> d</strong></em></p>"],
    ["a `code", "<p>a <code>code</code></p>"],
    ["a [link", "<p>a link</p>"],
    ["a [li*n*k](htt", '<p>a <span class="no-link">li<em>n</em>k</span></p>'],
    ['a [link](https://x.y "Ti', '<p>a <span class="no-link">link</span></p>'],
    ["a $x", '<p>a <code class="math">x</code></p>'],
    ["a $$x", '<p>a <code class="math display">x</code></p>'],
    ["a <https://x", "<p>a https://x</p>"],
    ["a &am", "<p>a </p>"],
    ["> - a\n> - **b", "<blockquote><ul><li>a</li><li><strong>b</strong></li></ul></blockquote>"],
  ])("%j is drawn as if it were closed", (text, drawn) => {
    expect(
      html(text)
        .replace(/ (?:href|target|rel|dir|tabindex)="[^"]*"/g, "")
        .replace(/<\/?a>/g, ""),
    ).toBe(drawn);
  });

  test("is what it is in the end: text, where nothing closes it", () => {
    for (const text of ["a **b", "a `b", "a [b", "a $b", "a <b", "a &am", "a *", "text\n-", "| a"])
      expect(
        html(text, true)
          .replace(/<[^>]*>/g, "")
          .replaceAll("&lt;", "<")
          .replaceAll("&amp;", "&"),
      ).toBe(text.replace("\n-", ""));
  });

  test("ends with its block: what follows is not in it", () => {
    const drawn = html("a **b and `c\n\nmore");
    expect(drawn).toBe('<p dir="auto">a **b and `c</p><p dir="auto">more</p>');
  });

  test("is money, not mathematics, before a number", () => {
    expect(html("It costs $5 and")).toBe('<p dir="auto">It costs $5 and</p>');
  });

  test("is text where it is open for too long to be closed", () => {
    const words = " word".repeat(30);
    expect(html(`From [0, 1)${words}`)).toContain("From [0, 1)");
    expect(html(`The $HOME${words}`)).toContain("The $HOME");
  });

  test("is no heading while a list begins below a paragraph", () => {
    expect(html("Before\n-")).toBe('<p dir="auto">Before</p>');
    expect(html("Before\n- one")).toBe('<p dir="auto">Before</p><ul dir="auto"><li>one</li></ul>');
  });

  test("is a number, and no item, on a line of its own at the beginning", () => {
    expect(html("42")).toBe('<p dir="auto">42</p>');
  });
});
