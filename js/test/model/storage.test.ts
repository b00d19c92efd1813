import { expect, test } from "vitest";
import { TabStorage } from "../../src/model/storage.ts";

test("a conversation without a name keeps nothing, so that two of them share nothing", () => {
  new TabStorage("").set("draft", "mine");
  expect(new TabStorage("").get("draft")).toBeNull();
  expect(new TabStorage("").names("")).toEqual([]);
  expect(sessionStorage).toHaveLength(0);
});

test("names that begin alike are two conversations", () => {
  const [one, eleven] = [new TabStorage("k1"), new TabStorage("k11")];
  eleven.set("draft", "theirs");
  eleven.set("1:draft", "theirs too");
  expect(one.get("draft")).toBeNull();
  expect(one.get("1:draft")).toBeNull();
  expect(one.names("")).toEqual([]);
});

test("only its own names are told, without the conversation's", () => {
  const kept = new TabStorage("k");
  kept.set("command:a", "1");
  kept.set("draft", "2");
  new TabStorage("other").set("command:b", "3");
  sessionStorage.setItem("command:c", "the page's own");
  expect(kept.names("command:")).toEqual(["command:a"]);
});

test("an empty value is forgotten", () => {
  const kept = new TabStorage("k");
  kept.set("draft", "x");
  kept.set("draft", "");
  expect(sessionStorage).toHaveLength(0);
});

test("owners of one conversation share nothing, and no owner is what 0.1 kept", () => {
  const [none, one, other] = ["", "a", "b"].map((owner) => new TabStorage("k", owner));
  one?.set("draft", "mine");
  expect(other?.get("draft")).toBeNull();
  expect(none?.get("draft")).toBeNull();
  expect([...(none?.names("") ?? [])]).not.toContain("draft");
  sessionStorage.setItem("tutor_widget:k:draft", "0.1's");
  expect(none?.get("draft")).toBe("0.1's");
  expect(one?.get("draft")).toBe("mine");
});
