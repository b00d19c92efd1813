import { expect, test } from "vitest";
import { keepKeys, leaveTo, staysInside } from "../../src/view/keys.ts";

const key = (name: string) => {
  const parts = name.split("+");
  const has = (modifier: string) => parts.includes(modifier);
  return staysInside(
    new KeyboardEvent("keydown", {
      key: parts.at(-1) ?? "",
      ctrlKey: has("Ctrl"),
      shiftKey: has("Shift"),
      altKey: has("Alt"),
      metaKey: has("Meta"),
    }),
  );
};

test.each([
  "a",
  "b",
  "d",
  "x",
  "0",
  "Shift+M",
  "Enter",
  "Shift+Enter",
  "Ctrl+Enter",
  "Alt+Enter",
  "Meta+Enter",
  "Escape",
  "ArrowUp",
  "Shift+ArrowDown",
  "Ctrl+Shift+ArrowUp",
  "Alt+ArrowUp",
  "Ctrl+Shift+m",
  "Ctrl+Backspace",
  "Ctrl+Delete",
  "Ctrl+Home",
  "Ctrl+End",
  "Ctrl+Shift+End",
  "Meta+ArrowLeft",
  "Ctrl+a",
  "Ctrl+c",
  "Meta+v",
  "Ctrl+x",
  "Ctrl+y",
  "Ctrl+z",
  "Ctrl+Shift+-",
  "Tab",
  " ",
])("%s stays in the widget", (name) => expect(key(name)).toBe(true));

test.each(["Ctrl+s", "Meta+s", "Ctrl+Shift+c", "Ctrl+f", "Ctrl+b", "Ctrl+Shift+f", "Alt+r"])(
  "%s reaches the application",
  (name) => expect(key(name)).toBe(false),
);

test("pressing, repeating and letting go of a key that stays are all kept", () => {
  const root = document.body.appendChild(document.createElement("div"));
  keepKeys(root);
  const heard: string[] = [];
  const types = ["keydown", "keypress", "keyup"];
  for (const type of types) document.body.addEventListener(type, () => heard.push(type));
  const all = (more: object) => {
    for (const type of types)
      root.dispatchEvent(new KeyboardEvent(type, { bubbles: true, ...more }));
  };
  all({ key: "d" });
  expect(heard).toEqual([]);
  all({ key: "s", ctrlKey: true });
  expect(heard).toEqual(types);
});

/** A host with a field that has the focus, in `around`. */
function within(around: HTMLElement) {
  const host = document.createElement("div");
  document.body.append(around);
  around.append(host);
  const field = document.createElement("textarea");
  host.attachShadow({ mode: "open" }).append(field);
  field.focus();
  return { host, field };
}

test("the notebook's cell gets the focus back, also where only its class tells it", () => {
  const cell = document.createElement("div");
  cell.className = "jp-Cell";
  let focused = false;
  cell.focus = () => {
    focused = true;
  };
  const notebook = document.body.appendChild(document.createElement("div"));
  notebook.tabIndex = 0;
  const { host } = within(cell);
  notebook.append(cell);
  leaveTo(host);
  expect(focused).toBe(true);
});

test("where nothing around can take the focus, the field lets go of it", () => {
  const { host } = within(document.createElement("div"));
  expect(host.shadowRoot?.activeElement).not.toBeNull();
  leaveTo(host);
  expect(host.shadowRoot?.activeElement).toBeNull();
});
