/**
 * Hostile Markdown and HTML changes nothing but text, however it comes, and costs no more than its
 * length: what is run is counted, not timed. (What a browser makes of it: tests/browser/chat/test_hostile.py.)
 */
import { readFileSync } from "node:fs";
import { Session } from "node:inspector";
import { setFlagsFromString } from "node:v8";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";

const session = new Session();
function ask(method, given) {
  let answer;
  session.post(method, given, (error, result) => {
    if (error) throw new Error(error.message);
    answer = result;
  });
  return answer;
}
// Optimized code does not count the calls of functions that are inlined in it: nothing is optimized.
for (const flag of ["--no-opt", "--no-maglev", "--no-flush-bytecode"]) setFlagsFromString(flag);
// Only what is compiled afterwards is counted in full, so what is tested is imported afterwards.
session.connect();
ask("Profiler.enable");
ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
const { drawMarkdown } = await import("../src/markdown/draw.ts");
const { drawTyped } = await import("../src/markdown/typed.ts");
const { spokenText } = await import("../src/markdown/spoken.ts");
const { safeAddress } = await import("../src/markdown/links.ts");
const { MarkdownStream } = await import("../src/markdown/stream.ts");
const { highlightPython } = await import("../src/parts/python.ts");
const { english } = await import("../src/words.ts");
afterAll(() => session.disconnect());

// Not imported: half a surrogate pair is JSON, but no module.
const FILE = `${import.meta.dirname}/../../tests/golden/hostile.json`;
const { about: _, floods, ...groups } = JSON.parse(readFileSync(FILE, "utf8"));
/** A part of each flood: work that grows faster than its length is out of bounds by then. */
const flood = (pieces) => pieces.map(([piece, n]) => piece.repeat(Math.ceil(n / 20))).join("");
const FLOODS = floods.map((pieces) => [JSON.stringify(pieces), flood(pieces)]);
const VECTORS = Object.values(groups).flat();

const TAGS = new Set(
  (
    "p h3 ul ol li blockquote hr pre code em strong del a br wbr table thead tbody tr th td " +
    "div span button"
  ).split(" "),
);
const ATTRIBUTES = new Set(
  "class dir href target rel tabindex type scope start data-part data-runs aria-label aria-expanded".split(
    " ",
  ),
);

function drawn(nodes) {
  const root = document.createElement("div");
  root.append(...nodes);
  return root;
}

/** One assertion for all elements: thousands take longer than the drawing. */
function expectHarmless(root) {
  const harmful = [...root.querySelectorAll("*")].filter((element) => !isHarmless(element));
  expect(harmful.map((element) => element.outerHTML)).toEqual([]);
}

function isHarmless(element) {
  const known = [...element.attributes].every(({ name }) => ATTRIBUTES.has(name));
  if (!TAGS.has(element.localName) || !known) return false;
  const href = element.getAttribute("href");
  if (href === null) return true;
  return safeAddress(href) === href && element.getAttribute("rel") === "noopener noreferrer";
}

test("there are more than 200, each once", () => {
  const all = [...VECTORS, ...FLOODS.map(([name]) => name)];
  expect(all.length).toBeGreaterThan(200);
  expect(new Set(all).size).toBe(all.length);
});

describe.each(Object.entries(groups))("%s", (group, vectors) => {
  test("become text and what Markdown has, by tutor and by learner", () => {
    for (const vector of vectors) {
      expectHarmless(drawn(drawMarkdown(vector, english)));
      expectHarmless(drawn(drawTyped(vector, english)));
    }
  });

  if (group === "elements")
    test("are read as they are written", () => {
      const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");
      for (const vector of vectors)
        expect(letters(drawn(drawMarkdown(vector, english)).textContent)).toBe(letters(vector));
    });
});

describe("in pieces", () => {
  // At once, as for those who want things still: what is compared is where it ends.
  beforeEach(() => vi.stubGlobal("matchMedia", () => ({ matches: true })));

  function expectSame(text, pieces) {
    const element = document.createElement("div");
    const stream = new MarkdownStream(element, english, () => undefined);
    const piece = Math.ceil(text.length / pieces);
    for (let end = piece; end < text.length + piece; end += piece) stream.write(text.slice(0, end));
    stream.finish(text);
    const whole = drawn(drawMarkdown(text, english));
    expect(element.innerHTML, JSON.stringify(text.slice(0, 99))).toBe(whole.innerHTML);
  }

  test("what is short ends as if it were drawn whole", () => {
    for (const vector of VECTORS) expectSame(vector, 7);
  });

  test.each(FLOODS)("%s ends as if it were drawn whole", (_, text) => expectSame(text, 3));
});

describe("work", () => {
  /** How often any block of js/src is run: each turn of a loop counts. */
  function blocksRun(work) {
    ask("Profiler.takePreciseCoverage");
    work();
    const { result } = ask("Profiler.takePreciseCoverage");
    const ours = result.filter(({ url }) => url.includes("/js/src/"));
    return ours
      .flatMap(({ functions }) => functions)
      .flatMap(({ ranges }) => ranges)
      .reduce((sum, { count }) => sum + count, 0);
  }

  test("each turn of a loop is counted", () => {
    const run = (lines) => blocksRun(() => drawMarkdown("# a\n".repeat(lines), english));
    const [none, short, long] = [0, 100, 1_000].map(run);
    expect(long - none).toBeGreaterThan((short - none) * 9);
    expect(long - none).toBeLessThan((short - none) * 11);
    expect(run(1_000)).toBe(long);
  });

  test.each(FLOODS)("%s is bounded by its length, in the end and while it grows", (_, text) => {
    let elements = 0;
    vi.stubGlobal("matchMedia", () => ({ matches: true }));
    const growing = document.createElement("div");
    const open = new MarkdownStream(growing, english, () => undefined);
    const growth = blocksRun(() => open.write(text));
    expectHarmless(growing);
    expect(growing.querySelectorAll("*").length).toBeLessThanOrEqual(text.length + 600);
    expect(growth).toBeLessThanOrEqual(400 * (text.length + 1_000));
    const blocks = blocksRun(() => {
      const root = drawn(drawMarkdown(text, english));
      expectHarmless(root);
      elements = root.querySelectorAll("*").length;
      for (const code of root.querySelectorAll("[data-part=python]"))
        highlightPython(code.textContent);
      drawTyped(text, english);
    });
    const spoken = blocksRun(() => spokenText(text, english));
    expect(spoken).toBeLessThanOrEqual(400 * (text.length + 1_000));
    expect(elements).toBeLessThanOrEqual(text.length + 600);
    expect(blocks).toBeLessThanOrEqual(400 * (text.length + 1_000));
  });
});

test("what is read aloud is text without marks of ours", () => {
  for (const vector of VECTORS) expect(spokenText(vector, english)).not.toContain("\0");
});
