/** The tutor's code can be put into a new cell, where a notebook is around the chat. */
import { expect, test, vi } from "vitest";
import { event } from "../../support/fixtures.ts";
import { open, settled } from "../../support/page.ts";
import { servePart } from "../../support/parts.ts";

const TEXT = "```python\nx = 1\ny = 2\n```\n```\nplain\n```\n```text\nno code\n```";
const history = [
  event(1, "_1", "tutor", { text: TEXT }),
  event(2, "a", "learner", { text: "```\nmine\n```" }),
];

/** A chat in the first cell of a notebook, whose kernel has sent the part. */
async function opened({ answers = true, ...more } = {}) {
  const insertCell = vi.fn();
  const sharedModel = { cells: [{}], insertCell };
  const model = { sharedModel, getMetadata: () => undefined, readOnly: false, ...more };
  const signal = { connect: () => undefined, disconnect: () => undefined };
  const place = { path: "Lists.ipynb", ready: Promise.resolve(), pathChanged: signal };
  const manager = { context: { ...place, model, saveState: signal } };
  const view = open({ history }, { manager, parts: servePart("notebook"), answers });
  const cell = document.createElement("div");
  cell.dataset.windowedListIndex = "0";
  view.el.replaceWith(cell);
  cell.append(view.el);
  const buttons = () => view.$$("button").filter((each) => each.textContent?.startsWith("Insert"));
  if (answers) await vi.waitFor(() => expect(view.model.ops("notebook")).toHaveLength(1));
  await settled();
  return { view, buttons, insertCell };
}

test("each block that a cell could run has a button, and only the tutor's", async () => {
  const { buttons } = await opened();
  const blocks = buttons().map((each) => each.closest(".code")?.querySelector("code")?.textContent);
  expect(blocks).toEqual(["x = 1\ny = 2\n", "plain\n"]);
});

test("what was drawn before the code of the buttons came has them too, once", async () => {
  const { view, buttons } = await opened({ answers: false });
  view.model.change({ events: [event(3, "_1", "tutor", { text: TEXT })] });
  await settled();
  expect(buttons()).toEqual([]);
  const [asked] = view.model.ops("part");
  view.model.receive({ acks: [{ id: asked?.id ?? "", answer: "its code" }] });
  await vi.waitFor(() => expect(view.model.ops("notebook")).toHaveLength(1));
  await settled();
  const places = buttons().map((each) => each.parentElement);
  expect(places.length).toBeGreaterThanOrEqual(2);
  expect(new Set(places).size).toBe(places.length);
});

test("it inserts the code as it is, and says so for two seconds", async () => {
  const { buttons, insertCell } = await opened();
  vi.useFakeTimers();
  const [button] = buttons();
  button?.click();
  const cell = { cell_type: "code", source: "x = 1\ny = 2" };
  expect(insertCell).toHaveBeenCalledExactlyOnceWith(1, cell);
  expect(button?.textContent).toBe("Inserted");
  vi.advanceTimersByTime(2_000);
  expect(button?.textContent).toBe("Insert into a new cell");
});

test("in a notebook that cannot be written there is no button", async () => {
  expect((await opened({ readOnly: true } as object)).buttons()).toEqual([]);
});
