/**
 * What a learner sees of a text while it grows by one character after another: the beginning of what
 * it is in the end, but for the last word, whose rest only the next characters show.
 */
import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { drawMarkdown } from "../../src/markdown/draw.ts";
import { MarkdownStream } from "../../src/markdown/stream.ts";
import { english } from "../../src/words.ts";

// All that is there is shown at once: each write is a prefix on the page.
beforeEach(() => vi.stubGlobal("matchMedia", () => ({ matches: true })));

const ENDS_WORD = new Set("P LI H3 TD TH PRE BR".split(" "));

/** The text that is seen, without the bars above code, and without elements that match `skip`. */
function seen(node, skip = ".code-bar") {
  if (node instanceof Text) return node.data;
  if (node.matches(".code-bar") || node.matches(skip)) return "";
  const text = [...node.childNodes].map((child) => seen(child, skip)).join("");
  return ENDS_WORD.has(node.tagName) ? `${text} ` : text;
}

/** Calls `look` with what is on the page for each prefix of `text` that is `due`, then for all of it. */
function grow(text, look, due = () => true) {
  const element = document.createElement("div");
  const stream = new MarkdownStream(element, english, () => undefined);
  for (let end = 1; end <= text.length; end++) {
    // A kernel sends whole characters.
    if (/[\ud800-\udbff]/.test(text[end - 1]) || !due(end)) continue;
    stream.write(text.slice(0, end));
    look(text.slice(0, end), element);
  }
  stream.finish(text);
  return element;
}

const bare = (text) => text.replace(/\s/g, "");
const withoutLastWord = (text) => text.trim().replace(/\S*$/, "");

/** The prefixes of `text` whose picture is not the beginning of the last one, and those pictures. */
function strays(text, due) {
  const pictures = [];
  const whole = bare(
    seen(grow(text, (prefix, element) => pictures.push([prefix, seen(element)]), due)),
  );
  return pictures.filter(([, picture]) => !whole.startsWith(bare(withoutLastWord(picture))));
}

/** A sequence of numbers from 0 to below `n`, the same for each seed (an LCG of Numerical Recipes). */
function chance(seed) {
  let state = seed * 2_654_435_761;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Of two products CommonMark makes emphasis in the end. */
const hasProducts = (text) => (text.match(/[\w)]\*+\w/g) ?? []).length > 1;

describe("the texts of the built-in lessons", () => {
  const folder = `${import.meta.dirname}/../../../tutor_widget/server/tutors/lesson/lessons`;
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".toml"));
  const STRING = /"""\n?([\s\S]*?)"""|'''\n?([\s\S]*?)'''|"((?:\\.|[^"\\\n])*)"|'([^'\n]*)'/g;

  /** All strings of a TOML file that have some sign of markup. */
  function texts(file) {
    const found = readFileSync(`${folder}/${file}`, "utf8").matchAll(STRING);
    const all = [...found].map(([, long, longLiteral, short, literal]) => {
      const escaped = (long ?? short ?? "").replace(/\\\n\s*/g, "").replace(/\\n/g, "\n");
      return (longLiteral ?? literal ?? escaped.replace(/\\(.)/g, "$1")).trim();
    });
    return [...new Set(all)].filter((text) => /[*_`~[<&$|\\]/.test(text));
  }

  test.each(files)("%s", (file) => {
    const found = texts(file);
    expect(found.length).toBeGreaterThan(20);
    for (const text of found) {
      // Within a plain word nothing is decided.
      const atEdge = (end) => !/^[\p{L}\p{N}, ]*$/u.test(text.slice(end - 2, end + 1));
      expect(strays(text, atEdge)).toEqual([]);
    }
  });
});

describe("texts made of everything", () => {
  const PIECES = [
    ..."word and **bold** *it* _it_ __b__ ***both*** ~~no~~ `code` ``a`b`` `**kw` $x^2$ \\(y\\)".split(
      " ",
    ),
    ..."\\[z\\] $$q$$ $5 &lt; &amp; &#65; \\* \\` snake_case x[0] R&D f(x) __init__ ! (see) #5 +1".split(
      " ",
    ),
    ..."= ~5 ~ ... 😀 é **Note:** _a_b_ {x} C# [^1] \\n a_ 2**3 2*3 (a+b)*c <module> a<b 1) 2.".split(
      " ",
    ),
    ..."https://x.y/a_b <https://a.b/c> <me@x.org> **粗体** Schüler*innen".split(" "),
    ...[
      "**two words**",
      "*a **b** c*",
      "`a b`",
      "[1, 2]",
      "[a b](https://x.y/z)",
      "a < b",
      "2 * 3",
    ],
    ...[
      '[l *i*](<https://x.y> "T t")',
      "![old *p*](https://x.y/p.png)",
      '["a", "b"]',
      "- x",
      "# x",
    ],
  ];
  const line = (text) => text.replace(/\n/g, " ");
  const BLOCKS = [
    (text) => text,
    (text) => `# ${line(text)}`,
    (text) => `- ${text}`,
    (text) => `1. ${text}`,
    (text) => `1) ${text.replace(/\n/g, "\n2) ")}`,
    (text) => `> ${text}`,
    (text) => `> - ${text}`,
    (text) => `* a\n  * ${text}`,
    (text) => `- [ ] ${text}`,
    (text) => `| ${line(text)} | b |\n|---|---|\n| c | ${line(text)} |`,
    (text) => `\`\`\`python title\n${text}\n\`\`\``,
    (text) => `~~~\n${text}\n~~~`,
    (text) => `    ${text}`,
    (text) => `${text}\n---`,
    (text) => `${text}\n===`,
    (text) => `text\n$$\n|x|\n- ${text.replace(/[$\\]/g, "")}\n$$`,
  ];
  const COUNT = 400;
  const GAPS = [" ", " ", " ", ", ", "\n", "  \n", ". "];

  function made(seed) {
    const next = chance(seed);
    const pick = (list) => list[next(list.length)];
    const prose = () =>
      Array.from({ length: 1 + next(4) }, () => pick(PIECES) + pick(GAPS)).join("");
    return Array.from({ length: 1 + next(2) }, () => pick(BLOCKS)(prose().trim())).join("\n\n");
  }

  const TEXTS = Array.from({ length: COUNT }, (_, seed) => made(seed + 1));

  test("are seen from their beginning on", () => {
    const fair = TEXTS.filter((text) => !hasProducts(text));
    expect(fair.length).toBeGreaterThan(COUNT / 2);
    expect(fair.flatMap((text) => strays(text).slice(0, 1))).toEqual([]);
  });

  test("end as if they were drawn whole", () => {
    const whole = document.createElement("div");
    for (const text of TEXTS) {
      whole.replaceChildren(...drawMarkdown(text, english));
      expect(grow(text, () => undefined).innerHTML, text).toBe(whole.innerHTML);
    }
  });
});

