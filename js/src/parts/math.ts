/** Mathematics: TeX as MathML, which browsers draw and screen readers read. */
import temml from "temml";

export { default as style } from "./math.css";

/** What a formula may cost: hostile text must not hold up the page. */
const LIMITS = { maxSize: [20, 200] as [number, number], maxExpand: 500 };
const MAX_DEPTH = 50;
/** A definition lasts no longer than its formula, but makes a few letters grow without end. */
const DEFINES = /\\(?:[egx]?def|let|futurelet|(?:re)?newcommand|providecommand)(?![a-zA-Z])/;

/** `element` holds TeX. A formula that is wrong stays as it was written. */
export default function draw(element: HTMLElement): void {
  const tex = element.textContent ?? "";
  const displayMode = element.matches(".display");
  try {
    if (DEFINES.test(tex) || depth(tex) > MAX_DEPTH) throw new RangeError("It may cost too much.");
    const math = document.createElement("span");
    temml.render(tex, math, { displayMode, throwOnError: true, trust: false, ...LIMITS });
    // What refers to a formula's number would lead to something of that name in the page.
    for (const link of math.querySelectorAll("a")) link.replaceWith(...link.childNodes);
    element.replaceChildren(...math.childNodes);
  } catch {
    element.classList.add("wrong");
  }
}

/** How deep its groups are nested. */
function depth(tex: string): number {
  let [open, deepest] = [0, 0];
  for (const char of tex) {
    open += char === "{" ? 1 : char === "}" ? -1 : 0;
    deepest = Math.max(deepest, open);
  }
  return deepest;
}
