import { describe, expect, test, vi } from "vitest";
import { Conversation } from "../../src/model/conversation.ts";
import { GRACE_PERIOD, Kernel } from "../../src/model/kernel.ts";
import type { Connection } from "../../src/model/types.ts";
import { type Facts, secondsToRetry, situation } from "../../src/status/situation.ts";
import { Tracker } from "../../src/status/tracker.ts";
import { english } from "../../src/words.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

const words = english;
const START = 1_000_000;

function facts(connection: Partial<Connection> = {}, others: Partial<Facts> = {}): Facts {
  const whole: Connection = {
    status: "connected",
    since: 0,
    attempt: 0,
    retry_at: null,
    now: 0,
    reason: "",
    advice: "",
    server: "wss://x",
    outage: null,
    ...connection,
  };
  return {
    now: START,
    connection: whole,
    receivedAt: START,
    kernel: "live",
    online: true,
    unacknowledgedSince: null,
    isMessageStuck: false,
    waiting: new Set(),
    isCommitted: () => false,
    ...others,
  };
}

describe("the words of each situation", () => {
  const stuck = { unacknowledgedSince: START - 1_500 };
  const cases: [string, Facts][] = [
    ["Connecting…", facts({ status: "connecting" })],
    ["Connected", facts()],
    ["Reconnecting…", facts({ status: "reconnecting" })],
    ["Reconnecting, next try in 4 s", facts({ status: "reconnecting", now: 100, retry_at: 4_100 })],
    [
      "Reconnecting, 2 messages waiting",
      facts({ status: "reconnecting", retry_at: 4_000 }, { waiting: new Set(["a", "b"]) }),
    ],
    [
      "Reconnecting, 1 message waiting",
      facts({ status: "reconnecting" }, { waiting: new Set("a") }),
    ],
    [
      "You are offline. Your messages wait here.",
      facts({ status: "reconnecting" }, { online: false }),
    ],
    ["You are offline. Your messages wait here.", facts({}, { online: false, ...stuck })],
    [
      "A cell is running. Your message goes out when it ends.",
      facts({}, { kernel: "busy", isMessageStuck: true, ...stuck }),
    ],
    [
      "A cell is running. What you pressed happens when it ends.",
      facts({}, { kernel: "busy", ...stuck }),
    ],
    ["Waiting for the notebook’s kernel…", facts({}, { kernel: "waiting", ...stuck })],
    [
      "The notebook’s kernel has stopped. Run this cell again to go on.",
      facts({}, { kernel: "stopped" }),
    ],
    ["A saved conversation. Run this cell to go on.", facts({}, { kernel: "saved" })],
    ["Please sign in again", facts({ status: "failed", reason: "Please sign in again" })],
    ["Disconnected", facts({ status: "closed" })],
  ];
  test.each(cases)("%s", (expected, seen) => {
    expect(situation(seen, words).words).toBe(expected);
  });

  test("a message that has waited for less than 1.5 s is worth no word", () => {
    const young = facts({}, { kernel: "busy", unacknowledgedSince: START - 1_400 });
    expect(situation(young, words).kind).toBe("connected");
  });

  test("offline, a tutor on this machine that answers is no trouble", () => {
    expect(situation(facts({}, { online: false }), words).kind).toBe("connected");
  });

  test("the countdown counts differences: the kernel's clock may be years away", () => {
    const seen = facts({ now: 5_000_000_000_000, retry_at: 5_000_000_004_000 });
    expect(secondsToRetry(seen)).toBe(4);
    expect(secondsToRetry({ ...seen, now: START + 1_100 })).toBe(3);
    expect(secondsToRetry({ ...seen, now: START + 9_000 })).toBeNull();
  });
});

