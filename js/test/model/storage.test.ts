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

test("a chat reads what it found as it opened and what it stored, not what another stored since", () => {
  sessionStorage.setItem("tutor_widget:k:draft", "0.1's");
  const [one, other] = [new TabStorage("k"), new TabStorage("k")];
  expect([one.get("draft"), other.get("draft")]).toEqual(["0.1's", "0.1's"]);
  one.set("draft", "mine");
  one.set("command:a", "mine too");
  expect([one.get("draft"), one.names("")]).toEqual(["mine", ["draft", "command:a"]]);
  expect([other.get("draft"), other.get("command:a"), other.names("")]).toEqual([null, null, []]);
  expect(new TabStorage("k").names("")).toEqual(["draft", "command:a"]);
});
