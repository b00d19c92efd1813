/** A block of code with its language and a copy button. */
import { copy as copyText } from "../clipboard.ts";
import { button, h, setAttribute, setText } from "../dom.ts";
import { fill } from "../template.ts";
import type { Words } from "../words.ts";
import { afford, fullBudget } from "./budget.ts";

/** Characters that nobody sees, but for those within an emoji: pasted into Python they are errors. */
const INVISIBLE = /(?!\u200d\p{ExtPict}|\ufe0f)[\p{Cf}\p{DI}]/gu;

/** Code without characters that are not seen, or that change the order in which the others are. */
export const visible = (code: string): string => code.replace(INVISIBLE, "");

/** How much of its first line names a block of code. */
const MAX_NAMED = 60;

/** `info` is the fence's info string; null while the fence is open: no colours and no copy button yet. */
export function drawCode(
  source: string,
  info: string | null,
  words: Words,
  budget = fullBudget(),
): HTMLElement {
  const text = visible(source);
  const isPython = /^(?:i?python3?|py|pycon)\b/i.test(info ?? "");
  const python = isPython && afford(budget, "colours", text.length);
  const code = h("code", { "data-part": python && "python" }, text);
  const language = /^[\w+#-]+/.exec(info ?? "")?.[0];
  const bar = h(
    "div",
    { class: "code-bar", "data-runs": python || !language },
    language,
    info !== null && copyButton(text, words),
  );
  // -1: some browsers put what scrolls into the tab order by themselves. Without a button it is in
  // that order while the focus is inside its message (steps.ts).
  return h("div", { class: "code", tabindex: -1 }, bar, h("pre", {}, code));
}

/**
 * Labels a button that does something with a block of code. Its name begins with the words on it
 * (WCAG 2.2 SC 2.5.3), and goes on with the code.
 */
export function labelFor(made: HTMLElement, code: string, words: Words): (text: string) => void {
  const lines = code.trim().split("\n");
  const size = fill(words.spoken.code, { n: lines.length });
  const what = [size, lines[0]?.slice(0, MAX_NAMED)].filter(Boolean).join(", ");
  return (text) => {
    setText(made, text);
    setAttribute(made, "aria-label", `${text}: ${what}`);
  };
}

function copyButton(text: string, words: Words): HTMLElement {
  const { copy, copied, copyFailed } = words.message;
  const onclick = async () => {
    const code = made.closest(".code")?.querySelector("code");
    label((await copyText(text.replace(/\n$/, ""), code)) ? copied : copyFailed);
    setTimeout(() => label(copy), 2_000);
  };
  // Not in the tab order until the focus is inside its message.
  const made = button({ class: "copy", tabindex: -1, onclick });
  const label = labelFor(made, text, words);
  label(copy);
  return made;
}
