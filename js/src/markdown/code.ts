/** A block of code with its language and a copy button. */
import { button, h, setText } from "../dom.ts";
import type { Words } from "../words.ts";
import { afford, fullBudget } from "./budget.ts";

/** Characters that nobody sees, but for those within an emoji: pasted into Python they are errors. */
const INVISIBLE = /(?!\u200d\p{ExtPict}|\ufe0f)[\p{Cf}\p{DI}]/gu;

/** Code without characters that are not seen, or that change the order in which the others are. */
export const visible = (code: string): string => code.replace(INVISIBLE, "");

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
  const bar = h("div", { class: "code-bar" }, language, info !== null && copyButton(text, words));
  // For the keyboard, what scrolls must hold something focusable: the button, once it exists.
  return h("div", { class: "code", tabindex: info === null && 0 }, bar, h("pre", {}, code));
}

function copyButton(text: string, words: Words): HTMLElement {
  const { copy, copied, copyFailed } = words.message;
  const label = (text: string) => setText(made, text);
  const onclick = async () => {
    try {
      await navigator.clipboard.writeText(text.replace(/\n$/, ""));
      label(copied);
    } catch {
      // Without permission or TLS there is no clipboard: select the code for the learner to copy.
      const code = made.closest(".code")?.querySelector("code");
      if (code) getSelection()?.selectAllChildren(code);
      label(copyFailed);
    }
    setTimeout(() => label(copy), 2_000);
  };
  const made = button({ class: "copy", onclick }, copy);
  return made;
}
