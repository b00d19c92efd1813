/** What a conversation asks of the kernel, what it believes, and what it leaves behind. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import type { Request } from "../../src/model/types.ts";
import { connection, event } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

beforeEach(() => {
  vi.useFakeTimers();
});

class Signal {
  slot = () => {};
  connect(slot: () => void) {
    this.slot = slot;
  }
  disconnect() {}
}

function open(traits = {}, options = {}) {
  const kernel = {
    status: "idle",
    connectionStatus: "connected",
    statusChanged: new Signal(),
    connectionStatusChanged: new Signal(),
  };
  const model = new MockModel(traits, { answers: false, manager: { kernel }, ...options });
  const whole = testLifetime();
  const conversation = new Conversation(model, whole.signal);
  const acknowledge = () => model.receive({ acks: model.sent.map(({ id }) => ({ id })) });
  const link = (status: string) => {
    kernel.connectionStatus = status;
    kernel.connectionStatusChanged.slot();
  };
  const becomes = (status: string) => {
    kernel.status = status;
    kernel.statusChanged.slot();
    vi.advanceTimersByTime(400);
  };
  return { model, conversation, acknowledge, link, becomes, kernel, end: whole.end };
}

describe("taking a message back", () => {
  test("that no kernel acknowledged drops it here, and tells the kernel, which may have it", () => {
    const { model, conversation } = open();
    const id = conversation.request({ op: "say", text: "x" });
    conversation.discard(id);
    expect(conversation.unacknowledged).toEqual([]);
    expect(model.ops("discard")).toMatchObject([{ message: id }]);
  });

  test("that was refused needs no word to the kernel", () => {
    const { model, conversation } = open();
    const id = conversation.request({ op: "say", text: "x" });
    model.receive({ acks: [{ id, error: "It is too long." }] });
    conversation.discard(id);
    expect(conversation.unacknowledged).toEqual([]);
    expect(model.ops("discard")).toEqual([]);
  });

  test("or sending again one in the kernel's queue is asked of the kernel", () => {
    const { model, conversation } = open();
    conversation.discard("m");
    conversation.retry("n");
    expect(model.sent).toMatchObject([
      { op: "discard", message: "m" },
      { op: "retry", message: "n" },
    ]);
  });
});

describe("a question", () => {
  test("is answered once, and with nothing if the kernel refuses it", async () => {
    const { model, conversation } = open();
    const [asked, refused] = [1, 2].map((n) => conversation.ask({ op: "older", n }));
    const [first, second] = model.sent.map(({ id }) => id);
    model.receive({ acks: [{ id: first ?? "", answer: "yes" }] });
    model.receive({ acks: [{ id: second ?? "", error: "No.", answer: "what is not to be had" }] });
    expect(await asked).toBe("yes");
    expect(await refused).toBeUndefined();
    expect(conversation.commandError?.error).toBe("No.");
  });
});

describe("what the traits show", () => {
  test("a message in the log is acknowledged, though its acknowledgement was lost", () => {
    const { model, conversation } = open();
    const id = conversation.request({ op: "say", text: "x" });
    model.change({ events: [event(1, id, "learner")] });
    expect(conversation.unacknowledged).toEqual([]);
  });

  test("a change that is known already, or comes late, asks for nothing", () => {
    const { model, conversation, acknowledge } = open({ _n: 5 });
    conversation.show("v", true);
    acknowledge();
    model.receive({ n: 5, state: { title: "late" } });
    expect(model.ops("view")).toHaveLength(1);
    expect(conversation.traits.session_state).toEqual({});
    model.receive({ n: 9, state: { title: "gap" } });
    expect(model.ops("view")).toHaveLength(2);
  });

  test("when the connection was learnt is noted each time it comes, by this browser's clock", () => {
    const { model, conversation } = open();
    vi.advanceTimersByTime(1_000);
    model.change({ state: { title: "x" } });
    expect(conversation.connectionReceivedAt).toBe(Date.now() - 1_000);
    model.change({ connection: connection("connected") });
    expect(conversation.connectionReceivedAt).toBe(Date.now());
  });

  test("an earlier error passes when the connection comes back", () => {
    const { model, conversation } = open();
    const id = conversation.request({ op: "older", n: 1 });
    model.receive({ acks: [{ id, error: "The tutor cannot be reached." }] });
    model.change({ connection: connection("reconnecting") });
    expect(conversation.commandError?.error).toBe("The tutor cannot be reached.");
    model.change({ connection: connection("connected") });
    expect(conversation.commandError).toBeNull();
  });

  test.each<[string, Request, boolean]>([
    ["what the page asks by itself leaves", { op: "part", name: "math" }, true],
    ["… the code for a budget", { op: "part", name: "budget" }, true],
    ["… the words of a language", { op: "words", languages: ["de"] }, true],
    ["… which notebook this is", { op: "notebook", holds: null, path: "x" }, true],
    ["what the learner presses takes away", { op: "older", n: 1 }, false],
    ["… also with code that it needs", { op: "part", name: "menu" }, false],
  ])("an error that is shown: %s", (_, request, stays) => {
    const { model, conversation } = open();
    const id = conversation.request({ op: "older", n: 1 });
    model.receive({ acks: [{ id, error: "The tutor cannot be reached." }] });
    conversation.request(request);
    expect(conversation.commandError !== null).toBe(stays);
  });

  test("the draft moves with the conversation, and none is left under the old name", () => {
    const { model, conversation } = open();
    conversation.write("half a sentence");
    model.traitsArrive({ _view: { ...model.get("_view"), key: "k2" }, _n: 1 });
    expect(sessionStorage.getItem("tutor_widget:k1:draft")).toBeNull();
    expect(sessionStorage.getItem("tutor_widget:k2:draft")).toBe("half a sentence");
  });
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

describe("when the way to the kernel was cut and is not", () => {
  test("all goes again at once, and the page says what it holds", () => {
    const { model, conversation, acknowledge, link } = open();
    conversation.show("v", true);
    acknowledge();
    conversation.request({ op: "say", text: "x" });
    link("disconnected");
    const before = model.sent.length;
    link("connected");
    expect(model.sent.slice(before).map(({ op }) => op)).toEqual(["say", "view"]);
  });

  test("nothing is said to a kernel that cannot hear it", () => {
    const { model, conversation, acknowledge, link } = open();
    conversation.show("v", true);
    acknowledge();
    link("disconnected");
    conversation.catchUp();
    expect(model.ops("view")).toHaveLength(1);
  });

  test("so with a comm that is opened again", () => {
    const { model, conversation, acknowledge } = open();
    conversation.show("v", true);
    acknowledge();
    model.commChanged();
    expect(model.ops("view")).toHaveLength(2);
  });

  test("what waited behind a cell goes again soon after its end, not in a minute", () => {
    const { model, conversation, becomes } = open();
    conversation.request({ op: "say", text: "x" });
    becomes("busy");
    vi.advanceTimersByTime(80_000);
    expect(model.ops("say")).toHaveLength(1);
    becomes("idle");
    vi.advanceTimersByTime(5_000);
    expect(model.ops("say")).toHaveLength(2);
  });
});

describe("a kernel that cannot be reached", () => {
  test("may refuse by a promise: that is no error of the page's", () => {
    const { model, conversation } = open();
    const refusal = Promise.reject(new Error("Cannot send"));
    const handled = vi.spyOn(refusal, "then");
    // Typed as returning nothing; ipywidgets' own returns a promise.
    vi.spyOn(model, "send").mockReturnValue(refusal as unknown as undefined);
    conversation.request({ op: "say", text: "x" });
    expect(handled).toHaveBeenCalledWith(undefined, expect.any(Function));
    expect(conversation.unacknowledged).toHaveLength(1);
  });

  test("counts as heard from when whole traits or a message come", () => {
    const first = open();
    expect(first.conversation.kernel.heardFrom).toBe(false);
    first.model.receive({ acks: [] });
    expect(first.conversation.kernel.heardFrom).toBe(true);
    const second = open();
    second.model.traitsArrive({ _n: 7 });
    expect(second.conversation.kernel.heardFrom).toBe(true);
  });
});

describe("drawing", () => {
  test("happens once for all that changed in a turn", async () => {
    const { model, conversation } = open();
    const draw = vi.fn();
    conversation.subscribe(draw, testLifetime().signal);
    for (let i = 0; i < 5; i++) model.change({ state: { step: i } });
    expect(draw).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(0);
    expect(draw).toHaveBeenCalledOnce();
  });

  test("and listening and sending end with the conversation", async () => {
    const { model, conversation, acknowledge, end } = open();
    const draw = vi.fn();
    conversation.subscribe(draw, testLifetime().signal);
    conversation.show("v", true);
    acknowledge();
    conversation.request({ op: "say", text: "x" });
    await vi.advanceTimersByTimeAsync(0);
    draw.mockClear();
    const before = model.sent.length;
    const { connectionReceivedAt } = conversation;
    end();
    vi.advanceTimersByTime(1_000);
    model.change({ state: { title: "late" } });
    model.traitsArrive({ _n: 9 });
    model.commChanged();
    conversation.commands.drop(conversation.unacknowledged[0]?.id ?? "");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(draw).not.toHaveBeenCalled();
    expect(conversation.traits.session_state).toEqual({});
    expect(conversation.connectionReceivedAt).toBe(connectionReceivedAt);
    expect(model.sent).toHaveLength(before);
  });
});
