/** Mathematics: TeX as MathML, which browsers draw and screen readers read. */
import temml from "temml";

export { default as style } from "./math.css";

/** What a formula may cost: hostile text must not hold up the page. */
const LIMITS = { maxSize: [20, 200] as [number, number], maxExpand: 500 };

/** `element` holds TeX. A formula that is wrong stays as it was written. */
export default function draw(element: HTMLElement): void {
  const tex = element.textContent ?? "";
  const displayMode = element.matches(".display");
  try {
    const math = document.createElement("span");
    temml.render(tex, math, { displayMode, throwOnError: true, trust: false, ...LIMITS });
    element.replaceChildren(...math.childNodes);
  } catch {
    element.classList.add("wrong");
  }
}
