import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { copyOnClick } from "../../src/dashboard/copy.ts";

const field = () => document.querySelector("textarea") as HTMLTextAreaElement;
const button = () => document.querySelector("button") as HTMLButtonElement;
const news = () => document.getElementById("news")?.textContent;

let page: AbortController;

beforeEach(() => {
  page = new AbortController();
  copyOnClick(document, { signal: page.signal });
  document.body.innerHTML = `<p id="news"></p><textarea id="entry" readonly>say = ""</textarea>
    <button data-copy="entry" data-copied="Copied."><b>Copy</b></button>`;
});

afterEach(() => {
  page.abort();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

test("what stands in the field is copied, selected, and said", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  button().querySelector("b")?.click();
  await vi.waitFor(() => expect(news()).toBe("Copied."));
  expect(writeText).toHaveBeenCalledExactlyOnceWith('say = ""');
  expect(field().selectionEnd).toBe(field().value.length);
});

test("without a clipboard the page's own command copies", async () => {
  vi.stubGlobal("navigator", {});
  const command = vi.fn(() => true);
  document.execCommand = command;
  button().click();
  await vi.waitFor(() => expect(news()).toBe("Copied."));
  expect(command).toHaveBeenCalledExactlyOnceWith("copy");
});

test("other clicks copy nothing", () => {
  button().dataset.copy = "nothing";
  button().click();
  document.body.click();
  expect(news()).toBe("");
});
