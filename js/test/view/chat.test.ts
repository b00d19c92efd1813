import { describe, expect, test, vi } from "vitest";
import type { LogEvent, QueueItem } from "../../src/model/types.ts";
import widget from "../../src/widget.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";
import { openMenu } from "../support/parts.ts";

/** The definition as a host calls it, which types its arguments more richly than we need. */
type Hook = (props: object) => unknown;
const defined = () => (widget as () => { initialize: Hook; render: Hook })();

const settled = () => new Promise((resolve) => setTimeout(resolve));

const event = (seq: number, id: string, role: LogEvent["role"], more = {}): LogEvent => ({
  seq,
  id,
  role,
  text: `text of ${id}`,
  at: Date.UTC(2026, 0, 2, 10, seq),
  status: "complete",
  ...more,
});
const item = (id: string, status: QueueItem["status"], reason = ""): QueueItem => ({
  id,
  text: `text of ${id}`,
  at: Date.UTC(2026, 0, 2, 11),
  status,
  reason,
});

/** A widget on the page, as anywidget makes it. */
function open(traits = {}, options = {}) {
  const model = new MockModel(traits, options);
  const definition = defined();
  const life = testLifetime();
  definition.initialize({ model, signal: life.signal });
  const render = () => {
    const view = testLifetime();
    const el = document.createElement("div");
    document.body.append(el);
    definition.render({ model, el, signal: view.signal });
    const root = el.shadowRoot as ShadowRoot;
    const $ = <E extends HTMLElement>(selector: string) => root.querySelector<E>(selector) as E;
    const $$ = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
    return { el, root, $, $$, remove: view.end };
  };
  return { model, ...render(), render, end: life.end };
}

function type(field: HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input"));
}

const press = (target: Element, key: string, more = {}) =>
  target.dispatchEvent(
    new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true, ...more }),
  );

const named = (root: { $$: (s: string) => HTMLElement[] }, label: string) =>
  root.$$("button").find((button) => button.textContent === label && !button.closest("[hidden]"));

describe("the life of a widget", () => {
  test("initialize listens at once and waits for nothing", () => {
    const model = new MockModel();
    const { initialize } = defined();
    expect(initialize({ model, signal: testLifetime().signal })).toBeTypeOf("function");
    model.change({ state: { title: "heard" } });
    expect(model.get("session_state")).toEqual({ title: "heard" });
  });

  test("views say that they come and go, and the last one takes the speaker along", () => {
    const { model, render, remove, el } = open();
    const second = render();
    expect(document.querySelectorAll(".tutor-widget-live-regions")).toHaveLength(1);
    remove();
    second.remove();
    const told = model.ops("view").map((command) => (command as { shown: boolean }).shown);
    expect(told).toEqual([true, true, false, false]);
    expect(document.querySelector(".tutor-widget-live-regions")).toBeNull();
    expect(el.shadowRoot?.childElementCount).toBe(0);
  });

  test("two views draw one conversation", async () => {
    const first = open();
    const second = first.render();
    first.model.change({ events: [event(1, "a", "learner")] });
    await settled();
    for (const view of [first, second]) expect(view.$$(".message")).toHaveLength(1);
  });
});