describe("patience", () => {
  /** An outage that began when it was seen, looked at `after` ms. */
  const outage = (after: number, waiting = new Set<string>()) =>
    facts({ status: "reconnecting" }, { now: START + after, receivedAt: START, waiting });
  const back = (after: number) => facts({}, { now: START + after, receivedAt: START + after });

  test("a blip is invisible", () => {
    const tracker = new Tracker();
    expect(tracker.see(outage(0), words)).toMatchObject({
      shown: { kind: "connected" },
      checkAfter: 1_500,
    });
    expect(tracker.see(outage(1_400), words)).toMatchObject({ checkAfter: 100 });
    expect(tracker.see(back(1_450), words).shown.words).toBe("Connected");
  });

  test("an outage is shown after 1.5 s, and the return for 4 s", () => {
    const tracker = new Tracker();
    tracker.see(outage(0), words);
    expect(tracker.see(outage(1_500), words).shown.words).toBe("Reconnecting…");
    expect(tracker.see(back(2_000), words).shown.words).toBe("Reconnected");
    expect(tracker.see(back(5_900), words).shown.words).toBe("Reconnected");
    expect(tracker.see(back(6_000), words).shown.words).toBe("Connected");
  });

  test("one that was going on before is shown at once", () => {
    const seen = facts({ status: "reconnecting", since: 0, now: 60_000 });
    expect(new Tracker().see(seen, words).shown.words).toBe("Reconnecting…");
  });

  test("the messages that waited through it are counted as they are sent", () => {
    const tracker = new Tracker();
    tracker.see(outage(0, new Set(["a", "b"])), words);
    tracker.see(outage(2_000, new Set(["a", "b"])), words);
    const half = {
      ...back(2_100),
      waiting: new Set(["b"]),
      isCommitted: (id: string) => id === "a",
    };
    expect(tracker.see(half, words).shown.words).toBe("Reconnected, 1 message sent");
    const whole = { ...back(2_200), isCommitted: () => true };
    expect(tracker.see(whole, words).shown.words).toBe("Reconnected, 2 messages sent");
  });

  test("what was taken back or refused meanwhile does not count as sent", () => {
    const tracker = new Tracker();
    tracker.see(outage(0, new Set(["a", "b", "c"])), words);
    tracker.see(outage(2_000, new Set(["b", "c"])), words);
    const isCommitted = (id: string) => id === "b";
    const shown = tracker.see({ ...back(2_100), isCommitted }, words).shown;
    expect(shown.words).toBe("Reconnected, 1 message sent");
  });

  test("it asks to be asked only where something will change", () => {
    expect(new Tracker().see(facts(), words).checkAfter).toBeNull();
    expect(
      new Tracker().see(facts({}, { unacknowledgedSince: START - 500 }), words).checkAfter,
    ).toBe(1_000);
    const counting = facts({ status: "connecting", retry_at: 9_000 });
    expect(new Tracker().see(counting, words).checkAfter).toBe(1_000);
  });
});

