/** The preview of what the learner attaches to the next message, in full and editable. */
import { parts as english } from "../../../tutor_widget/words/en.json";
import { button, h, setAttribute, setText, show } from "../dom.ts";
import type { Conversation } from "../model/conversation.ts";
import type { Context, SharedError } from "../model/types.ts";
import { fill } from "../template.ts";
import type { Attachments, Kind } from "../view/attachments.ts";

export { default as style } from "./context.css";

/** The most bytes of UTF-8 for the code, and for the error as a whole (docs/protocol.md). */
const LIMIT = 16_384;

type Content = string | SharedError;

/**
 * Returns what opens the preview of a kind. Pressed again, as by a double click, a chip leads to its
 * preview: what is written there stays.
 */
export default function previews(
  attachments: Pick<Attachments, "preview" | "chips" | "attach">,
  conversation: Pick<Conversation, "ask" | "attached">,
  words: typeof english | undefined,
  focusComposer: () => void,
): (kind: Kind) => void {
  const { preview: panel, chips } = attachments;
  /** How often a chip was pressed: only the last press opens the preview. */
  let presses = 0;
  let shown: Kind | null = null;

  const open = async <K extends Kind>(kind: K) => {
    const press = ++presses;
    const chip = chips[kind];
    const attached = conversation.attached[kind];
    const content = attached ?? (await conversation.ask<Context[K]>({ op: "context", of: kind }));
    // The kernel may have nothing to share, or the view may have ended.
    if (press !== presses || !content || !chip.isConnected) return;
    const stillFocused = chip.matches(":focus");
    const done = (result?: Content | null) => {
      show(panel, false);
      if (result !== undefined)
        attachments.attach({ ...conversation.attached, [kind]: result ?? undefined });
      if (result || chip.hidden) focusComposer();
      else chip.focus();
    };
    const field = draw(panel, words, content, !!attached, done);
    shown = kind;
    show(panel, true);
    if (!stillFocused) return;
    panel.scrollIntoView({ block: "nearest" });
    field.focus();
  };

  return (kind) => {
    if (!panel.hidden && shown === kind) panel.querySelector("textarea")?.focus();
    else open(kind);
  };
}

/**
 * Fills `panel` and returns the field that gets the focus. `attached`: `content` is attached already.
 * `done` gets the new attachment, `null` to remove it, or `undefined` to leave it as it was.
 */
export function draw(
  panel: HTMLElement,
  { context: words } = english,
  content: Content,
  attached: boolean,
  done: (result?: Content | null) => void,
): HTMLElement {
  const { title, note, attach, remove, cancel, tooLong, empty } = words;
  const parts = typeof content === "string" ? { code: content } : content;
  const fields = Object.entries(parts).map(([name, value]) => {
    const rows = name === "name" || name === "message" ? 1 : 3;
    const field = h("textarea", {
      rows,
      dir: "ltr",
      spellcheck: "false",
      oninput: () => validate(),
    });
    field.value = value;
    field.setSelectionRange(0, 0);
    return { name: name as keyof SharedError | "code", field };
  });
  const problem = h("p", { id: "preview-problem", class: "problem", role: "status" });
  const confirm = button({ class: "primary", "aria-describedby": problem.id }, attach);

  const validate = (): boolean => {
    const size = new TextEncoder().encode(fields.map(({ field }) => field.value).join("")).length;
    const isEmpty = !fields[0]?.field.value.trim();
    const numbers = { size: size.toLocaleString(), limit: LIMIT.toLocaleString() };
    setText(problem, size > LIMIT ? fill(tooLong, numbers) : isEmpty ? empty : "");
    setAttribute(confirm, "aria-disabled", problem.textContent ? "true" : null);
    return !problem.textContent;
  };
  confirm.onclick = () => {
    if (!validate()) return;
    const entries = fields.map(({ name, field }) => [name, field.value]);
    const { code, ...error } = Object.fromEntries(entries);
    done(code ?? error);
  };
  panel.onkeydown = ({ key }) => {
    if (key === "Escape") done();
  };
  setAttribute(panel, "aria-labelledby", "preview-title");
  setAttribute(panel, "aria-describedby", "preview-note");
  panel.replaceChildren(
    h("p", { id: "preview-title", class: "title" }, title),
    h("p", { id: "preview-note" }, note),
    ...fields.map(({ name, field }) => h("label", {}, words[name], field)),
    problem,
    h(
      "div",
      { class: "buttons" },
      confirm,
      attached && button({ onclick: () => done(null) }, remove),
      button({ class: "quiet", onclick: () => done() }, cancel),
    ),
  );
  validate();
  return fields[0]?.field ?? confirm;
}
