/**
 * Light or dark, as the page around the widget is: JupyterLab's theme need not be the system's, and
 * colours of our own (a warning's, code's) must be legible on what is really behind them.
 */

export function followTheme(host: HTMLElement, signal: AbortSignal): void {
  const look = () => {
    host.dataset.theme = isDark(host) ? "dark" : "light";
  };
  const changes = new MutationObserver(look);
  const attributes = {
    attributes: true,
    attributeFilter: ["class", "style", "data-theme", "data-jp-theme-name"],
  };
  for (const element of [document.documentElement, document.body])
    changes.observe(element, attributes);
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", look, { signal });
  signal.addEventListener("abort", () => changes.disconnect());
  // A theme's style sheet may arrive after the attribute that names it.
  const settled = setTimeout(look, 1_000);
  signal.addEventListener("abort", () => clearTimeout(settled));
  look();
}

function isDark(host: HTMLElement): boolean {
  const { jpThemeLight } = document.body.dataset;
  if (jpThemeLight) return jpThemeLight === "false";
  for (let element: Element | null = host; element; element = parentOf(element)) {
    const [r = 0, g = 0, b = 0, alpha = 1] = getComputedStyle(element)
      .backgroundColor.match(/[\d.]+/g)
      ?.map(Number) ?? [0, 0, 0, 0];
    if (alpha > 0.5) return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

const parentOf = (element: Element): Element | null =>
  element.parentElement ?? (element.getRootNode() as Partial<ShadowRoot>).host ?? null;
