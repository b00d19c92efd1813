/**
 * The focus inside the transcript: Enter goes to the newest message, the arrow keys from one to the
 * next, Enter into it, Esc back out, and from a message or the list to the composer.
 */
const INSIDE = "button, a[href], textarea";

export function step(log: HTMLElement, event: KeyboardEvent, leave: () => void): void {
  const target = event.target as HTMLElement;
  const message = target.closest<HTMLElement>(".message");
  const isInside = message !== null && target !== message;
  if (event.key === "Escape") {
    if (isInside) message.focus();
    else leave();
    return;
  }
  if (isInside || (message === null && target !== log)) return; // the key is the button's own
  const next = message ? neighbour(log, message, event.key) : newest(log, event.key);
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

const messages = (log: HTMLElement) => [...log.querySelectorAll<HTMLElement>(".message")];

const newest = (log: HTMLElement, key: string) =>
  key === "Enter" ? messages(log).at(-1) : undefined;

function neighbour(log: HTMLElement, message: HTMLElement, key: string): HTMLElement | undefined {
  const all = messages(log);
  const at = all.indexOf(message);
  switch (key) {
    case "ArrowUp":
      return all[at - 1];
    case "ArrowDown":
      return all[at + 1];
    case "Home":
      return all[0];
    case "End":
      return all.at(-1);
    case "Enter":
      return [...message.querySelectorAll<HTMLElement>(INSIDE)].find(
        (each) => !each.closest("[hidden]"),
      );
    default:
      return undefined;
  }
}
