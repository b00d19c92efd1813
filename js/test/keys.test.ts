import { expect, test } from "vitest";
import { staysInside } from "../src/keys.ts";

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
  "Ctrl+a",
  "Meta+v",
  "Ctrl+z",
  "Ctrl+Shift+-",
  "Tab",
  " ",
])("%s stays in the widget", (name) => expect(key(name)).toBe(true));

test.each(["Ctrl+s", "Meta+s", "Ctrl+Shift+c", "Ctrl+f", "Ctrl+b", "Ctrl+Shift+f"])(
  "%s reaches the application",
  (name) => expect(key(name)).toBe(false),
);
