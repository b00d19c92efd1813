/** What several accounts typed in one tab: each gets its own, and nobody else does. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { openConversation as open } from "../support/conversations.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

describe("what accounts typed in one tab", () => {
  /** A page whose kernel says that these may have what it holds, the last one now. */
  const page = (owners: string[]) => open({ _view: { owners } });
  const become = ({ model }: ReturnType<typeof open>, owners: string[], key = "k1") =>
    model.traitsArrive({ _view: { ...model.get("_view"), owners, key }, _n: model.get("_n") + 1 });

  test("is given to the account that typed it, in whatever order chats come back", () => {
    for (const name of ["a", "b"]) {
      const { conversation, end } = page([name]);
      conversation.write(`draft of ${name}`);
      conversation.request({ op: "say", text: `words of ${name}` });
      end();
    }
    for (const name of ["b", "a"]) {
      const { conversation, model, end } = page([name]);
      expect(conversation.draft).toBe(`draft of ${name}`);
      expect(model.ops("say")).toMatchObject([{ text: `words of ${name}`, owner: name }]);
      end();
    }
  });

  test("is not given before the server has said whose chat it is", () => {
    const before = page(["credentials", "account"]);
    before.conversation.write("half a sentence");
    before.conversation.request({ op: "say", text: "x" });
    before.end();
    const after = page(["credentials"]);
    expect([after.conversation.draft, after.conversation.unacknowledged]).toEqual(["", []]);
    after.conversation.write("typed meanwhile");
    become(after, ["credentials", "account"]);
    expect(after.conversation.draft).toBe("half a sentence\ntyped meanwhile");
    expect(after.model.ops("say")).toMatchObject([{ text: "x" }]);
  });

  test("without a known account becomes that of the first one, also over a reload", () => {
    const before = page(["credentials"]);
    before.conversation.write("typed at once");
    before.conversation.attach({ cell: "x = 1" });
    before.conversation.request({ op: "say", text: "x" });
    before.end();
    const after = page(["credentials", "account"]);
    expect(after.conversation.draft).toBe("typed at once");
    expect(after.conversation.attached).toEqual({ cell: "x = 1" });
    expect(after.conversation.unacknowledged).toMatchObject([{ text: "x" }]);
    after.end();
    const other = page(["credentials", "other"]);
    expect([other.conversation.draft, other.conversation.unacknowledged]).toEqual(["", []]);
    expect(other.conversation.attached).toEqual({});
  });

  test("stays where it is while another account is signed in, and comes back with its own", () => {
    const opened = page(["credentials", "a"]);
    const { conversation, model } = opened;
    conversation.show("v", true);
    conversation.write("draft of a");
    conversation.attach({ cell: "code of a" });
    const id = conversation.request({ op: "say", text: "words of a" });
    model.sent.length = 0;
    become(opened, ["credentials", "b"]);
    expect([conversation.draft, conversation.unacknowledged]).toEqual(["", []]);
    expect(conversation.attached).toEqual({});
    vi.advanceTimersByTime(120_000);
    expect(model.ops("say")).toEqual([]);
    expect(model.ops("view").length).toBeGreaterThan(0); // no account's words
    conversation.write("draft of b");
    become(opened, ["credentials", "a"]);
    expect(conversation.draft).toBe("draft of a");
    expect(conversation.attached).toEqual({ cell: "code of a" });
    expect(model.ops("say")).toMatchObject([{ id, text: "words of a", owner: "a" }]);
    become(opened, ["credentials", "b"]);
    expect(conversation.draft).toBe("draft of b");
  });

  test("before the first welcome is the account's afterwards, whatever its token is called then", () => {
    const before = page(["one token"]);
    const id = before.conversation.request({ op: "say", text: "x" });
    become(before, ["one token", "a"]);
    before.end();
    const after = page(["another token"]);
    expect(after.conversation.unacknowledged).toEqual([]);
    become(after, ["another token", "a"]);
    expect(after.model.ops("say")).toMatchObject([{ id, owner: "a" }]);
  });

  test("says whose it is with everything that the learner does to a message", () => {
    const { conversation, model } = page(["credentials", "a"]);
    conversation.request({ op: "say", text: "x" });
    conversation.retry("m");
    conversation.discard("n");
    conversation.request({ op: "stop", re: "m" });
    const owners = model.sent.map(({ op, owner }) => [op, owner]);
    expect(owners).toEqual([
      ["say", "a"],
      ["retry", "a"],
      ["discard", "a"],
      ["stop", undefined],
    ]);
  });

  test("waits if the kernel refused it as another account's, and goes out when its own is back", () => {
    const opened = page(["credentials", "a"]);
    const { conversation, model } = opened;
    const id = conversation.request({ op: "say", text: "words of a" });
    conversation.retry("m");
    const refused = { error: "It was written under another sign-in.", code: "other_sign_in" };
    model.receive({ acks: model.sent.map((each) => ({ id: each.id, ...refused })) });
    expect(conversation.commandError).toBeNull();
    model.sent.length = 0;
    vi.advanceTimersByTime(120_000);
    expect(model.sent).toEqual([]); // a page that is hidden does not hear who has signed in
    become(opened, ["credentials", "b"]);
    model.sent.length = 0;
    vi.advanceTimersByTime(120_000);
    expect([model.sent, conversation.unacknowledged]).toEqual([[], []]);
    become(opened, ["credentials", "a"]);
    expect(model.ops("retry")).toMatchObject([{ message: "m", owner: "a" }]);
    expect(model.ops("say")).toMatchObject([{ id, owner: "a" }]);
    expect(conversation.unacknowledged[0]).not.toHaveProperty("error");
  });

  test("stays with its own of two chats of one conversation, whoever signs in", () => {
    const [one, other] = [page(["credentials"]), page(["credentials"])];
    one.conversation.write("draft one");
    other.conversation.write("draft two");
    one.conversation.attach({ cell: "one" });
    const id = one.conversation.request({ op: "say", text: "x" });
    for (const owners of [
      ["credentials", "a"],
      ["credentials", "b"],
      ["credentials", "a"],
    ])
      for (const chat of [one, other]) become(chat, owners);
    expect(other.model.ops("say")).toEqual([]);
    expect(one.conversation.unacknowledged).toMatchObject([{ id }]);
    expect(other.conversation.draft).toBe("draft two");
    expect(one.conversation.draft).toBe(""); // the tab keeps one draft of each account, the last
    expect(other.conversation.attached).toEqual({});
    one.conversation.discard(id);
    vi.advanceTimersByTime(120_000);
    expect(other.model.ops("say")).toEqual([]);
    one.end();
    other.end();
    expect(page(["credentials", "a"]).conversation.unacknowledged).toEqual([]);
  });

  test("moves along to another conversation of the same account", () => {
    const opened = page(["credentials", "a"]);
    opened.conversation.write("half a sentence");
    become(opened, ["credentials", "a"], "k2");
    expect(opened.conversation.draft).toBe("half a sentence");
    opened.end();
    expect(page(["credentials", "a"]).conversation.draft).toBe("");
  });
});
