/**
 * What the header's menu offers: a new conversation, this one as a file, and to delete it; then what
 * the notebook file holds of it, and that an AI answers.
 */
import { parts as english } from "../../../tutor_widget/words/en.json";
import { button, fillWith, h, setText, show } from "../dom.ts";
import type { Conversation } from "../model/conversation.ts";
import { isStoredAtSave } from "../model/notebook.ts";
import { readLesson } from "../model/session_state.ts";
import type { FileFormat, Traits } from "../model/types.ts";
import { fill } from "../template.ts";
import { type Origin, toggleFloating } from "./floating.ts";
import { save } from "./save.ts";

export const style = ".apart { margin-top: 12px } p:empty { margin: 0 }";

export default function menu(
  element: HTMLElement,
  { menu: words } = english,
  conversation: Pick<Conversation, "ask" | "request" | "offers" | "erase" | "traits">,
  origin: Origin,
  close: () => void,
): void {
  const closing = (act: () => unknown) => () => {
    close();
    act();
  };
  const startNew = closing(() => conversation.request({ op: "new" }));
  const erase = closing(() => conversation.erase());
  const move = closing(() => toggleFloating(origin));
  const { newConversation, newConfirm, newYes, newNo } = words;
  const { erase: eraseWords, eraseTitle, eraseNote, eraseYes, eraseNo } = words;
  const starting = confirmed(newConversation, "group", newConfirm, "", newYes, newNo, startNew);
  const deleting = conversation.offers("erase")
    ? confirmed(eraseWords, "alertdialog", eraseTitle, eraseNote, eraseYes, eraseNo, erase)
    : [];
  const told = h("p", { role: "status" });
  const saveButton = (format: FileFormat, label: string) => {
    const onclick = async () => {
      setText(choice, words.saving);
      const name = await save((question) => conversation.ask(question), format);
      setText(choice, label);
      // A new node each time: otherwise the same words twice are announced once.
      fillWith(told, [name && h("span", {}, fill(words.saved, { name }))]);
    };
    const choice = button({ onclick }, label);
    return choice;
  };
  const { ai } = readLesson(conversation.traits.session_state);
  const stored = storedNote(words, conversation.traits, origin.manager);
  fillWith(element, [
    ...starting,
    h("p", {}, button({ onclick: move }, origin.floating.end ? words.back : words.float)),
    h("p", {}, words.saveAs),
    h(
      "div",
      { class: "buttons" },
      saveButton("html", words.webPage),
      saveButton("md", "Markdown"),
      saveButton("json", "JSON"),
    ),
    told,
    ...deleting,
    ...[stored, ai && words.aiNote].map((text) => text && h("p", { class: "note" }, text)),
  ]);
  // What the panel says of it without this part.
  if (element.nextElementSibling) show(element.nextElementSibling as HTMLElement, !ai);
}

/** What the notebook file holds of the conversation. */
function storedNote(words: typeof english.menu, { _view }: Traits, manager: unknown): string {
  if (!(_view.save ?? true)) return words.unsavedNote;
  return isStoredAtSave(manager) ? words.savedNote : words.ranNote;
}

/** A button, and the question in its place once it is pressed. Only "yes" acts. */
function confirmed(
  label: string,
  role: "group" | "alertdialog",
  title: string,
  note: string,
  yes: string,
  no: string,
  act: () => void,
): [HTMLElement, HTMLElement] {
  const opener = button({ class: note && "apart", onclick: () => confirm(true) }, label);
  const cancel = button({ onclick: () => confirm(false) }, no);
  const explanation = note && h("p", { id: "question-note" }, note);
  const question = h(
    "div",
    {
      class: note && "apart",
      role,
      "aria-label": title,
      "aria-describedby": note ? "question-note" : null,
      hidden: true,
    },
    h("p", {}, title),
    explanation,
    h("div", { class: "buttons" }, button({ class: "primary", onclick: act }, yes), cancel),
  );
  question.onkeydown = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // the menu stays open
    confirm(false);
  };
  const confirm = (asked: boolean) => {
    show(opener, !asked);
    show(question, asked);
    // The safe answer has the focus.
    (asked ? cancel : opener).focus();
  };
  return [opener, question];
}