describe("the transcript", () => {
  test("is a silent log of articles named by who and when", () => {
    const { $, $$ } = open({ history: [event(1, "hi", "tutor"), event(2, "a", "learner")] });
    expect($(".log").getAttribute("role")).toBe("log");
    expect($(".log").getAttribute("aria-live")).toBe("off");
    const names = $$("article").map((article) => article.getAttribute("aria-label"));
    expect(names[0]).toMatch(/^Tutor, \d\d:\d\d$/);
    expect(names[1]).toMatch(/^You, \d\d:\d\d$/);
    for (const block of $$(".body > *")) expect(block.dir).toBe("auto");
  });

  test("a message keeps its element from typing to the log", async () => {
    const { model, $, $$ } = open({}, { answers: false });
    type($("textarea"), "hello");
    press($("textarea"), "Enter");
    const [typed] = $$(".message");
    expect(typed?.textContent).toContain("hello");
    expect(typed?.dataset.state).toBe("waiting");
    const id = model.ops("say")[0]?.id ?? "";
    model.change({ queue: [{ ...item(id, "queued"), text: "hello" }] });
    await settled();
    expect($$(".message")).toEqual([typed]);
    expect(typed?.dataset.state).toBe("queued");
    model.change({ events: [{ ...event(1, id, "learner"), text: "hello" }] });
    await settled();
    expect($$(".message")).toEqual([typed]);
    expect(typed?.dataset.state).toBe("said");
  });

  test("each state says what it is and offers what can be done", async () => {
    const queue = [
      item("a", "queued"),
      item("b", "failed", "It is too long."),
      item("c", "withdrawing"),
    ];
    const view = open({ queue, status: "reconnecting", connection: { status: "reconnecting" } });
    const footers = view
      .$$(".footer")
      .map((footer) =>
        [...footer.children]
          .filter((child) => !(child as HTMLElement).hidden)
          .map((c) => c.textContent),
      );
    expect(footers).toEqual([
      ["Queued", "Edit", "Discard"],
      ["Not sent: It is too long.", "Edit", "Try again", "Discard"],
      ["Taking back"],
    ]);
    named(view, "Try again")?.click();
    expect(view.model.ops("retry")).toMatchObject([{ message: "b" }]);
    named(view, "Discard")?.click();
    expect(view.model.ops("discard")).toMatchObject([{ message: "a" }]);
  });

  test("a failed answer is asked for anew, as it was asked", async () => {
    const history = [
      event(1, "a", "learner"),
      event(2, "t", "tutor", { re: "a", status: "failed" }),
    ];
    const view = open({ history });
    named(view, "Try again")?.click();
    await settled();
    const [said] = view.model.ops("say");
    expect(said).toMatchObject({ text: history[0]?.text, again: "a" });
    expect(said?.id).not.toBe("a");
  });

  test("editing takes a message back and puts it into the composer", () => {
    const view = open({ queue: [item("a", "queued")] });
    type(view.$("textarea"), "draft");
    named(view, "Edit")?.click();
    expect(view.model.ops("discard")).toMatchObject([{ message: "a" }]);
    expect(view.$<HTMLTextAreaElement>("textarea").value).toBe("text of a\ndraft");
  });

  test("a reply under way can be stopped", async () => {
    const reply = { id: "t", re: "a", role: "tutor", text: "", status: "streaming" };
    const view = open({ history: [event(1, "a", "learner"), reply] });
    expect(view.$$(".state").at(-1)?.textContent).toBe("Tutor is answering…");
    named(view, "Stop")?.click();
    expect(view.model.ops("stop")).toMatchObject([{ re: "a" }]);
    const stopping = named(view, "Stopping…");
    stopping?.focus();
    view.model.change({ events: [event(2, "t", "tutor", { re: "a", status: "stopped" })] });
    await settled();
    // The button is gone; the focus stays with its message.
    expect(view.root.activeElement?.getAttribute("aria-label")).toMatch(/^Tutor/);
  });

  test("earlier messages are asked for once", async () => {
    const view = open({ history: [event(5, "a", "notice")], _view: { older: true } });
    const older = named(view, "Earlier messages");
    older?.click();
    older?.click();
    expect(view.model.ops("older")).toMatchObject([{ n: 100 }]);
    view.model.change({ older: [event(4, "z", "notice")], view: { older: false } });
    await vi.waitFor(() => {
      expect(view.$$(".message").map((m) => m.dataset.id)).toEqual(["z", "a"]);
    }, 30_000);
    expect(older?.hidden).toBe(true);
  });

  test("thousands are drawn newest first, the others little by little", () => {
    vi.useFakeTimers();
    const history = Array.from({ length: 200 }, (_, i) => event(i + 1, `m${i}`, "notice"));
    const { $$ } = open({ history });
    expect($$(".message").length).toBeLessThan(50);
    expect($$(".message").at(-1)?.dataset.id).toBe("m199");
    vi.advanceTimersByTime(1_000);
    expect($$(".message")).toHaveLength(200);
    expect($$(".message")[0]?.dataset.id).toBe("m0");
  });
});

describe("the composer", () => {
  test("Enter sends and empties, Shift+Enter and an input method's Enter do not", () => {
    const { model, $ } = open();
    const field = $<HTMLTextAreaElement>("textarea");
    type(field, "  hello ");
    press(field, "Enter", { shiftKey: true });
    press(field, "Enter", { isComposing: true });
    press(field, "Enter", { keyCode: 229 });
    expect(model.ops("say")).toEqual([]);
    press(field, "Enter");
    expect(model.ops("say")).toMatchObject([{ text: "  hello" }]);
    expect(field.value).toBe("");
    press(field, "Enter");
    expect(model.ops("say")).toHaveLength(1);
  });

  test("↑ in an empty field edits the last message that can be taken back", () => {
    const { model, $ } = open({ queue: [item("a", "queued"), item("b", "queued")] });
    const field = $<HTMLTextAreaElement>("textarea");
    press(field, "ArrowUp");
    expect(model.ops("discard")).toMatchObject([{ message: "b" }]);
    expect(field.value).toBe("text of b");
    press(field, "ArrowUp");
    expect(model.ops("discard")).toHaveLength(1);
  });

  test("a draft outlives the view", () => {
    const first = open();
    type(first.$("textarea"), "half a thou");
    first.end();
    expect(open().$<HTMLTextAreaElement>("textarea").value).toBe("half a thou");
  });

  test("Esc gives the focus to the cell around", () => {
    const { el, $ } = open();
    const cell = document.createElement("div");
    cell.tabIndex = 0;
    document.body.append(cell);
    cell.append(el);
    $("textarea").focus();
    press($("textarea"), "Escape");
    expect(document.activeElement).toBe(cell);
  });

  test("no plain key leaves the widget", () => {
    const { $ } = open();
    const heard: string[] = [];
    const listen = (e: Event) => heard.push((e as KeyboardEvent).key);
    document.addEventListener("keydown", listen);
    for (const key of ["d", "Enter", "Escape"]) press($("textarea"), key);
    press($(".log"), "x");
    press($("textarea"), "s", { ctrlKey: true });
    document.removeEventListener("keydown", listen);
    expect(heard).toEqual(["s"]);
  });

  test("a saved conversation has none, but a line in its place", () => {
    const { $ } = open({}, { answers: false, manager: { kernel: null } });
    expect($("form").hidden).toBe(true);
    expect($(".saved").hidden).toBe(false);
  });
});

