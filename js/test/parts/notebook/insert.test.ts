/** The tutor's code can be put into a new cell, where a notebook is around the chat. */
import { expect, test, vi } from "vitest";
import { event } from "../support/fixtures.ts";
import { open } from "../support/page.ts";

const TEXT = "```python\nx = 1\ny = 2\n```\n```\nplain\n```\n```text\nno code\n```";
const history = [
  event(1, "_1", "tutor", { text: TEXT }),
  event(2, "a", "learner", { text: "```\nmine\n```" }),
];

/** A chat in the first cell of a notebook. */
function opened(insertCell: object | null = vi.fn()) {
  const sharedModel = insertCell && { cells: [{}], insertCell };
  const model = { sharedModel, getMetadata: sharedModel && (() => undefined) };
  const signal = { connect: () => undefined, disconnect: () => undefined };
  const place = { path: "Lists.ipynb", ready: Promise.resolve(), pathChanged: signal };
  const view = open({ history }, { manager: { context: { ...place, model, saveState: signal } } });
  const cell = document.createElement("div");
  cell.dataset.windowedListIndex = "0";
  view.el.replaceWith(cell);
  cell.append(view.el);
  const buttons = () => view.$$("button").filter((each) => each.textContent?.startsWith("Insert"));
  return { view, buttons, insertCell };
}

test("each block that a cell could run has a button, and only the tutor's", () => {
  const { buttons } = opened();
  const blocks = buttons().map((each) => each.closest(".code")?.querySelector("code")?.textContent);
  expect(blocks).toEqual(["x = 1\ny = 2\n", "plain\n"]);
});

test("it inserts the code as it is, and says so for two seconds", () => {
  vi.useFakeTimers();
  const { buttons, insertCell } = opened();
  const [button] = buttons();
  button?.click();
  const cell = { cell_type: "code", source: "x = 1\ny = 2" };
  expect(insertCell).toHaveBeenCalledExactlyOnceWith(1, cell);
  expect(button?.textContent).toBe("Inserted");
  vi.advanceTimersByTime(2_000);
  expect(button?.textContent).toBe("Insert into a new cell");
});

test("where there is no notebook there is no button", () => {
  expect(opened(null).buttons()).toEqual([]);
});
