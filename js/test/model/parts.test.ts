/** The parts that come from the kernel when they are first needed, and what two of them do. */
import { describe, expect, test, vi } from "vitest";
import { Parts } from "../../src/model/parts.ts";
import type { Request } from "../../src/model/types.ts";
import { save } from "../../src/parts/save.ts";
import { settled } from "../support/page.ts";
import { openMenu } from "../support/parts.ts";

/** An element in a shadow root, marked for a part. */
function marked(root?: ShadowRoot) {
  const within =
    root ?? document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
  const block = within.appendChild(document.createElement("p"));
  const element = block.appendChild(document.createElement("code"));
  element.dataset.part = "math";
  return { root: within, block, element };
}

/** Code that leaves its mark, as a module that Node can load. */
const code =
  "export const style = 'b{}'; export default (element) => { element.textContent += '!'; }";
function fromKernel(answer: string | undefined = code) {
  vi.spyOn(URL, "createObjectURL").mockReturnValue(
    `data:text/javascript,${encodeURIComponent(answer)}#${Math.random()}`,
  );
  const revoked = vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
  const ask = vi.fn(async () => answer);
  return { parts: new Parts(ask), ask, revoked };
}

describe("a part", () => {
  test("is asked for once, and improves all that is marked for it", async () => {
    const { parts, ask, revoked } = fromKernel();
    const first = marked();
    const second = marked(first.root);
    parts.enhance(first.block);
    parts.enhance(second.block);
    await vi.waitFor(() => expect(second.element.textContent).toBe("!"));
    expect(first.element.textContent).toBe("!");
    expect(ask.mock.calls).toEqual([["math"]]);
    expect(first.element.hasAttribute("data-part")).toBe(false);
    expect(first.root.querySelectorAll("style.math")).toHaveLength(1);
    expect(revoked).toHaveBeenCalledOnce();
    parts.enhance(first.block);
    await settled();
    expect(first.element.textContent).toBe("!");
  });

  test("leaves alone what was drawn again meanwhile", async () => {
    const { parts } = fromKernel();
    const gone = marked();
    const stays = marked();
    parts.enhance(gone.block);
    parts.enhance(stays.block);
    gone.block.remove();
    await vi.waitFor(() => expect(stays.element.textContent).toBe("!"));
    expect(gone.element.textContent).toBe("");
  });

  test("that cannot be run never comes: all stays as it is, and that is no error", async () => {
    const { parts, revoked } = fromKernel("this is no module");
    const { block, element } = marked();
    const came = vi.fn();
    parts.load("math", element).then(came, came);
    parts.enhance(block);
    await vi.waitFor(() => expect(revoked).toHaveBeenCalled());
    await settled();
    expect(came).not.toHaveBeenCalled();
    expect(element.dataset.part).toBe("math");
  });
});

describe("saving", () => {
  const NAMES: (string | 0)[] = [0, "second", "third"];

  /** A kernel with a file of three pieces; what the browser was given. */
  function kernel(refuses = false) {
    const pieces = ["one ", "two ", "three"];
    const asked: Request[] = [];
    const ask = (async (question: Request) => {
      asked.push(question);
      if (question.op !== "file" || (refuses && question.from)) return undefined;
      // What names a piece is the kernel's own: the page only gives it back.
      const at = NAMES.indexOf(question.from);
      return { text: pieces[at], next: NAMES[at + 1] ?? null };
    }) as Parameters<typeof save>[0];
    const blobs: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      blobs.push(blob as Blob);
      return "blob:x";
    });
    const revoked = vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
    const names: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      names.push(this.download);
    });
    return { ask, asked, blobs, names, revoked };
  }

  test("gathers all pieces, and names the file by its kind", async () => {
    vi.useFakeTimers();
    const { ask, asked, blobs, names, revoked } = kernel();
    await save(ask, "md");
    expect(asked).toEqual(NAMES.map((from) => ({ op: "file", format: "md", from })));
    expect(await blobs[0]?.text()).toBe("one two three");
    expect(names).toEqual(["conversation.md"]);
    expect(revoked).not.toHaveBeenCalled();
    vi.advanceTimersByTime(60_000);
    expect(revoked).toHaveBeenCalledOnce();
  });

  test("names the file as the kernel does", async () => {
    vi.useFakeTimers();
    const { ask, names } = kernel();
    const named = (async (question: Parameters<typeof ask>[0]) => ({
      ...((await ask(question)) as object),
      ...("from" in question && question.from === 0 ? { name: "Lists.md" } : {}),
    })) as typeof ask;
    await save(named, "md");
    expect(names).toEqual(["Lists.md"]);
    vi.advanceTimersByTime(60_000);
  });

  test("gives the browser nothing where the kernel refuses on the way", async () => {
    const { ask, blobs, names } = kernel(true);
    await save(ask, "json");
    expect([blobs, names]).toEqual([[], []]);
  });

  test("the menu's button says that it is under way, and is itself again afterwards", async () => {
    vi.useFakeTimers();
    const { ask, names } = kernel();
    const button = openMenu({ ask }).named("Markdown");
    button?.click();
    expect(button?.textContent).toBe("Preparing the file…");
    await vi.advanceTimersByTimeAsync(0);
    expect(button?.textContent).toBe("Markdown");
    expect(names).toEqual(["conversation.md"]);
    vi.advanceTimersByTime(60_000);
  });
});

test("the menu's question is a group with a name, and No gives the focus back", () => {
  const { choices } = openMenu();
  const question = choices.querySelector<HTMLElement>("[role=group]");
  expect(question?.getAttribute("aria-label")).toMatch(/^Start a new conversation/);
  expect(question?.hidden).toBe(true);
  const button = (label: string) =>
    [...choices.querySelectorAll("button")].find((each) => each.textContent === label);
  button("New conversation…")?.click();
  expect(question?.hidden).toBe(false);
  expect(button("New conversation…")?.hidden).toBe(true);
  button("Cancel")?.click();
  expect(question?.hidden).toBe(true);
  expect(document.activeElement).toBe(button("New conversation…"));
});
