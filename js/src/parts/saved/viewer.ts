/** Shows a stored conversation. */
import { h, icon } from "../../dom.ts";
import { clean } from "./clean.ts";
import style from "./viewer.css";

/** A stored conversation, with the few words that show it. */
export interface Saved {
  /** The id of the model that it is of. */
  model: string;
  lang: string;
  dir: string;
  label: string;
  title: string;
  badge: string;
  /** What is to be said of the answers; "" is nothing. */
  note: string;
  html: string;
}

const NAMES = ["model", "lang", "dir", "label", "title", "badge", "note", "html"] as const;
const SIGN = "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2ZM5 7.3v1.4h6V7.3Z";

/** Any value as a stored conversation. A notebook is a file from anywhere. */
export function readSaved(value: unknown): Saved {
  const found = (typeof value === "object" ? value : null) as Record<string, unknown> | null;
  const text = (name: string) => (typeof found?.[name] === "string" ? found[name] : "");
  return Object.fromEntries(NAMES.map((name) => [name, text(name)])) as unknown as Saved;
}

export function draw(
  host: HTMLElement,
  { lang, dir, label, title, badge, note, html }: Saved,
): void {
  // A document of its own: nothing in it runs or loads, and only a cleaned copy comes from it.
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const said = h("div");
  said.append(clean(body));
  const log = h("div", { role: "log", "aria-live": "off", "aria-label": title, tabindex: 0 }, said);
  for (const article of log.querySelectorAll("article")) {
    article.className = `message ${article.className}`;
    article.dataset.testid = "message";
    article.dataset.state = "said";
    article.setAttribute("aria-label", article.firstElementChild?.textContent ?? "");
    article.querySelector("div")?.classList.add("body");
  }
  const root = h(
    "section",
    { class: "chat", "aria-label": label, lang, dir: dir === "rtl" ? "rtl" : "ltr" },
    h(
      "header",
      {},
      h("h2", { dir: "auto" }, title),
      h(
        "span",
        { class: "badge", "data-testid": "badge", "data-situation": "saved" },
        icon(SIGN),
        badge,
      ),
      note && h("p", {}, note),
    ),
    log,
    h("p", { class: "saved" }, badge),
  );
  const shadow = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  shadow.replaceChildren(h("style", {}, style), root);
}
