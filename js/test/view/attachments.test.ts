import { describe, expect, test, vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import type { Context } from "../../src/model/types.ts";
import previews from "../../src/parts/context.ts";
import { Attachments } from "../../src/view/attachments.ts";
import { english } from "../../src/words.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";
import { settled } from "../support/page.ts";

const error = { name: "NameError", message: "name 'x' is not defined", traceback: "line 1" };
const other = { ...error, name: "KeyError" };

/** Attachments on the page; the part that draws the preview is here already. */
function open({ view = {}, held = {} }: { view?: object; held?: Context } = {}) {
  const model = new MockModel({ _view: view }, { answers: false });
  const conversation = new Conversation(model, testLifetime().signal);
  vi.spyOn(conversation.parts, "load").mockResolvedValue({ default: previews, style: "" });
  const ask = vi
    .spyOn(conversation, "ask")
    .mockImplementation(async (question) =>
      question.op === "context" ? (held[question.of] as never) : undefined,
    );
  const goOn = vi.fn();
  const made = new Attachments(english, conversation, goOn);
  document.body.append(made.element, made.preview);
  made.update();
  const [errorChip, cellChip] = [...made.element.children] as HTMLButtonElement[];
  const chip = { error: errorChip as HTMLButtonElement, cell: cellChip as HTMLButtonElement };
  const button = (label: string) =>
    [...made.preview.querySelectorAll("button")].find((each) => each.textContent === label);
  const fields = () => [...made.preview.querySelectorAll("textarea")];
  /** Clicks a chip, and waits for the preview. */
  const look = async (kind: keyof Context) => {
    chip[kind].click();
    await vi.waitFor(() => expect(made.preview.hidden).toBe(false));
  };
  return { made, conversation, model, chip, button, fields, look, goOn, ask };
}

describe("what went with a message that is taken back", () => {
  test("gives way to what was attached since, kind by kind", () => {
    const { made } = open();
    made.restore({ error: other });
    made.restore({ error, cell: "x = 1" });
    expect(made.take()).toEqual({ error: other, cell: "x = 1" });
  });
});

describe("a chip", () => {
  const cell = { view: { cell: true }, held: { cell: "x = 1" } };

  test("opens a preview of what the kernel holds, with the focus in it, and says that it will", async () => {
    const { made, chip, fields, look, ask } = open(cell);
    expect(chip.cell.getAttribute("aria-haspopup")).toBe("dialog");
    await look("cell");
    expect(ask).toHaveBeenCalledWith({ op: "context", of: "cell" });
    expect(made.preview.getAttribute("role")).toBe("dialog");
    expect(fields()[0]?.value).toBe("x = 1");
    expect(document.activeElement).toBe(fields()[0]);
  });

  test("attaches what the preview shows, closes it, and goes on to the message", async () => {
    const { made, chip, button, fields, look, goOn } = open(cell);
    await look("cell");
    const [field] = fields();
    if (field) field.value = "x = 2";
    button("Attach")?.click();
    expect(made.preview.hidden).toBe(true);
    expect(goOn).toHaveBeenCalledOnce();
    expect(chip.cell.textContent).toBe("✓ Attached: code");
    expect(chip.cell.classList.contains("attached")).toBe(true);
    expect(made.take()).toEqual({ cell: "x = 2" });
    expect(chip.cell.textContent).toBe("+ This cell");
    expect(chip.cell.classList.contains("attached")).toBe(false);
  });

  test("opens again on what is attached, not on what the kernel holds by now", async () => {
    const { made, button, fields, look, ask, goOn } = open(cell);
    made.restore({ cell: "attached before" });
    await look("cell");
    expect(fields()[0]?.value).toBe("attached before");
    expect(ask).not.toHaveBeenCalled();
    button("Remove")?.click();
    expect(made.preview.hidden).toBe(true);
    expect(made.take()).toBeUndefined();
    expect(goOn).not.toHaveBeenCalled();
  });

  test("has the focus again where nothing was attached", async () => {
    const { made, chip, button, look, goOn } = open(cell);
    await look("cell");
    button("Cancel")?.click();
    expect(made.take()).toBeUndefined();
    expect(document.activeElement).toBe(chip.cell);
    expect(goOn).not.toHaveBeenCalled();
  });

  test("that goes with what was removed hands the focus on", async () => {
    const { made, chip, button, look, goOn } = open();
    made.restore({ error });
    await look("error");
    button("Remove")?.click();
    expect(chip.error.hidden).toBe(true);
    expect(goOn).toHaveBeenCalledOnce();
  });

  test("opens nothing where by now there is nothing", async () => {
    const { made, chip, ask } = open({ view: { error: "NameError" } });
    chip.error.click();
    await vi.waitFor(() => expect(ask).toHaveBeenCalled());
    await settled();
    expect(made.preview.hidden).toBe(true);
    expect(made.preview.childElementCount).toBe(0);
  });

  test("takes the focus from nobody who went on meanwhile", async () => {
    const { chip, made } = open(cell);
    const field = document.body.appendChild(document.createElement("input"));
    chip.cell.click();
    field.focus();
    await vi.waitFor(() => expect(made.preview.hidden).toBe(false));
    expect(document.activeElement).toBe(field);
  });
});

test("a context that was kept and is damaged costs only itself", () => {
  sessionStorage.setItem("tutor_widget:k1:context", "{");
  expect(open().made.take()).toBeUndefined();
});

test("the preview is named and described, and its problem belongs to the button", async () => {
  const { made, button, fields, look } = open({ view: { cell: true }, held: { cell: "x = 1" } });
  await look("cell");
  const named = (element: Element | undefined, attribute: string) =>
    made.preview.querySelector(`#${element?.getAttribute(attribute)}`)?.textContent;
  expect(named(made.preview, "aria-labelledby")).toBe("This goes with the next message you write");
  expect(named(made.preview, "aria-describedby")).toContain("nothing else of your notebook");
  expect(fields()[0]?.closest("label")?.firstChild?.textContent).toBe("Code");
  expect(fields()[0]?.selectionStart).toBe(0);
  expect(named(button("Attach"), "aria-describedby")).toBe("");
});

describe("a chip that is pressed twice", () => {
  const cell = { view: { cell: true }, held: { cell: "x = 1" } };

  test("opens one preview, and the focus stays in it", async () => {
    const { made, chip, fields } = open(cell);
    chip.cell.click();
    chip.cell.click();
    await vi.waitFor(() => expect(made.preview.hidden).toBe(false));
    await settled();
    expect(document.activeElement).toBe(fields()[0]);
  });

  test("leads back to the open preview, and keeps what was changed there", async () => {
    const { chip, fields, look } = open(cell);
    await look("cell");
    const [field] = fields() as [HTMLTextAreaElement];
    field.value = "x = 2";
    chip.cell.focus();
    chip.cell.click();
    await settled();
    expect(document.activeElement).toBe(field);
    expect(fields()[0]?.value).toBe("x = 2");
  });
});
