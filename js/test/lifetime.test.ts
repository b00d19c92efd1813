import { describe, expect, test, vi } from "vitest";
import { atEnd, lifetime, listen, on, Timer } from "../src/lifetime.ts";
import { Kernel } from "../src/model/kernel.ts";
import { Parts } from "../src/model/parts.ts";
import type { Command, Connection, LogEvent } from "../src/model/types.ts";
import widget from "../src/widget.ts";
import { leftBehind, testLifetime } from "./support/lifetimes.ts";
import { MockModel } from "./support/mock.mjs";

describe("a lifetime", () => {
  test("ends by its own function, or with any of those around it", () => {
    for (const which of [0, 1, 2]) {
      const outer = [lifetime(), lifetime()];
      const inner = lifetime(outer[0]?.signal, undefined, outer[1]?.signal);
      const ended = vi.fn();
      atEnd(inner.signal, ended);
      [inner, ...outer][which]?.end();
      inner.end();
      expect(inner.signal.aborted).toBe(true);
      expect(ended).toHaveBeenCalledOnce();
    }
  });

  test("leaves no listener on a longer one around it", () => {
    const outer = lifetime();
    const added = vi.spyOn(outer.signal, "addEventListener");
    const inner = lifetime(outer.signal);
    const [, , options] = added.mock.calls[0] ?? [];
    expect((options as AddEventListenerOptions).signal).toBe(inner.signal);
  });

  test("within one that has ended has ended, and so has all that is begun in it", () => {
    vi.useFakeTimers();
    const outer = lifetime();
    outer.end();
    const { signal } = lifetime(outer.signal);
    const acts = vi.fn();
    const listeners = new Set<() => void>();
    const ended = vi.fn();
    atEnd(signal, ended);
    listen(listeners, acts, signal);
    on(window, "online", acts, signal);
    new Timer(signal).start(10, acts);
    expect(ended).toHaveBeenCalledOnce();
    expect(listeners.size).toBe(0);
    expect(leftBehind()).toEqual([]);
    window.dispatchEvent(new Event("online"));
    vi.advanceTimersByTime(100);
    expect(acts).not.toHaveBeenCalled();
  });
});

test("a timer calls the last of what it was given, unless it is stopped or its lifetime ends", () => {
  vi.useFakeTimers();
  const { signal, end } = testLifetime();
  const timer = new Timer(signal);
  const said: string[] = [];
  const start = (word: string) => timer.start(10, () => said.push(word));
  start("dropped");
  start("called");
  vi.advanceTimersByTime(20);
  start("stopped");
  timer.stop();
  vi.advanceTimersByTime(20);
  start("ended");
  end();
  vi.advanceTimersByTime(20);
  expect(said).toEqual(["called"]);
});

/** A kernel's signal that counts who connects to it, and calls them while they leave, as hosts may. */
class Signal {
  connects = 0;
  disconnects = 0;
  readonly slots = new Set<() => void>();
  connect(slot: () => void) {
    this.connects++;
    this.slots.add(slot);
  }
  disconnect(slot: () => void) {
    if (this.slots.delete(slot)) this.disconnects++;
  }
  emit() {
    for (const slot of [...this.slots]) slot();
  }
}

class KernelMock {
  status = "idle";
  connectionStatus = "connected";
  readonly statusChanged = new Signal();
  readonly connectionStatusChanged = new Signal();
  readonly disposed = new Signal();
  readonly signals = [this.statusChanged, this.connectionStatusChanged, this.disposed];

  becomes(status: string) {
    this.status = status;
    this.statusChanged.emit();
  }
  link(status: string) {
    this.connectionStatus = status;
    this.connectionStatusChanged.emit();
  }
}

test("what is known of a kernel connects to nothing and tells nobody once it has ended", () => {
  vi.useFakeTimers();
  const kernel = new KernelMock();
  const { signal, end } = testLifetime();
  for (const each of kernel.signals) each.connect(end); // before our own, which is called all the same
  const changed = vi.fn();
  const known = new Kernel({ kernel }, changed, signal);
  known.messageReceived();
  kernel.becomes("dead");
  kernel.link("disconnected");
  known.commChanged();
  expect(known.state(Date.now())).toBe("stopped");
  expect(known.canResend).toBe(false);
  vi.advanceTimersByTime(10_000);
  expect(changed).not.toHaveBeenCalled();
  for (const { slots } of kernel.signals) expect([...slots]).toEqual([end]);
});

