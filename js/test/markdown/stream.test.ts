import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MarkdownStream } from "../../src/markdown/stream.ts";
import { english } from "../../src/words.ts";

beforeEach(() => {
  const toFake = ["requestAnimationFrame", "cancelAnimationFrame", "performance"] as const;
  vi.useFakeTimers({ toFake: [...toFake] });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function open() {
  const element = document.body.appendChild(document.createElement("div"));
  const improved: (string | null)[] = [];
  const stream = new MarkdownStream(element, english, (block) => improved.push(block.textContent));
  return { element, stream, improved };
}

describe("a growing text", () => {
  test("has each block improved once: as it closes, and the last one at the end", () => {
    const { stream, improved } = open();
    stream.write("one\n\ntwo\n\nthr");
    vi.advanceTimersByTime(400);
    expect(improved).toEqual(["one"]);
    stream.finish("one\n\ntwo\n\nthree");
    expect(improved).toEqual(["one", "two", "three"]);
  });

  test("never shows half of a character", () => {
    const { element, stream } = open();
    stream.write("🙂".repeat(50));
    for (let i = 0; i < 40; i++) {
      vi.advanceTimersByTime(10);
      expect(element.textContent).toMatch(/^(?:🙂)*$/u);
    }
    vi.advanceTimersByTime(5_000);
    expect(element.textContent).toBe("🙂".repeat(50));
  });

  test("shows no more once it is closed, and asks for no frame", () => {
    const { element, stream } = open();
    stream.write("word ".repeat(100));
    vi.advanceTimersByTime(40);
    stream.close();
    const { textContent } = element;
    vi.advanceTimersByTime(1_000);
    expect(element.textContent).toBe(textContent);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("whose lines end by a carriage return is the text that it was, not another", () => {
    const { element, stream } = open();
    stream.write("one\r\rtwo\r\rthree");
    vi.advanceTimersByTime(400);
    const [first] = element.children;
    stream.write("one\r\rtwo\r\rthree and more");
    vi.advanceTimersByTime(400);
    expect(element.children[0]).toBe(first);
    expect(element.lastElementChild?.textContent).toBe("three and more");
  });
});

describe("where nothing should move", () => {
  test("as the reader prefers, all is there at once", () => {
    vi.stubGlobal("matchMedia", (query: string) => ({ matches: query.includes("reduce") }));
    const { element, stream } = open();
    stream.write("word ".repeat(100));
    expect(element.textContent?.length).toBe(499);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("as in a hidden page, where no frame comes, so it is too", () => {
    vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    const { element, stream } = open();
    stream.write("word ".repeat(100));
    expect(element.textContent?.length).toBe(499);
  });
});