describe("around the conversation", () => {
  test("a suggestion is sent with a click, and the focus is not lost when it goes", async () => {
    const { model, $, $$, root } = open({ session_state: { suggestions: ["Hint", "Skip"] } });
    const [hint, skip] = $$(".chip");
    hint?.focus();
    hint?.click();
    expect(model.ops("say")).toMatchObject([{ text: "Hint" }]);
    model.change({ state: { suggestions: ["Skip"] } });
    await settled();
    expect($$(".chip")).toEqual([skip]);
    expect(root.activeElement).toBe($("textarea"));
  });

  test("title and progress come from the session's state", () => {
    const { $ } = open({ session_state: { title: "Lists", step: 4, of: 8 } });
    expect($(".title").textContent).toBe("Lists");
    expect($(".progress").textContent).toBe("step 4 of 8");
    expect($(".fill").style.inlineSize).toBe("37.5%");
  });

  test("the badge opens the details without sending anything but what is asked for", async () => {
    const connection = {
      status: "reconnecting",
      since: 0,
      attempt: 3,
      now: 10_000,
      retry_at: 14_000,
      reason: "The server closed the connection.",
    };
    const view = open({ status: "reconnecting", connection, queue: [item("a", "queued")] });
    const badge = view.$(".badge");
    expect(badge.textContent).toBe("Connecting…"); // the kernel has not said so in this page
    await settled();
    expect(badge.textContent).toBe("Reconnecting, 1 message waiting");
    badge.click();
    expect(badge.getAttribute("aria-expanded")).toBe("true");
    const facts = view.$$("dl > div:not([hidden])").map((row) => row.textContent);
    expect(facts).toContain("Attempt3");
    expect(facts).toContain("Next tryin 4 s");
    expect(facts).toContain("What happenedThe server closed the connection.");
    named(view, "Reconnect now")?.click();
    expect(view.model.sent.map((command) => command.op)).toEqual(["view", "reconnect"]);
  });

  test("what is fatal is said with the step to take", async () => {
    const connection = {
      status: "failed",
      reason: "Please sign in again",
      advice: "Open the hub.",
    };
    const { $ } = open({ status: "failed", connection });
    await settled();
    expect($(".badge").textContent).toBe("Please sign in again");
    expect($(".notes").textContent).toBe("Open the hub.Reconnect now");
  });

  test("an old conversation is offered: continue, or start new", () => {
    const view = open({
      _view: { resume: { at: Date.UTC(2025, 2, 12, 12) }, warning: "The disk is full." },
    });
    expect(view.$(".notes").textContent).toContain("The disk is full.");
    expect(view.$(".resume").textContent).toContain("March");
    named(view, "Continue")?.click();
    named(view, "Start new")?.click();
    expect(view.model.sent.map((command) => command.op)).toEqual(["view", "continue", "new"]);
  });

  test("a new conversation takes two clicks, the harmless one first", () => {
    const { named, conversation } = openMenu();
    named("New conversation…")?.click();
    expect(document.activeElement?.textContent).toBe("Cancel");
    expect(conversation.request).not.toHaveBeenCalled();
    named("Start new")?.click();
    expect(conversation.request).toHaveBeenCalledExactlyOnceWith({ op: "new" });
  });

  test("the browser's news nudge the kernel only while it waits", () => {
    const quiet = open();
    window.dispatchEvent(new Event("online"));
    expect(quiet.model.ops("nudge")).toEqual([]);
    quiet.end();
    const waiting = open({ status: "reconnecting", connection: { status: "reconnecting" } });
    window.dispatchEvent(new Event("online"));
    expect(waiting.model.ops("nudge")).toMatchObject([{ why: "online" }]);
  });
});
