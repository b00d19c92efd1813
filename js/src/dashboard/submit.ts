/** Sends a form without leaving the page, so that nothing else on it is lost. */
import { headers, say } from "./live.ts";
import { replace } from "./replace.ts";

export function submitInPlace(page: Document): void {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    // The pages for signing in and out are others afterwards.
    if (!form.closest("#live") || !page.body.dataset.xsrf) return;
    event.preventDefault();
    void send(page, form);
  });
}

async function send(page: Document, form: HTMLFormElement): Promise<void> {
  const button = form.querySelector("button");
  if (button?.getAttribute("aria-disabled") === "true") return;
  button?.setAttribute("aria-disabled", "true");
  try {
    const body = new URLSearchParams(new FormData(form) as unknown as Record<string, string>);
    const answer = await fetch(form.action, { method: "POST", body, headers: headers(page) });
    const html = await answer.text();
    if (answer.ok) settle(form);
    if (answer.status === 401) say(page.body.dataset.signIn);
    else replace(page, html, true);
    focusNote(page);
  } catch {
    say(page.body.dataset.lost);
  } finally {
    button?.removeAttribute("aria-disabled");
  }
}

/** What was sent is not unsent any more. */
function settle(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll("textarea")) field.defaultValue = field.value = "";
}

/** To what was said: the button that was pressed may be gone. */
function focusNote(page: Document): void {
  const note = page.querySelector<HTMLElement>("#notes .note");
  if (!note) return;
  note.tabIndex = -1;
  note.focus();
}
