/**
 * Light or dark, as the page around the widget is: JupyterLab's theme need not be the system's, and
 * colours of our own (a warning's, code's) must be legible on what is really behind them.
 */
import { atEnd, on, Timer } from "../lifetime.ts";

export function followTheme(host: HTMLElement, signal: AbortSignal): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const look = () => {
    host.dataset.theme = (isDark(host) ?? system.matches) ? "dark" : "light";
  };
  const changes = new MutationObserver(look);
  // Each host has its own attribute for it, and few others ever change there.
  for (const element of [document.documentElement, document.body])
    changes.observe(element, { attributes: true });
  on(system, "change", look, signal);
  atEnd(signal, () => changes.disconnect());
  // A theme's style sheet may arrive after the attribute that names it.
  new Timer(signal).start(1_000, look);
  look();
}

/** As far as the page tells. */
function isDark(host: HTMLElement): boolean | undefined {
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false";
  for (let element: Element | null = host; element; element = parentOf(element)) {
    const light = lightness(getComputedStyle(element).backgroundColor);
    if (light !== null) return light < 0.5;
  }
  return undefined;
}

/**
 * From 0 to 1, of a colour as a computed style says it; null for one that is seen through. Of red,
 * green and blue, green stands for all: it weighs most, and what is behind a page is nearly grey.
 */
export function lightness(colour: string): number | null {
  const [first = 0, second = 0, , alpha = 1] = colour.match(/(?<=[ (])-?[\d.]+/g)?.map(Number) ?? [
    0, 0, 0, 0,
  ];
  if (alpha <= 0.5) return null;
  // rgb(…) counts to 255, the lightness of lab(…) and lch(…) to 100, all others to 1.
  const most = { r: 255, l: 100 }[colour.charAt(0)] ?? 1;
  return (/^[rc]/.test(colour) ? second : first) / most;
}

const parentOf = (element: Element): Element | null =>
  element.parentElement ?? (element.getRootNode() as Partial<ShadowRoot>).host ?? null;
