const MINUTE = 60_000;
/** Minutes that are said as such: as in words.py. */
const LONG = 120;

/** Says anew every minute how long ago something is. */
export function grow(page: Document): void {
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

function sayAges(root: ParentNode): void {
  for (const age of root.querySelectorAll<HTMLElement>("[data-since]")) {
    const { since, minutes = "", long = "" } = age.dataset;
    const n = Math.max(1, Math.floor((Date.now() - Number(since)) / MINUTE));
    const text = n > LONG ? long : minutes.replace("{n}", String(n));
    if (age.textContent !== text) age.textContent = text;
  }
}

function written(moment: Date, language: string): string {
  const tag = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
  const isToday = moment.toDateString() === new Date().toDateString();
  const day = isToday ? {} : ({ dateStyle: "medium" } as const);
  return new Intl.DateTimeFormat(tag, { ...day, timeStyle: "short" }).format(moment);
}