describe("what is known of the kernel", () => {
  class Signal {
    slots = new Set<() => void>();
    connect(slot: () => void) {
      this.slots.add(slot);
    }
    disconnect(slot: () => void) {
      this.slots.delete(slot);
    }
    emit() {
      for (const slot of this.slots) slot();
    }
  }

  function watched(status = "idle", connectionStatus = "connected") {
    const kernel = {
      status,
      connectionStatus,
      statusChanged: new Signal(),
      connectionStatusChanged: new Signal(),
    };
    const manager: { kernel: typeof kernel | null } = { kernel };
    const changed = vi.fn();
    const { signal, end } = testLifetime();
    const known = new Kernel(manager, changed, signal);
    const becomes = (next: string) => {
      kernel.status = next;
      kernel.statusChanged.emit();
    };
    return { kernel, manager, known, becomes, changed, end };
  }

  test("without a kernel a notebook holds a saved conversation", () => {
    const { manager, known } = watched();
    manager.kernel = null;
    expect(known.state(null)).toBe("saved");
  });

  test("a kernel that was there and is gone has stopped, whatever comes after it", () => {
    const { known, becomes } = watched();
    known.messageReceived();
    becomes("restarting");
    becomes("idle");
    expect(known.state(null)).toBe("stopped");
    known.messageReceived();
    expect(known.state(null)).toBe("live");
  });

  test("a busy kernel that does not answer is running a cell", () => {
    vi.useFakeTimers();
    const { known, becomes, changed } = watched();
    becomes("busy");
    vi.advanceTimersByTime(500);
    expect(known.state(null)).toBe("live");
    expect(known.state(Date.now())).toBe("busy");
    expect(known.canResend).toBe(false);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  test("a kernel that is busy for a moment is not, nor idle for a moment", () => {
    vi.useFakeTimers();
    const { known, becomes, changed } = watched();
    for (const settled of ["idle", "busy"]) {
      becomes(settled);
      vi.advanceTimersByTime(500);
      const calls = changed.mock.calls.length;
      for (const status of ["busy", "idle", "busy", "idle", settled]) {
        becomes(status);
        vi.advanceTimersByTime(100);
        expect(known.state(Date.now()) === "busy").toBe(settled === "busy");
      }
      vi.advanceTimersByTime(500);
      expect(changed).toHaveBeenCalledTimes(calls);
    }
  });

  test("an idle kernel that leaves a command unanswered for long does not know this widget", () => {
    const { known } = watched();
    const long = Date.now() + 7_000;
    expect(known.state(Date.now(), long - 5_000)).toBe("waiting");
    expect(known.state(Date.now(), long)).toBe("saved");
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    expect(known.state(Date.now(), long)).toBe("waiting");
  });

  test("one that was heard from stands still, for all that is known, until it handles something", () => {
    vi.useFakeTimers();
    const { known, becomes } = watched();
    known.messageReceived();
    const sent = Date.now();
    const hour = sent + 3_600_000;
    expect(known.state(sent, hour)).toBe("busy");
    vi.advanceTimersByTime(5_000); // the command is sent again, and handled: nothing knows of it
    becomes("busy");
    becomes("idle");
    expect(known.state(sent, sent + 5_900)).toBe("busy");
    expect(known.state(sent, sent + 6_100)).toBe("stopped");
    expect(known.state(Date.now() + 1, hour)).toBe("busy"); // that was sent later
    known.messageReceived();
    expect(known.state(sent, hour)).toBe("busy");
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    expect(known.state(sent, hour)).toBe("busy");
  });

  test("a host that tells nothing is taken for dead only where no kernel ever spoke", () => {
    const { signal } = testLifetime();
    const throwing = new Proxy(
      {},
      {
        has: () => {
          throw new Error("no");
        },
        get: () => {
          throw new Error("no");
        },
      },
    );
    for (const manager of [undefined, {}, throwing]) {
      const known = new Kernel(manager, () => {}, signal);
      expect(known.state(null)).toBe("live");
      expect(known.state(0)).toBe("waiting");
      expect(known.state(0, Date.now() + 7_000)).toBe("saved");
      known.messageReceived();
      expect(known.state(0, Date.now() + 7_000)).toBe("busy");
    }
  });

  test("a host that tells nothing is not taken for dead where a kernel wrote a moment ago", () => {
    vi.useFakeTimers();
    for (const [age, then] of [
      [0, "waiting"],
      [59_000, "waiting"],
      [61_000, "saved"],
      [-3_600_000, "saved"],
    ] as const) {
      const connection = { now: Date.now() - age };
      const model = new MockModel({ connection }, { answers: false });
      const conversation = new Conversation(model, testLifetime().signal);
      conversation.show("v", true);
      expect(conversation.kernelState()).toBe("waiting");
      vi.advanceTimersByTime(3_600_000);
      expect([age, conversation.kernelState()]).toEqual([age, then]);
    }
  });

  test("a link that is cut is told after a while, and at once when it is back", () => {
    vi.useFakeTimers();
    const { known, kernel, changed, end } = watched();
    const link = (status: string) => {
      kernel.connectionStatus = status;
      kernel.connectionStatusChanged.emit();
    };
    link("connecting");
    expect(known.canResend).toBe(false);
    expect(known.state(null)).toBe("live");
    vi.advanceTimersByTime(GRACE_PERIOD);
    expect(known.state(null)).toBe("away");
    link("disconnected");
    expect(known.state(null)).toBe("away");
    changed.mockClear();
    link("connected");
    expect(changed.mock.calls).toEqual([[true]]);
    expect(known.state(null)).toBe("live");
    end();
    expect(kernel.statusChanged.slots.size).toBe(0);
  });
});
