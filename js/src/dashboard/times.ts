const MINUTE = 60_000;
/** Milliseconds by which this clock is ahead of the server's, which all times on a page are of. */
let ahead = 0;

/** Says how long ago things are, by the server's clock, for as long as the page is open. */
export function keepAges(page: Document): void {
  ahead = Date.now() - Number(page.body.dataset.now);
  sayAges(page);
  setInterval(() => sayAges(page), MINUTE / 2);
}

/** Times in the reader's own zone, which the server cannot know. */
export function localize(root: ParentNode): void {
  const language = document.documentElement.lang;
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const text = written(moment, language);
    if (time.textContent !== text) time.textContent = text;
  }
  sayAges(root);
}

export function sayAges(root: ParentNode): void {
  const now = Date.now() - ahead;
  for (const age of root.querySelectorAll<HTMLElement>("[data-since]")) {
    const { since, most, minutes = "", long = "" } = age.dataset;
    const n = Math.max(1, Math.floor((now - Number(since)) / MINUTE));
    const text = n > Number(most) ? long : minutes.replace("{n}", String(n));
    if (age.textContent !== text) age.textContent = text;
  }
}

function written(moment: Date, language: string): string {
  const tag = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
  const isToday = moment.toDateString() === new Date().toDateString();
  const day = isToday ? {} : ({ dateStyle: "medium" } as const);
  return new Intl.DateTimeFormat(tag, { ...day, timeStyle: "short" }).format(moment);
}