describe("markup that is never closed", () => {
  const SIGNS = ["**", "~~", "`", "$", "](", "![", "&lt", "&am", "--|", "# ", "\\*"];

  const CODE = "code:not(.math)";

  /** The prefixes of `text` that show more of a sign than there is of it in the end, outside of code. */
  function flashes(text) {
    const pictures = [];
    const whole = seen(
      grow(text, (...each) => pictures.push([each[0], seen(each[1], CODE)])),
      CODE,
    );
    const count = (picture, sign) => picture.split(sign).length;
    return pictures.filter(([, picture]) =>
      SIGNS.some((sign) => count(picture, sign) > count(whole, sign)),
    );
  }
  const OPEN = [
    ..."$HOME $a _b ` * _ ** ~~ < > [ ] ]( ![ & &x $ \\ http https:// [^1] <module>".split(" "),
    ..."**bold** `code` $x$ [link](https://x.y/z) word and, &lt; \\* ~~no~~".split(" "),
  ];
  const TEXTS = Array.from({ length: 1500 }, (_, seed) => {
    const next = chance(seed + 1);
    const piece = () => OPEN[next(OPEN.length)] + [" ", " ", "\n", ""][next(4)];
    return Array.from({ length: 2 + next(4) }, piece).join("");
  });

  test("shows no sign that is not there in the end", () => {
    expect(TEXTS.flatMap((text) => flashes(text).slice(0, 1))).toEqual([]);
  });
});

describe("what is seen of", () => {
  /** All pictures of the prefixes of `text`, without repetitions. */
  function pictures(text) {
    const all = [];
    grow(text, (_, element) => all.push(seen(element).trim().replace(/\s+/g, " ")));
    return [...new Set(all)].filter(Boolean);
  }

  test.each([
    ["a power", "2**3 is", ["2", "2**3", "2**3 i", "2**3 is"]],
    ["a product", "2*3 is", ["2", "2*3", "2*3 i", "2*3 is"]],
    ["one of brackets", "(a)*b", ["(", "(a", "(a)", "(a)*b"]],
    ["a gendered word", "r*in", ["r", "r*i", "r*in"]],
    ["bold Chinese within a sentence", "是**粗**的", ["是", "是粗", "是粗的"]],
    ["an index", "x[0] =", ["x", "x[0", "x[0] ="]],
    ["a list of numbers", "is [1, 2] k", ["i", "is", "is 1", "is [1,", "is [1, 2", "is [1, 2] k"]],
    ["a link with a number", "a [1](https://x.y)", ["a", "a 1"]],
    ["a name in angle brackets", "in <ab> k", ["i", "in", "in <ab>", "in <ab> k"]],
    ["a comparison", "a<b or", ["a", "a<b o", "a<b or"]],
    ["an address", "<me@x>", ["me@", "me@x"]],
    ["an image", "![o *p*](https://x.y)", ["Image: o", "Image: o p"]],
    ["a variable of a shell", "$AB `c", ["A", "AB", "$AB c"]],
    ["a formula", "$a<b$", ["a", "a<b"]],
    ["a norm below text", "v\n$$\n|x|\n$$", ["v", "v |x", "v |x|"]],
  ])("%s: %j", (_, text, seen) => expect(pictures(text)).toEqual(seen));
});
