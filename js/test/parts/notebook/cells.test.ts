/** Code goes into a new cell below the one that shows the chat. */
import { expect, test, vi } from "vitest";
import { Notebook } from "../../../src/model/notebook.ts";
import { cellsBelow } from "../../../src/parts/notebook/cells.ts";

function opened() {
  const insertCell = vi.fn();
  const sharedModel = { cells: [{}, {}, {}], insertCell };
  const model = { getMetadata: () => undefined, sharedModel, readOnly: false };
  const context = { model, pathChanged: {}, saveState: {} };
  return { insertCell, model, notebook: Notebook.of({ context }) as Notebook };
}

/** An element of a chat that is in the cell of this index. */
function chatIn(index: string | null): HTMLElement {
  const cell = document.createElement("div");
  if (index !== null) cell.dataset.windowedListIndex = index;
  const chat = document.createElement("div");
  cell.append(chat);
  return chat;
}

test("the cell is code, and stands below the chat's own", () => {
  const { insertCell, notebook } = opened();
  expect(cellsBelow(notebook, chatIn("1"))("x = 1")).toBe(true);
  expect(insertCell.mock.calls).toEqual([[2, { cell_type: "code", source: "x = 1" }]]);
});

test("it follows the chat's cell to another place, and never goes past the end", () => {
  const { insertCell, notebook } = opened();
  const chat = chatIn("1");
  const insert = cellsBelow(notebook, chat);
  if (chat.parentElement) chat.parentElement.dataset.windowedListIndex = "7";
  insert("x");
  expect(insertCell.mock.calls[0]?.[0]).toBe(3);
});

test("nothing is inserted by a chat that is in no cell", () => {
  const { insertCell, notebook } = opened();
  expect(cellsBelow(notebook, chatIn(null))("x")).toBe(false);
  expect(insertCell).not.toHaveBeenCalled();
});

test("nothing is inserted into a notebook that became read-only", () => {
  const { insertCell, model, notebook } = opened();
  const insert = cellsBelow(notebook, chatIn("0"));
  model.readOnly = true;
  expect(insert("x")).toBe(false);
  expect(insertCell).not.toHaveBeenCalled();
});
