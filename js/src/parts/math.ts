/** Mathematics: TeX as MathML, which browsers draw and screen readers speak. */
import temml from "temml";

export { default as style } from "./math.css";

/** Bounds for one formula: hostile text must not block the page. */
const LIMITS = { maxSize: [20, 200] as [number, number], maxExpand: 500 };
const MAX_DEPTH = 50;
/** Macros are refused: with them a short text can expand without a bound. */
const DEFINES = /\\(?:[egx]?def|let|futurelet|(?:re)?newcommand|providecommand)(?![a-zA-Z])/;

/** Replaces the TeX in `element` with MathML. A formula with an error stays as source text. */
export default function draw(element: HTMLElement): void {
  const tex = element.textContent ?? "";
  const displayMode = element.matches(".display");
  try {
    if (DEFINES.test(tex) || depth(tex) > MAX_DEPTH)
      throw new RangeError("The formula exceeds a bound.");
    const math = document.createElement("span");
    temml.render(tex, math, { displayMode, throwOnError: true, trust: false, ...LIMITS });
    // A reference to an equation would link to any element of the page with that id.
    for (const link of math.querySelectorAll("a")) link.replaceWith(...link.childNodes);
    element.replaceChildren(...math.childNodes);
  } catch {
    element.classList.add("wrong");
  }
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
