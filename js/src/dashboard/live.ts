/** Asks for the page anew when the server says that it has changed, and replaces what differs. */
import { replace } from "./replace.ts";

/** Milliseconds in which changes are gathered. */
const GATHER = 150;

export function follow(page: Document): void {
  const { live, topics, xsrf } = page.body.dataset;
  if (!live || !topics || !xsrf) return;
  const address = new URL(live, page.baseURI);
  for (const topic of topics.split(" ")) address.searchParams.append("topic", topic);
  address.searchParams.set("_xsrf", xsrf);
  let wasLost = false;
  let timer = 0;
  const open = (): void => {
    const source = new EventSource(address);
    source.onopen = () => {
      if (wasLost) {
        say(page.body.dataset.back);
        void refresh(page);
      }
      wasLost = false;
    };
    source.onmessage = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void refresh(page), GATHER);
    };
    source.onerror = () => {
      if (!wasLost) say(page.body.dataset.lost);
      wasLost = true;
      // A browser gives up after an answer that is no stream: a proxy's own, or that nobody is signed
      // in. The page itself is told which.
      if (source.readyState !== EventSource.CLOSED) return;
      void refresh(page);
      setTimeout(open, 3000);
    };
  };
  open();
}

/** One at a time; a change meanwhile asks once more. */
let underWay: Promise<void> | null = null;
let isStale = false;

async function refresh(page: Document): Promise<void> {
  isStale = true;
  underWay ??= ask(page).finally(() => {
    underWay = null;
  });
  await underWay;
}

async function ask(page: Document): Promise<void> {
  while (isStale) {
    isStale = false;
    const address = new URL(page.location.href);
    address.searchParams.delete("said");
    try {
      const answer = await fetch(address, { headers: headers(page) });
      if (answer.status === 401) say(page.body.dataset.signIn);
      else if (replace(page, await answer.text(), false)) say(page.body.dataset.changed);
    } catch {
      say(page.body.dataset.lost);
    }
  }
}

/** Tells the server that the page itself asks. */
export function headers(page: Document): Record<string, string> {
  return { "X-Fragment": "1", "X-XSRFToken": page.body.dataset.xsrf ?? "" };
}

/** One sentence for everybody, spoken politely. */
export function say(text: string | undefined): void {
  const news = document.getElementById("news");
  if (news && text !== undefined) news.textContent = text;
}
