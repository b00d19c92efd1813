/** The situation over time: what is shown of an outage, of the return, and of what stands in the way. */
import { describe, expect, test } from "vitest";
import type { Connection } from "../../src/model/types.ts";
import { type Facts, secondsToRetry, situation, timeInStatus } from "../../src/status/situation.ts";
import { Tracker } from "../../src/status/tracker.ts";
import { english } from "../../src/words.ts";
import { connection } from "../support/fixtures.ts";

const START = 1_000_000;

/** The facts `after` ms, the connection being as it is since then. */
const facts = (
  after: number,
  status: Connection["status"],
  { given = {}, ...more }: Partial<Facts> & { given?: Partial<Connection> } = {},
): Facts => ({
  now: START + after,
  connection: connection(status, { since: 0, now: 0, ...given }),
  receivedAt: START + after,
  kernel: "live",
  online: true,
  unacknowledgedSince: null,
  isMessageStuck: false,
  waiting: new Set(),
  isCommitted: () => false,
  ...more,
});
const shown = (tracker: Tracker, seen: Facts) => tracker.see(seen, english).shown.words;

describe("the countdown", () => {
  test("counts whole seconds down to one, and then there is none", () => {
    const seen = facts(0, "reconnecting", { given: { now: 0, retry_at: 2_000 } });
    const at = (ms: number) => secondsToRetry({ ...seen, now: START + ms });
    expect([0, 1, 999, 1_000, 1_999, 2_000].map(at)).toEqual([2, 2, 2, 1, 1, null]);
  });

  test("and how long it has lasted goes on while nothing is heard", () => {
    const seen = facts(0, "reconnecting", { given: { since: 1_000, now: 5_000 } });
    expect(timeInStatus(seen)).toBe(4_000);
    expect(timeInStatus({ ...seen, now: START + 3_000 })).toBe(7_000);
    // A kernel's clock that was set back makes nothing last less than nothing.
    expect(timeInStatus(facts(0, "connected", { given: { since: 9_000, now: 5_000 } }))).toBe(0);
  });
});

describe("the first hop", () => {
  const stuck = { unacknowledgedSince: START - 1_500 };
  test.each<[string, Facts]>([
    ["waiting", facts(0, "connected", { kernel: "away" })],
    ["connected", facts(0, "connected", { kernel: "waiting" })],
    ["waiting", facts(0, "connected", { kernel: "waiting", ...stuck })],
    ["connected", facts(0, "connected", { kernel: "busy" })],
    ["busy", facts(0, "connected", { kernel: "busy", ...stuck })],
    ["offline", facts(0, "connected", { kernel: "away", online: false })],
    ["saved", facts(0, "reconnecting", { kernel: "saved", online: false })],
    ["stopped", facts(0, "reconnecting", { kernel: "stopped", online: false })],
  ])("is %s", (kind, seen) => {
    expect(situation(seen, english).kind).toBe(kind);
  });

  test("what is fatal has words, also where the server gave no reason", () => {
    expect(situation(facts(0, "failed"), english).words).toBe("No connection to the tutor");
  });
});

describe("the tracker", () => {
  test("counts for a return only what waited through the outage before it", () => {
    const tracker = new Tracker();
    const isCommitted = () => true;
    tracker.see(facts(0, "reconnecting", { waiting: new Set(["a"]) }), english);
    tracker.see(facts(2_000, "reconnecting"), english);
    expect(shown(tracker, facts(2_100, "connected", { isCommitted }))).toBe(
      "Reconnected, 1 message sent",
    );
    expect(shown(tracker, facts(6_100, "connected", { isCommitted }))).toBe("Connected");
    tracker.see(facts(7_000, "reconnecting", { waiting: new Set(["b"]) }), english);
    tracker.see(facts(9_000, "reconnecting"), english);
    expect(shown(tracker, facts(9_100, "connected", { isCommitted }))).toBe(
      "Reconnected, 1 message sent",
    );
  });

  test("shows a second outage within the celebration as patiently as the first", () => {
    const tracker = new Tracker();
    tracker.see(facts(0, "reconnecting"), english);
    tracker.see(facts(2_000, "reconnecting"), english);
    expect(shown(tracker, facts(2_100, "connected"))).toBe("Reconnected");
    expect(shown(tracker, facts(2_500, "reconnecting"))).toBe("Connected");
    expect(shown(tracker, facts(3_000, "connected"))).toBe("Connected");
  });

  test("celebrates no return that something fatal came between", () => {
    const tracker = new Tracker();
    tracker.see(facts(0, "reconnecting"), english);
    tracker.see(facts(2_000, "reconnecting"), english);
    tracker.see(facts(2_100, "connected"), english);
    expect(shown(tracker, facts(2_200, "closed"))).toBe("Disconnected");
    expect(shown(tracker, facts(2_300, "connected"))).toBe("Connected");
  });

  test("once it showed an outage goes on doing so, whatever is said of its beginning", () => {
    const tracker = new Tracker();
    tracker.see(facts(0, "reconnecting"), english);
    const given = { since: 5_000, now: 5_000 };
    expect(shown(tracker, facts(1_500, "reconnecting", { given }))).toBe("Reconnecting…");
  });

  test("looks again where a kernel that does not answer may turn out to be none", () => {
    const seen = facts(0, "connected", { kernel: "waiting", unacknowledgedSince: START - 5_000 });
    expect(new Tracker().see(seen, english).checkAfter).toBe(1_000);
    expect(new Tracker().see({ ...seen, kernel: "busy" }, english).checkAfter).toBe(1_000);
    expect(new Tracker().see({ ...seen, kernel: "live" }, english).checkAfter).toBeNull();
  });

  test("ticks through an outage only while something counts down", () => {
    const given = { since: -9_000, now: 0 };
    const again = (retry_at: number | null) =>
      new Tracker().see(facts(0, "reconnecting", { given: { ...given, retry_at } }), english)
        .checkAfter;
    expect([again(5_000), again(null)]).toEqual([1_000, null]);
  });
});
