/** Code goes into a new cell below the one that shows the chat, where the host gives access to it. */
import { expect, test, vi } from "vitest";
import { cellsBelow } from "../../src/model/cells.ts";

function notebook(model: object = {}) {
  const insertCell = vi.fn();
  const sharedModel = { cells: [{}, {}, {}], insertCell };
  const whole = { getMetadata: () => undefined, sharedModel, ...model };
  return { insertCell, manager: { context: { model: whole, pathChanged: {}, saveState: {} } } };
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
  const { insertCell, manager } = notebook();
  const chat = chatIn("1");
  const insert = cellsBelow(manager, chat);
  expect(insert?.("x = 1")).toBe(true);
  expect(insertCell.mock.calls).toEqual([[2, { cell_type: "code", source: "x = 1" }]]);
});

test("it follows the chat's cell to another place, and never goes past the end", () => {
  const { insertCell, manager } = notebook();
  const chat = chatIn("1");
  const insert = cellsBelow(manager, chat);
  if (chat.parentElement) chat.parentElement.dataset.windowedListIndex = "7";
  insert?.("x");
  expect(insertCell.mock.calls[0]?.[0]).toBe(3);
});

test("nothing is inserted by a chat that is in no cell", () => {
  const { insertCell, manager } = notebook();
  expect(cellsBelow(manager, chatIn(null))?.("x")).toBe(false);
  expect(insertCell).not.toHaveBeenCalled();
});

test.each([
  ["no manager", undefined],
  ["one without a context", {}],
  ["one whose properties throw", new Proxy({}, { get: () => expect.unreachable() })],
  ["a notebook that cannot be written", notebook({ readOnly: true }).manager],
])("with %s there is no access", (_, manager) => {
  expect(cellsBelow(manager, chatIn("0"))).toBeNull();
});
