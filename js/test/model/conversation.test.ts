/** What a conversation asks of the kernel, what it believes, and what it leaves behind. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { Request } from "../../src/model/types.ts";
import { openConversation as open } from "../support/conversations.ts";
import { connection, event } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

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