/** A model that counts its listeners. */
class CountedModel extends MockModel {
  readonly listening: string[] = [];
  override on = ((name: string, callback: () => void) => {
    this.listening.push(name);
    MockModel.prototype.on.call(this, name as "change:_n", callback);
  }) as MockModel["on"];
  override off = ((name: string, callback: () => void) => {
    this.listening.splice(this.listening.indexOf(name), 1);
    MockModel.prototype.off.call(this, name as "change:_n", callback);
  }) as MockModel["off"];
}

type Hook = (props: object) => () => void;
type Chat = ReturnType<typeof open>;

const CONNECTION = new MockModel().get("connection");
/** A few more than are drawn at once. */
const HISTORY = Array.from({ length: 22 }, (_, i) => {
  const event = { seq: i + 1, id: `e${i}`, role: "notice", text: "x", at: 1, status: "complete" };
  return event as LogEvent;
});

/** A widget on the page, the kernel behind it, and the host around it. */
function open({ initialized = true, answers = true } = {}) {
  const kernels = [new KernelMock(), new KernelMock()] as const;
  const [kernel, successor] = kernels;
  const manager = { kernel };
  const view = { older: true, error: "NameError", lang: "de" };
  const model = new CountedModel({ history: HISTORY, _view: view }, { answers, manager });
  const definition = (widget as () => { initialize: Hook; render: Hook })();
  const life = testLifetime();
  const endModel = initialized ? definition.initialize({ model, signal: life.signal }) : life.end;
  const render = () => {
    const shown = testLifetime();
    const el = document.createElement("div");
    document.body.append(el);
    const endView = definition.render({ model, el, signal: shown.signal });
    return { root: el.shadowRoot as ShadowRoot, endView, endViewByHost: shown.end };
  };
  /** All that the kernel was ever asked is answered, again if it was. */
  const answer = () => {
    const answers = { file: { text: "", next: null }, part: "export default () => {}" };
    for (const { id, op } of model.sent as Command[])
      model.receive({ acks: [{ id, answer: answers[op as "part"] ?? "x" }] });
  };
  const becomes = (connection: Partial<Connection>) =>
    model.change({ connection: { ...CONNECTION, ...connection } });
  const connected = () => kernels.flatMap(({ signals }) => signals.map((s) => s.slots.size));
  const endModelByHost = life.end;
  return {
    ...{ model, kernel, successor, manager, render, answer, becomes, connected },
    ...{ endModel, endModelByHost, ...render() },
  };
}

/** All after which something is due later. */
const HAPPENS: Record<string, (chat: Chat) => unknown> = {
  nothing: () => undefined,
  "the kernel is busy": ({ kernel }) => kernel.becomes("busy"),
  "the kernel restarts": ({ kernel, model, answer }) => {
    answer();
    kernel.becomes("restarting");
    model.commChanged();
  },
  "another kernel comes": ({ manager, kernel, successor }) => {
    manager.kernel = successor;
    kernel.becomes("idle");
  },
  "the link to the kernel is cut": ({ kernel }) => kernel.link("connecting"),
  "the link to the kernel is cut twice": ({ kernel }) => {
    for (const status of ["connecting", "connected", "disconnected"]) kernel.link(status);
  },
  "the tutor is away, then back": async ({ model, becomes }) => {
    model.change({ queue: [{ id: "m", text: "x", at: 1, status: "queued", reason: "" }] });
    becomes({ status: "reconnecting", since: 0 });
    await vi.advanceTimersByTimeAsync(0);
    becomes({});
  },
  "a countdown runs": ({ becomes }) =>
    becomes({ status: "connecting", retry_at: CONNECTION.now + 9_000 }),
  "a reply streams": ({ model }) =>
    model.change({ reply: { re: "m", id: "t", from: 0, text: "word ".repeat(50) } }),
  "a message is typed and sent": ({ root }) => {
    const field = root.querySelector("textarea") as HTMLTextAreaElement;
    field.value = "hello";
    field.dispatchEvent(new Event("input"));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", cancelable: true }));
  },
  "something is asked of the kernel": ({ root }) => {
    for (const selector of [".older", ".menu", ".share"])
      root.querySelector<HTMLElement>(selector)?.click();
  },
  "the words change": ({ model }) => model.traitsArrive({ _words: null, _n: 1 }),
};

const ENDS: Record<string, (chat: Chat) => void> = {
  "by the host's signal": ({ endModelByHost }) => endModelByHost(),
  "by what initialize returned": ({ endModel }) => endModel(),
  "by the view, then the model": ({ endView, endModel }) => {
    endView();
    endModel();
  },
  "by the model, then the view": ({ endViewByHost, endModel }) => {
    endModel();
    endViewByHost();
  },
};

