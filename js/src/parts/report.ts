/** The form with which a learner reports an answer to the people who run the tutor. */
import { parts as english } from "../../../tutor_widget/words/en.json";
import { button, h, setAttribute, setText, show } from "../dom.ts";
import type { Complaint } from "../model/types.ts";
import { fill } from "../template.ts";
import type { Message } from "../view/transcript/message.ts";

export { default as style } from "./report.css";

/** Characters of a reason (docs/protocol.md). */
const LIMIT = 2_000;

/** Makes the form below `message`. `send` gets what the learner says in it. */
export default function report(
  message: Message,
  { report: words } = english,
  send: (complaint: Complaint) => void,
): { open(): void; close(): void } {
  const { element } = message;
  const form = h("div", { class: "reporting", role: "dialog", hidden: true });
  element.append(form);
  const close = () => show(form, false);
  const done = (complaint?: Complaint) => {
    close();
    message.focus();
    if (complaint) send(complaint);
  };
  let field: HTMLElement | null = null;
  const open = () => {
    if (form.hidden) {
      // By now the answer may have been reported elsewhere.
      if (!element.isConnected || message.entry.report !== "offered") return;
      field = fillForm(form, words, done);
      show(form, true);
      form.scrollIntoView({ block: "nearest" });
    }
    field?.focus(); // with what is written in it
  };
  return { open, close };
}

/**
 * Fills `form` and returns the field that gets the focus. `done` gets what the learner says, or
 * `undefined` if nothing is reported. Nothing else of the conversation is shared unless it is ticked.
 */
function fillForm(
  form: HTMLElement,
  words: typeof english.report,
  done: (complaint?: Complaint) => void,
): HTMLElement {
  const problem = h("p", { class: "problem", role: "status" });
  const field = h("textarea", { rows: 2, dir: "auto", oninput: () => validate() });
  const share = h("input", { type: "checkbox" });
  const shared = h("span", { class: "note" }, words.shared);
  const finish = () => done({ reason: field.value.trim(), share: share.checked });
  const send = button({ class: "primary", onclick: () => validate() && finish() });
  const validate = (): boolean => {
    const size = [...field.value.trim()].length; // in code points, as the tutor counts
    const numbers = { size: size.toLocaleString(), limit: LIMIT.toLocaleString() };
    setText(problem, size > LIMIT ? fill(words.tooLong, numbers) : "");
    setAttribute(send, "aria-disabled", size > LIMIT ? "true" : null);
    return size <= LIMIT;
  };
  send.append(words.send);
  form.onkeydown = (event) => {
    // In an input method, Esc ends the choice of a word (see `Composer`).
    if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
    event.stopPropagation();
    done();
  };
  setAttribute(form, "aria-label", words.title);
  form.replaceChildren(
    h("p", { class: "title" }, words.title),
    h("p", { class: "note" }, words.note),
    h("label", {}, words.reason, field),
    problem,
    h("label", { class: "tick" }, share, h("span", {}, words.share, shared)),
    h("div", { class: "buttons" }, send, button({ onclick: () => done() }, words.cancel)),
  );
  return field;
}
