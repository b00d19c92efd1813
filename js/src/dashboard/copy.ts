import { say } from "./live.ts";

/** Buttons that copy what stands in a field. Without scripts they are not shown, and it can be selected. */
export function copyOnClick(page: Document, options: AddEventListenerOptions = {}): void {
  page.documentElement.classList.add("scripted");
  page.addEventListener("click", (event) => void onClick(page, event), options);
}

async function onClick(page: Document, event: Event): Promise<void> {
  const button = event.target instanceof Element ? event.target.closest("button") : null;
  const field = button?.dataset.copy ? page.getElementById(button.dataset.copy) : null;
  if (!(field instanceof HTMLTextAreaElement)) return;
  await copy(field);
  say(button?.dataset.copied);
}

async function copy(field: HTMLTextAreaElement): Promise<void> {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // There is no clipboard without TLS, nor where it is forbidden: then what is selected is copied.
    const focused = document.activeElement;
    field.focus();
    document.execCommand("copy");
    if (focused instanceof HTMLElement) focused.focus();
  }
}
