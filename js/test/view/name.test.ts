import { expect, test } from "vitest";
import { english } from "../../src/words.ts";
import { open } from "../support/page.ts";

const name = ({ $ }: { $: ReturnType<typeof open>["$"] }) => $(".chat").getAttribute("aria-label");

test("each chat of a page has a name of its own, as has each view of one", () => {
  const [first, second] = [open(), open()];
  expect([first, second, first.show()].map(name)).toEqual([
    "Tutor chat",
    "Tutor chat 2",
    "Tutor chat 3",
  ]);
});

test("a name that is free again is taken first, and a chat in another language has another name", () => {
  const [first, second] = [open(), open()];
  first.remove();
  expect(name(open())).toBe("Tutor chat");
  second.model.set("_words", { ...english, chat: "Tutor-Chat" });
  expect(name(second)).toBe("Tutor-Chat");
});
