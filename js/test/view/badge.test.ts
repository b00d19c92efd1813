import { beforeEach, describe, expect, test, vi } from "vitest";
import { connection, item } from "../support/fixtures.ts";
import { open, press, settled, type } from "../support/page.ts";

/** What the open details say, by the row's name. */
function facts(view: ReturnType<typeof open>): Record<string, string> {
  const rows = view.$$("dl > div:not([hidden])").map((row) => {
    const [name, value] = [...row.children].map((cell) => cell.textContent ?? "");
    return [name, value];
  });
  return Object.fromEntries(rows);
}

/** A page whose kernel said how the connection stands, with the details open. */
async function opened(...given: Parameters<typeof connection>) {
  const view = open({}, { manager: { kernel: { status: "idle" } } });
  view.model.change({ connection: connection(...given) });
  await settled();
  view.$(".badge").click();
  return view;
}

describe("the details", () => {
  test.each([
    [24, "24 s"],
    [600, "10 min"],
  ])("after an outage of %i s say that it lasted %s", async (outage, words) => {
    expect(facts(await opened("connected", { outage }))["Last outage"]).toBe(words);
  });

  test("while all is well say so, and nothing of tries or of what happened", async () => {
    const view = await opened("connected", { reason: "It was away.", attempt: 3, retry_at: 1 });
    expect(Object.keys(facts(view))).toEqual(["Server", "Kernel", "Since", "What to do"]);
    expect(facts(view)).toMatchObject({
      Kernel: "answers",
      Server: "wss://hub.example.edu/services/tutor/",
      "What to do": "Nothing: all is well.",
    });
  });

  test("in an outage tell the attempt, the next try, what waits and what happened", async () => {
    const reason = "The server closed the connection.";
    const given = { since: 0, now: 60_000, attempt: 2, retry_at: null, reason, outage: 9 };
    const view = open({ queue: [item("a", "queued"), item("b", "queued")] });
    view.model.change({ connection: connection("reconnecting", given) });
    await settled();
    view.$(".badge").click();
    const { Since, Kernel: _, Server: __, ...others } = facts(view);
    expect(others).toEqual({
      Attempt: "2",
      "Next try": "now",
      "Messages waiting": "2",
      "What happened": reason,
      "What to do": "Nothing: it comes back by itself.",
    });
    expect(Since).toContain("(60 s)");
  });

  test("since when is counted back from now, by this browser's clock", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date(2026, 0, 2, 12, 0) });
    const { Since } = facts(await opened("connected", { since: 0, now: 600_000 }));
    expect(Since).toBe("11:50 (10 min)");
  });

  test("of what is final, say the step to take and no next try", async () => {
    const view = await opened("failed", { reason: "Please sign in.", advice: "Open the hub." });
    expect(facts(view)).toMatchObject({
      "What happened": "Please sign in.",
      "What to do": "Open the hub.",
    });
    expect(facts(view)).not.toHaveProperty("Next try");
  });

  test("where the kernel is what is missing, say what to do about that", async () => {
    const view = open({}, { answers: false, manager: { kernel: null } });
    view.$(".badge").click();
    expect(facts(view)).toMatchObject({
      Kernel: "is not running",
      "What to do": "A saved conversation. Run this cell to go on.",
    });
  });

  test("where a cell holds the kernel up, say when the message goes out", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { model, ...view } = open(
      {},
      { answers: false, manager: { kernel: { status: "busy" } } },
    );
    model.change({ connection: connection("connected") });
    type(view.$("textarea"), "x");
    press(view.$("textarea"), "Enter");
    vi.setSystemTime(Date.now() + 2_000);
    type(view.$("textarea"), "y");
    view.$(".badge").click();
    expect(facts({ model, ...view })).toMatchObject({
      Kernel: "is running a cell",
      "What to do": "A cell is running. Your message goes out when it ends.",
    });
  });

  test("follow what happens while they are open", async () => {
    const view = await opened("connected");
    view.model.change({ connection: connection("closed", { reason: "You disconnected." }) });
    await settled();
    expect(facts(view)["What happened"]).toBe("You disconnected.");
  });
});

