import { afterEach, expect, test } from "vitest";
import { morph } from "../../src/dashboard/morph.ts";

function element(html: string): Element {
  const made = document.createElement("div");
  made.innerHTML = html;
  return made;
}

/** What becomes of `before` on the page; `meanwhile` is what a reader does with it. */
function morphed(before: string, after: string, meanwhile = (_: Element) => {}): Element {
  const now = element(before);
  document.body.append(now);
  meanwhile(now);
  morph(now, element(after));
  return now;
}

const field = (root: Element, at = 0) =>
  root.querySelectorAll("textarea")[at] as HTMLTextAreaElement;

afterEach(() => {
  document.body.replaceChildren();
  delete document.body.dataset.gone;
});

test.each([
  ["<p>a</p>", "<p>b</p>"],
  ["<p>a</p><p>b</p>", "<p>b</p>"],
  ["", "<p id='x'>a</p> text <b>c</b>"],
  ["<p id='x'>a</p><p id='y'>b</p>", "<p id='y'>b</p><p id='z'>c</p><p id='x'>a</p>"],
  ["<p id='x'>a</p>", "<div id='x'>a</div>"],
  ["<p class='a' lang='de'>a</p>", "<p class='b'>a</p>"],
  ["<details open><p>a</p></details>", "<section><p>b</p></section>"],
  ["text", "<!-- c -->other"],
  [
    "<form id='f'><input name='id' value='1'></form>",
    "<form id='f'><input name='id' value='2'></form>",
  ],
])("%s becomes %s", (before, after) => {
  expect(morphed(before, after).innerHTML).toBe(element(after).innerHTML);
});

test("what has an id stays the same element, wherever it goes, whatever its fields are called", () => {
  const before = "<i id='a'></i><form id='b'><input name='id'></form><i id='c'></i>";
  let form: Element | null = null;
  const now = morphed(before, "<form id='b'><input name='id'></form><i id='a'></i>", (root) => {
    form = root.querySelector("form");
  });
  expect(now.querySelector("form")).toBe(form);
  expect(now.children).toHaveLength(2);
});

test("what is typed stays, and the field knows what it would be reset to", () => {
  const now = morphed("<textarea>old</textarea>", "<textarea>new</textarea>", (root) => {
    field(root).value = "typed";
  });
  expect(field(now).value).toBe("typed");
  expect(field(now).defaultValue).toBe("new");
});

test("a field that nobody touched takes the new text; a hidden one always does", () => {
  expect(field(morphed("<textarea>old</textarea>", "<textarea>new</textarea>")).value).toBe("new");
  const hidden = (value: string) => `<input type="hidden" name="id" value="${value}">`;
  const now = morphed(hidden("1"), hidden("2"), (root) => {
    (root.firstElementChild as HTMLInputElement).value = "3";
  });
  expect((now.firstElementChild as HTMLInputElement).value).toBe("2");
});

test("the hidden id of a form stays while words are in it: sent again, they are the same message", () => {
  const form = (id: string) =>
    `<form><input type="hidden" name="id" value="${id}"><textarea></textarea></form>`;
  const now = morphed(form("1"), form("2"), (root) => {
    field(root).value = "typed";
  });
  const id = now.querySelector<HTMLInputElement>("[name=id]");
  expect(id?.value).toBe("1");
  field(now).value = "";
  morph(now, element(form("3")));
  expect(id?.value).toBe("3");
});

test("the focus stays in an element that others leave or pass", () => {
  const card = (id: string) => `\n<div id="${id}"><textarea></textarea></div>`;
  const now = morphed(card("a") + card("b") + card("c"), card("c") + card("b"), (root) => {
    field(root, 1).focus();
  });
  expect([...now.children].map((one) => one.id)).toEqual(["c", "b"]);
  expect(document.activeElement).toBe(field(now, 1));
});

test("what is gone stays while somebody's words are in it, says so, and can be sent no more", () => {
  document.body.dataset.gone = "It is gone.";
  const before = "<div id='a'><textarea></textarea><button>Send</button></div>";
  const now = morphed(before, "", (root) => {
    field(root).value = "typed";
  });
  morph(now, element(""));
  expect(now.querySelector("[role=alert]")?.textContent).toBe("It is gone.");
  expect(now.querySelectorAll("[role=alert]")).toHaveLength(1);
  expect(now.querySelector("button")?.disabled).toBe(true);
  expect(field(now).value).toBe("typed");
});

test("a detail that a reader opened stays open", () => {
  const now = morphed("<details>a</details>", "<details>b</details>", (root) => {
    (root.firstElementChild as HTMLDetailsElement).open = true;
  });
  expect((now.firstElementChild as HTMLDetailsElement).open).toBe(true);
  expect(now.textContent).toBe("b");
});