/** Before and after what is due at once, after 30, 400, 500, 1,000, 1,500 and 5,000 ms. */
const MOMENTS = [0, 10, 399, 450, 1_200, 4_000];

/** Kernel, host and browser have news of every kind. */
function news({ kernel, successor, model, answer }: Chat): void {
  for (const each of [kernel, successor]) {
    each.becomes("busy");
    each.becomes("idle");
    each.link("disconnected");
    each.link("connected");
  }
  model.commChanged();
  answer();
  model.change({ state: { title: "news" } });
  for (const name of ["online", "offline", "pagehide"]) window.dispatchEvent(new Event(name));
  document.dispatchEvent(new Event("visibilitychange"));
}

/** What still could act, of a chat that has ended; and what it did after `sent` commands. */
const remains = ({ model, root, connected }: Chat, sent: number) => ({
  left: leftBehind(),
  listening: model.listening,
  connected: connected(),
  sent: model.sent.slice(sent),
  drawn: root.childElementCount,
  spoken: document.querySelectorAll(".tutor-widget-live-regions").length,
});
const NOTHING = {
  left: [],
  listening: [],
  connected: [0, 0, 0, 0, 0, 0],
  sent: [],
  drawn: 0,
  spoken: 0,
};

describe.each(Object.entries(HAPPENS))("once a chat has ended after this: %s", (_, happens) => {
  test.each(Object.entries(ENDS))("nothing of it acts, when it ended %s", async (_, end) => {
    vi.useFakeTimers();
    for (const moment of MOMENTS) {
      const chat = open({ answers: moment % 20 === 0 });
      await happens(chat);
      await vi.advanceTimersByTimeAsync(moment);
      end(chat);
      const sent = chat.model.sent.length;
      expect(remains(chat, sent), `at once, after ${moment} ms`).toEqual(NOTHING);
      for (const later of [0, 10_000]) {
        news(chat);
        await vi.advanceTimersByTimeAsync(later);
        expect(remains(chat, sent), `later, after ${moment} ms`).toEqual(NOTHING);
      }
      for (const { connects, disconnects } of chat.kernel.signals)
        expect([connects > 0, disconnects]).toEqual([true, connects]);
    }
  });

  test("a view of it leaves nothing in one that goes on", async () => {
    vi.useFakeTimers();
    for (const moment of [0, 450]) {
      const chat = open();
      await vi.advanceTimersByTimeAsync(60_000);
      const before = { left: leftBehind(), listening: [...chat.model.listening] };
      const view = chat.render();
      await happens({ ...chat, ...view });
      await vi.advanceTimersByTimeAsync(moment);
      view.endView();
      await vi.advanceTimersByTimeAsync(60_000);
      expect(view.root.childElementCount).toBe(0);
      // What the model itself waits for, such as a countdown, is none of a view's.
      const left = leftBehind().filter((each) => !each.includes("fake timers"));
      const ofModel = before.left.filter((each) => !each.includes("fake timers"));
      expect({ left, listening: chat.model.listening }).toEqual({ ...before, left: ofModel });
      chat.endModel();
      expect(remains(chat, chat.model.sent.length)).toEqual(NOTHING);
    }
  });
});

test("where a host does not initialize, all ends with the last view, and begins with the next", () => {
  vi.useFakeTimers();
  const chat = open({ initialized: false });
  const second = chat.render();
  chat.endView();
  expect(chat.connected()).toEqual([1, 1, 1, 0, 0, 0]);
  second.endViewByHost();
  expect(remains(chat, chat.model.sent.length)).toEqual(NOTHING);
  const third = chat.render();
  expect(chat.connected()).toEqual([1, 1, 1, 0, 0, 0]);
  expect(third.root.querySelectorAll(".message").length).toBeGreaterThan(0);
  third.endView();
  expect(remains(chat, chat.model.sent.length)).toEqual(NOTHING);
});

test("a part that comes when its view has ended is not used", async () => {
  vi.useFakeTimers();
  const [used, came] = [vi.fn(() => () => undefined), vi.fn()];
  const part = { default: used, style: "" };
  vi.spyOn(Parts.prototype, "load").mockImplementation(
    () => new Promise((resolve) => came.mockImplementation(() => resolve(part))) as never,
  );
  for (const selector of [".menu", ".share"]) {
    for (const ended of [false, true]) {
      const chat = open();
      used.mockClear();
      chat.root.querySelector<HTMLElement>(selector)?.click();
      chat.answer();
      if (ended) chat.endView();
      came();
      await vi.advanceTimersByTimeAsync(10);
      expect(used, `${selector}, ended: ${ended}`).toHaveBeenCalledTimes(ended ? 0 : 1);
      chat.endModel();
    }
  }
});