describe("the badge", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });

  test("differs by its sign and by its name in the page, not by its words alone", async () => {
    const view = open();
    const sign = () => view.$(".badge").querySelector("path")?.getAttribute("d");
    const seen = new Map<string, string | null | undefined>();
    for (const status of ["connected", "connecting", "closed", "failed"] as const) {
      view.model.change({ connection: connection(status) });
      await settled();
      const { tone = "", situation } = view.$(".badge").dataset;
      expect(situation).toBe(status);
      seen.set(tone, sign());
    }
    expect([...seen.keys()]).toEqual(["good", "busy", "off", "bad"]);
    expect(new Set(seen.values()).size).toBe(4);
  });

  test("of a view that has ended is drawn no more", async () => {
    const view = open();
    view.model.change({ connection: connection("connected") });
    await settled();
    const badge = view.$(".badge");
    view.remove();
    view.model.change({ connection: connection("closed") });
    await settled();
    expect(badge.textContent).toBe("Connected");
  });
});

describe("a panel", () => {
  test("is named by what opens it, and only one is open at a time", async () => {
    const view = open();
    const [badge, menu] = [view.$(".badge"), view.$("button.menu")];
    expect(badge.getAttribute("aria-controls")).toBe(view.$("#details").id);
    expect(menu.getAttribute("aria-label")).toBe("More");
    expect(view.$("#details").getAttribute("aria-label")).toBe("Connection");
    expect(view.$("#details").getAttribute("role")).toBe("group");
    badge.click();
    menu.click();
    expect([badge, menu].map((each) => each.getAttribute("aria-expanded"))).toEqual([
      "false",
      "true",
    ]);
    expect(view.$("#details").hidden).toBe(true);
    expect(view.$("#menu").hidden).toBe(false);
    menu.click();
    expect(view.$("#menu").hidden).toBe(true);
  });

  test("closes on Esc, and its button has the focus again if it was inside", () => {
    const view = open();
    view.$(".badge").click();
    view.named("Close")?.focus();
    press(view.named("Close") as Element, "Escape");
    expect(view.$("#details").hidden).toBe(true);
    expect(view.root.activeElement).toBe(view.$(".badge"));
  });

  test("that closes takes the focus from nobody", () => {
    const view = open();
    view.$(".badge").click();
    view.$("textarea").focus();
    view.$(".badge").click();
    expect(view.$("#details").hidden).toBe(true);
    expect(view.root.activeElement).toBe(view.$("textarea"));
  });

  test("closes when the focus goes on from it, not when it goes on within it", () => {
    const view = open();
    view.$(".badge").click();
    const out = (next: Element) =>
      view
        .$("#details")
        .dispatchEvent(new FocusEvent("focusout", { relatedTarget: next, bubbles: true }));
    out(view.named("Close") as Element);
    out(view.$(".badge"));
    expect(view.$("#details").hidden).toBe(false);
    out(view.$("textarea"));
    expect(view.$("#details").hidden).toBe(true);
  });

  test("the menu says where the answers come from", () => {
    const view = open();
    expect(view.$("#menu").textContent).toContain(
      "Answers come from a tutoring program and can be wrong.",
    );
  });
});

test("whatever is pressed while a cell blocks the kernel is explained", async () => {
  vi.useFakeTimers();
  const manager = { kernel: { status: "busy" } };
  for (const pressed of [".share", ".menu", ".older"]) {
    const view = open({ _view: { cell: true, older: true } }, { answers: false, manager });
    view.model.change({});
    await vi.advanceTimersByTimeAsync(10);
    expect(view.$(".badge").textContent).toBe("Connected");
    view.$(pressed).click();
    await vi.advanceTimersByTimeAsync(1_500);
    const words = "A cell is running. What you pressed happens when it ends.";
    expect(view.$(".badge").textContent).toBe(words);
    view.end();
  }
});
