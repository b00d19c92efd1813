import { beforeEach, describe, expect, test, vi } from "vitest";
import { Kernel } from "../../src/model/kernel.ts";
import { testLifetime } from "../support/lifetimes.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

class Signal {
  slots = new Set<() => void>();
  connect(slot: () => void) {
    this.slots.add(slot);
  }
  disconnect(slot: () => void) {
    this.slots.delete(slot);
  }
  emit() {
    for (const slot of [...this.slots]) slot();
  }
}

const connectionOf = (status = "idle") => ({
  status,
  connectionStatus: "connected",
  statusChanged: new Signal(),
  connectionStatusChanged: new Signal(),
  disposed: new Signal(),
});
const signalsOf = (kernel: ReturnType<typeof connectionOf>) => [
  kernel.statusChanged,
  kernel.connectionStatusChanged,
  kernel.disposed,
];

function open() {
  const kernel = connectionOf();
  const manager: { kernel: ReturnType<typeof connectionOf> | null } = { kernel };
  const changed = vi.fn();
  const whole = testLifetime();
  const known = new Kernel(manager, changed, whole.signal);
  const becomes = (status: string) => {
    kernel.status = status;
    kernel.statusChanged.emit();
  };
  const link = (status: string) => {
    kernel.connectionStatus = status;
    kernel.connectionStatusChanged.emit();
  };
  return { kernel, manager, changed, known, becomes, link, end: whole.end };
}

describe("a model", () => {
  const found = async (model: unknown) => {
    const manager = { get_model: async () => model };
    const known = new Kernel(manager, vi.fn(), testLifetime().signal);
    await known.findComm("m1");
    return known;
  };

  test("without a comm is a stored one, until it hears from a kernel", async () => {
    const known = await found({ comm_live: false });
    expect(known.state(null)).toBe("saved");
    known.messageReceived();
    expect(known.state(null)).toBe("live");
  });

  test.each([[{ comm_live: true }], [{}], [null]])(
    "is live where the manager has %j",
    async (model) => {
      expect((await found(model)).state(null)).toBe("live");
    },
  );
});

describe("a kernel that this widget knew", () => {
  test.each(["dead", "terminating", "restarting", "autorestarting"])(
    "is gone once it is %s, and this is told at once",
    (status) => {
      const { known, becomes, changed } = open();
      known.messageReceived();
      becomes(status);
      expect(known.state(null)).toBe("stopped");
      expect(known.canResend).toBe(false);
      expect(changed).toHaveBeenCalledWith(false);
    },
  );

  test("is gone when the host puts another in its place, which is followed from then on", () => {
    const { known, kernel, manager } = open();
    known.messageReceived();
    const next = connectionOf("busy");
    manager.kernel = next;
    expect(known.state(null)).toBe("stopped");
    expect(signalsOf(kernel).map(({ slots }) => slots.size)).toEqual([0, 0, 0]);
    expect(signalsOf(next).map(({ slots }) => slots.size)).toEqual([1, 1, 1]);
    known.messageReceived();
    expect(known.state(0)).toBe("busy");
  });

  test("is gone when its comm closes while it is dead", () => {
    const { known, kernel, changed } = open();
    known.messageReceived();
    kernel.status = "dead";
    known.commChanged();
    kernel.status = "idle";
    expect(known.state(null)).toBe("stopped");
    expect(changed).toHaveBeenCalledWith(false);
  });

  test("is not gone when its comm is opened again while it lives", () => {
    const { known } = open();
    known.messageReceived();
    known.commChanged();
    expect(known.state(null)).toBe("live");
  });

  test("is told when the host disposes of it", () => {
    const { known, kernel, manager } = open();
    known.messageReceived();
    manager.kernel = null;
    kernel.disposed.emit();
    expect(known.state(null)).toBe("stopped");
  });
});

describe("how long an answer may take", () => {
  /** Whether a command that was never answered still waits after so many ms. */
  const waits = (known: Kernel, ms: number) => {
    const since = Date.now();
    return ["waiting", "busy"].includes(known.state(since - 60_000, since + ms));
  };

  test.each([
    [
      "a cell ended",
      ({ becomes }: ReturnType<typeof open>) => {
        becomes("busy");
        vi.advanceTimersByTime(60_000);
        becomes("idle");
        vi.advanceTimersByTime(400);
      },
    ],
    [
      "the link to it was cut",
      ({ link }: ReturnType<typeof open>) => {
        link("connecting");
        vi.advanceTimersByTime(60_000);
        link("connected");
      },
    ],
    [
      "the browser was offline",
      () => {
        vi.advanceTimersByTime(60_000);
        window.dispatchEvent(new Event("online"));
      },
    ],
    [
      "the kernel said anything",
      ({ known, becomes }: ReturnType<typeof open>) => {
        vi.advanceTimersByTime(60_000);
        known.messageReceived();
        vi.advanceTimersByTime(1);
        becomes("idle"); // it has handled something since
      },
    ],
  ])("is counted anew when %s", (_, happens) => {
    const opened = open();
    happens(opened);
    expect(waits(opened.known, 5_900)).toBe(true);
    expect(waits(opened.known, 6_100)).toBe(false);
  });
});

test("a link that is cut is looked at again when patience ends, and once only", () => {
  const { link, changed, known } = open();
  link("connecting");
  vi.advanceTimersByTime(1_499);
  expect(changed).not.toHaveBeenCalled();
  link("disconnected");
  vi.advanceTimersByTime(1);
  expect(changed.mock.calls).toEqual([[false]]);
  expect(known.state(null)).toBe("away");
});

test("a link that is back has a moment before the kernel counts as busy", () => {
  const { link, known } = open();
  known.messageReceived();
  link("connecting");
  vi.advanceTimersByTime(60_000);
  link("connected");
  const sent = Date.now() - 30_000;
  const back = Date.now();
  expect(known.state(sent, back + 5_900)).toBe("waiting");
  expect(known.state(sent, back + 6_100)).toBe("busy");
  known.messageReceived();
  expect(known.state(back, back + 1_500)).toBe("busy");
});

test("at its end no signal of the kernel's is listened to", () => {
  const { kernel, end } = open();
  expect(signalsOf(kernel).map(({ slots }) => slots.size)).toEqual([1, 1, 1]);
  end();
  expect(signalsOf(kernel).map(({ slots }) => slots.size)).toEqual([0, 0, 0]);
});
