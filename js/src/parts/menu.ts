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
  const newButton = button({ onclick: () => confirm(true) }, words.newConversation);
  const cancel = button({ onclick: () => confirm(false) }, words.newNo);
  const question = h(
    "div",
    { role: "group", "aria-label": words.newConfirm, hidden: true },
    h("p", {}, words.newConfirm),
    h(
      "div",
      { class: "buttons" },
      button({ class: "primary", onclick: startNew }, words.newYes),
      cancel,
    ),
  );
  const confirm = (asked: boolean) => {
    show(newButton, !asked);
    show(question, asked);
    // The safe answer has the focus.
    (asked ? cancel : newButton).focus();
  };
  const saveButton = (format: FileFormat, label: string) => {
    const onclick = async () => {
      setText(choice, words.saving);
      await save(ask, format);
      setText(choice, label);
    };
    const choice = button({ onclick }, label);
    return choice;
  };
  element.replaceChildren(
    newButton,
    question,
    h("p", {}, words.saveAs),
    h(
      "div",
      { class: "buttons" },
      saveButton("html", words.webPage),
      saveButton("md", "Markdown"),
      saveButton("json", "JSON"),
    ),
  );
}
