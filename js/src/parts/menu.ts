/** What the header's menu offers: a new conversation, and this one as a file. */
import { parts as english } from "../../../tutor_widget/words/en.json";
import { button, h, setText, show } from "../dom.ts";
import type { Conversation } from "../model/conversation.ts";
import type { FileFormat } from "../model/types.ts";
import { save } from "./save.ts";

export const style = "";

export default function menu(
  element: HTMLElement,
  { menu: words } = english,
  startNew: () => void,
  ask: Conversation["ask"],
): void {
  const offer = button({ onclick: () => confirm(true) }, words.newConversation);
  const no = button({ onclick: () => confirm(false) }, words.newNo);
  const question = h(
    "div",
    { role: "group", "aria-label": words.newConfirm, hidden: true },
    h("p", {}, words.newConfirm),
    h(
      "div",
      { class: "buttons" },
      button({ class: "primary", onclick: startNew }, words.newYes),
      no,
    ),
  );
  const confirm = (asked: boolean) => {
    show(offer, !asked);
    show(question, asked);
    // The harmless answer is the one under the finger.
    (asked ? no : offer).focus();
  };
  const as = (format: FileFormat, label: string) => {
    const onclick = async () => {
      setText(choice, words.saving);
      await save(ask, format);
      setText(choice, label);
    };
    const choice = button({ onclick }, label);
    return choice;
  };
  element.replaceChildren(
    offer,
    question,
    h("p", {}, words.saveAs),
    h(
      "div",
      { class: "buttons" },
      as("html", words.webPage),
      as("md", "Markdown"),
      as("json", "JSON"),
    ),
  );
}
