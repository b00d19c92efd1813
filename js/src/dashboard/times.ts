/** Times in the reader's own zone, which the server cannot know. */
export function localize(root: ParentNode): void {
  const language = document.documentElement.lang;
  for (const time of root.querySelectorAll<HTMLTimeElement>("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    const text = written(moment, language);
    if (time.textContent !== text) time.textContent = text;
  }
}

function written(moment: Date, language: string): string {
  const tag = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
  const isToday = moment.toDateString() === new Date().toDateString();
  const day = isToday ? {} : ({ dateStyle: "medium" } as const);
  return new Intl.DateTimeFormat(tag, { ...day, timeStyle: "short" }).format(moment);
}
