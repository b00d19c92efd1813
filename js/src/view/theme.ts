/**
 * Light or dark, as the page around the widget is. JupyterLab's theme may differ from the system's,
 * and the widget's own colours must be legible on the actual background.
 */
import { atEnd, on, Timer } from "../lifetime.ts";

export function followTheme(host: HTMLElement, signal: AbortSignal): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const update = () => {
    host.dataset.theme = (isDark(host) ?? system.matches) ? "dark" : "light";
  };
  const changes = new MutationObserver(update);
  // Each host has its own attribute for the theme, and others rarely change on these elements.
  for (const element of [document.documentElement, document.body])
    changes.observe(element, { attributes: true });
  on(system, "change", update, signal);
  atEnd(signal, () => changes.disconnect());
  // A theme's style sheet may arrive after the attribute that names it.
  new Timer(signal).start(1_000, update);
  update();
}

/** Whether the page's background is dark, or undefined if nothing shows it. */
function isDark(host: HTMLElement): boolean | undefined {
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false";
  // Of what is around it: the floating chat's own background follows from the theme.
  for (let element = parentOf(host); element; element = parentOf(element)) {
    const light = lightness(getComputedStyle(element).backgroundColor);
    if (light !== null) return light < 0.5;
  }
  return undefined;
}

/**
 * The lightness, from 0 to 1, of a colour as a computed style writes it; null if it is transparent.
 * Of red, green and blue only green counts: it weighs most, and backgrounds are nearly grey.
 */
export function lightness(colour: string): number | null {
  const [first = 0, second = 0, , alpha = 1] = colour.match(/(?<=[ (])-?[\d.]+/g)?.map(Number) ?? [
    0, 0, 0, 0,
  ];
  if (alpha <= 0.5) return null;
  // The range of rgb(…) is 255, that of lab(…) and lch(…) 100, that of all others 1.
  const range = { r: 255, l: 100 }[colour.charAt(0)] ?? 1;
  return (/^[rc]/.test(colour) ? second : first) / range;
}

const parentOf = (element: Element): Element | null =>
  element.parentElement ?? (element.getRootNode() as Partial<ShadowRoot>).host ?? null;
