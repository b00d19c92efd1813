/** A block of code with its language and a copy button. */
import { copy as copyText } from "../clipboard.ts";
import { button, h, setText } from "../dom.ts";
import type { Words } from "../words.ts";

/** `info` is the fence's info string; null while the fence is open: no colours and no copy button yet. */
export function drawCode(text: string, info: string | null, words: Words): HTMLElement {
  const python = /^(?:i?python3?|py|pycon)\b/i.test(info ?? "");
  const code = h("code", { "data-part": python && "python" }, text);
  const language = /^[\w+#-]+/.exec(info ?? "")?.[0];
  const bar = h(
    "div",
    { class: "code-bar", "data-runs": python || !language },
    language,
    info !== null && copyButton(text, words),
  );
  // For the keyboard, what scrolls must hold something focusable: the button, once it exists.
  return h("div", { class: "code", tabindex: info === null && 0 }, bar, h("pre", {}, code));
}

function copyButton(text: string, words: Words): HTMLElement {
  const { copy, copied, copyFailed } = words.message;
  const label = (text: string) => setText(made, text);
  const onclick = async () => {
    const code = made.closest(".code")?.querySelector("code");
    label((await copyText(text.replace(/\n$/, ""), code)) ? copied : copyFailed);
    setTimeout(() => label(copy), 2_000);
  };
  const made = button({ class: "copy", onclick }, copy);
  return made;
}
