import { beforeEach, describe, expect, test, vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import { Watch } from "../../src/status/watch.ts";
import { english } from "../../src/words.ts";
import { connection, item } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

beforeEach(() => {
  vi.useFakeTimers();
});

function open(status: "connected" | "connecting" | "reconnecting" = "connected", words = english) {
  const manager = { kernel: { status: "idle" } };
  const given = { status, connection: connection(status) };
  const model = new MockModel(given, { answers: false, manager });
  const whole = testLifetime();
  const conversation = new Conversation(model, whole.signal);
  const watch = new Watch(conversation, () => words, whole.signal);
  /** The kernel says how things stand. */
  const hear = async (...now: Parameters<typeof connection>) => {
    model.change({ connection: connection(...now) });
    await vi.advanceTimersByTimeAsync(1);
  };
  const show = () => {
    conversation.show("v", true);
    model.receive({ acks: model.ops("view").map(({ id }) => ({ id })) });
  };
  const visible = (state: "visible" | "hidden") => {
    vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  return { model, conversation, watch, hear, show, visible, end: whole.end };
}

const online = () => window.dispatchEvent(new Event("online"));

describe("news of the browser", () => {
  test.each(["connecting", "reconnecting"] as const)(
    "nudge a kernel that is %s: that it is online, and that the page is seen again",
    (status) => {
      const { model, show, visible } = open(status);
      show();
      online();
      visible("hidden");
      visible("visible");
      expect(model.ops("nudge")).toMatchObject([{ why: "online" }, { why: "visible" }]);
    },
  );

  test("nudge no kernel whose chat no page shows, and none that waits for nothing", () => {
    const hidden = open("reconnecting");
    online();
    expect(hidden.model.ops("nudge")).toEqual([]);
    hidden.end();
    const well = open("connected");
    well.show();
    online();
    expect(well.model.ops("nudge")).toEqual([]);
  });

  test("have this page say what it holds: changes may have been lost while it was offline", () => {
    const { model, show } = open();
    show();
    online();
    expect(model.ops("view")).toHaveLength(2);
    window.dispatchEvent(new Event("offline"));
    expect(model.ops("view")).toHaveLength(2);
  });

  test("that it is offline are shown at once", async () => {
    const { watch, hear } = open();
    await hear("reconnecting", { since: 0, now: 60_000 });
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    expect(watch.shown.kind).toBe("reconnecting");
    window.dispatchEvent(new Event("offline"));
    expect(watch.shown.kind).toBe("offline");
  });
});

describe("chats of one conversation", () => {
  /** All that is posted to the other tabs, delivered at once. */
  function tabs() {
    const all = new Set<EventTarget>();
    class Channel extends EventTarget {
      constructor() {
        super();
        all.add(this);
      }
      postMessage(data: unknown) {
        for (const each of all)
          if (each !== this) each.dispatchEvent(Object.assign(new Event("message"), { data }));
      }
      close() {
        all.delete(this);
      }
    }
    vi.stubGlobal("BroadcastChannel", Channel);
  }

  /** A chat that is shown, and whose kernel was heard from. */
  async function shown() {
    const chat = open();
    chat.show();
    await chat.hear("connected");
    return chat;
  }
  const kinds = (...chats: Awaited<ReturnType<typeof shown>>[]) =>
    chats.map(({ watch }) => watch.shown.kind);

  test("agree within 2 s that the kernel does not answer, and that it does again", async () => {
    tabs();
    const [typing, idle] = [await shown(), await shown()];
    const id = typing.conversation.request({ op: "say", text: "x" });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(kinds(typing, idle)).toEqual(["busy", "connected"]);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(kinds(typing, idle)).toEqual(["busy", "busy"]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(kinds(typing, idle)).toEqual(["busy", "busy"]);
    typing.model.receive({ acks: [{ id }, ...typing.model.ops("view").map((each) => each)] });
    idle.model.receive({ acks: idle.model.ops("view").map((each) => ({ id: each.id })) });
    await vi.advanceTimersByTimeAsync(1);
    expect(kinds(typing, idle)).toEqual(["connected", "connected"]);
  });

  test("agree still when this page catches up with the kernel", async () => {
    tabs();
    const [typing, idle] = [await shown(), await shown()];
    typing.conversation.request({ op: "say", text: "x" });
    await vi.advanceTimersByTimeAsync(3_000);
    idle.conversation.catchUp();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(kinds(typing, idle)).toEqual(["busy", "busy"]);
  });

  test("each look for themselves where the browser refuses them a channel", async () => {
    vi.stubGlobal("BroadcastChannel", function refuse() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    });
    const chat = await shown();
    chat.conversation.request({ op: "say", text: "x" });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(kinds(chat)).toEqual(["busy"]);
    chat.end();
  });

  test("of another one hear nothing, and one whose kernel answers says nothing", async () => {
    tabs();
    const [typing, other] = [await shown(), await shown()];
    other.model.change({ view: { key: "other" } });
    typing.conversation.request({ op: "say", text: "x" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(kinds(other)).toEqual(["connected"]);
    expect(other.model.ops("view")).toHaveLength(1);
  });

  test("are offline within 15 s though nothing is said, unless the kernel answers", async () => {
    const [away, near] = [await shown(), await shown()];
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    window.dispatchEvent(new Event("offline"));
    near.model.receive({ acks: near.model.ops("view").map(({ id }) => ({ id })) });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(kinds(away, near)).toEqual(["offline", "connected"]);
  });
});

describe("the facts", () => {
  test("of what waits count each message once, and none that failed or was refused", () => {
    const { model, conversation, watch } = open();
    const waits = conversation.request({ op: "say", text: "waits" });
    const refused = conversation.request({ op: "say", text: "refused" });
    model.receive({ acks: [{ id: refused, error: "The queue is full." }] });
    model.set("queue", [item("q", "queued"), item("f", "failed"), item(waits, "saving")]);
    expect([...watch.facts.waiting].sort()).toEqual(["q", waits].sort());
    expect(watch.facts.isCommitted("q")).toBe(false);
  });

  test("tell since when what was pressed waits for the kernel, and not what the page asks itself", () => {
    const { conversation, watch, model } = open();
    conversation.show("v", true);
    conversation.request({ op: "words", languages: ["de"] });
    conversation.request({ op: "notebook", holds: null, path: "Lists.ipynb" });
    for (const name of ["math", "notebook", "python", "unseen"])
      conversation.request({ op: "part", name });
    expect(watch.facts).toMatchObject({ unacknowledgedSince: null, isMessageStuck: false });
    const now = Date.now();
    const pressed = [
      conversation.request({ op: "context", of: "cell" }),
      conversation.request({ op: "part", name: "menu" }),
    ];
    expect(watch.facts).toMatchObject({ unacknowledgedSince: now, isMessageStuck: false });
    model.receive({ acks: pressed.map((id) => ({ id })) });
    vi.advanceTimersByTime(1);
    conversation.request({ op: "say", text: "x" });
    expect(watch.facts).toMatchObject({ unacknowledgedSince: now + 1, isMessageStuck: true });
  });

  test("say what the kernel says in the reader's language", async () => {
    const sentences = { http_status: "Er war fort ({status})." };
    const advice = { http_status: "Öffne den Hub." };
    const { watch, hear } = open("connected", { ...english, sentences, advice });
    const given = { reason: "It was away (404).", code: "http_status", args: { status: 404 } };
    await hear("failed", { ...given, advice: "Open the hub." });
    expect(watch.facts.connection).toMatchObject({
      reason: "Er war fort (404).",
      advice: "Öffne den Hub.",
    });
    expect(watch.shown.words).toBe("Er war fort (404).");
  });

  test("advise nothing where the kernel does not", async () => {
    const { watch, hear } = open("connected");
    await hear("reconnecting", { reason: "Code 1002.", code: "not_understood", advice: "" });
    expect(watch.facts.connection.advice).toBe("");
  });

  test("believe nothing of the connection until the kernel spoke in this page", async () => {
    const { watch, hear } = open("connected");
    expect(watch.shown.kind).toBe("connecting");
    await hear("connected");
    expect(watch.shown.kind).toBe("connected");
  });
});

describe("a countdown", () => {
  test("is drawn each second, with one timer, and sends nothing", async () => {
    const { model, watch, hear } = open("connecting");
    const seen: string[] = [];
    await hear("connecting", { now: 0, retry_at: 4_000 });
    watch.subscribe(() => seen.push(watch.shown.words), testLifetime().signal);
    for (let i = 0; i < 3; i++) watch.refresh();
    seen.length = 0;
    await vi.advanceTimersByTimeAsync(3_100);
    expect(seen).toEqual([3, 2, 1].map((n) => `Connecting, next try in ${n} s`));
    expect(model.sent).toEqual([]);
  });

  test("ends with the widget: no timer and no listener is left", async () => {
    const { model, watch, hear, show, visible, end } = open("reconnecting");
    show();
    await hear("reconnecting", { now: 0, since: -5_000, retry_at: 60_000 });
    const drawn = vi.fn();
    watch.subscribe(drawn, testLifetime().signal);
    end();
    online();
    visible("visible");
    window.dispatchEvent(new Event("offline"));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(drawn).not.toHaveBeenCalled();
    expect(model.ops("nudge")).toEqual([]);
  });
});
