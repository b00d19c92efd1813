/** Mathematics: TeX as MathML, which browsers draw and screen readers speak. */
import temml from "temml";
import { fillWith } from "../dom.ts";

export { default as style } from "./math.css";

/** Bounds for one formula: hostile text must not block the page. */
const LIMITS = { maxSize: [20, 200] as [number, number], maxExpand: 500 };
const MAX_DEPTH = 50;
/** Of elements within each other: a browser lays them out recursively. */
const MAX_NESTED = 100;
/** For each UTF-16 unit of TeX. */
const MAX_ELEMENTS = 4;
const ROW_END = /\\(?:\\|cr\b)/;
/** Macros are refused: with them a short text can expand without a bound. */
const DEFINES = /\\(?:[egx]?def|let|futurelet|(?:re)?newcommand|providecommand)(?![a-zA-Z])/;

/** Replaces the TeX in `element` with MathML. A formula with an error stays as source text. */
export default function draw(element: HTMLElement): void {
  const tex = element.textContent ?? "";
  const displayMode = element.matches(".display");
  try {
    const math = document.createElement("span");
    math.append(mathML(tex, displayMode));
    // A reference to an equation would link to any element of the page with that id.
    for (const link of math.querySelectorAll("a")) link.replaceWith(...link.childNodes);
    fillWith(element, math.childNodes);
    element.classList.add("drawn");
  } catch {
    element.classList.add("wrong");
  }
}

/** Throws for TeX with an error, and for more than a page can lay out. */
function mathML(tex: string, displayMode: boolean): Node {
  const most = MAX_ELEMENTS * (tex.length + MAX_DEPTH);
  check(!DEFINES.test(tex) && depth(tex) <= MAX_DEPTH && cells(tex) <= most);
  const options = { displayMode, throwOnError: true, trust: false, ...LIMITS };
  const tree = temml.__renderToMathMLTree(tex, options);
  let level = [tree];
  let elements = 0;
  for (let nested = 0; level.length; nested++) {
    elements += level.length;
    check(nested <= MAX_NESTED && elements <= most);
    level = level.flatMap((each) => each.children ?? []);
  }
  return tree.toNode();
}

function check(isWithinBounds: boolean): void {
  if (!isWithinBounds) throw new RangeError("The formula exceeds a bound.");
}

/** The cells of a matrix: Temml gives each row as many as the longest has. */
function cells(tex: string): number {
  const rows = tex.split(ROW_END).map((row) => row.split("&").length);
  return rows.length * rows.reduce((most, row) => Math.max(most, row));
}

/** The depth of nested groups. */
function depth(tex: string): number {
  let open = 0;
  let deepest = 0;
  for (const char of tex) {
    if (char === "{") open++;
    else if (char === "}") open--;
    deepest = Math.max(deepest, open);
  }
  return deepest;
}
