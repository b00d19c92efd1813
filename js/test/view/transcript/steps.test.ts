/** The keys of the transcript. */
import { describe, expect, test } from "vitest";
import { event } from "../../support/fixtures.ts";
import { open, press, settled } from "../../support/page.ts";

function opened(text = "text") {
  const view = open({
    history: [1, 2, 3].map((seq) => event(seq, `_${seq}`, "tutor", { text })),
    _view: { offers: ["report"] },
  });
  const focused = () => view.root.activeElement as HTMLElement;
  const key = (name: string) => {
    press(focused(), name);
    return focused().dataset.id ?? focused().className;
  };
  view.$(".log").focus();
  return { view, key };
}

test.each([
  ["ArrowUp", "_3"],
  ["ArrowDown", "_3"],
  ["End", "_3"],
  ["Home", "_1"],
])("from the log %s leads to message %s", (name, message) => {
  expect(opened().key(name)).toBe(message);
});

test("above the first message is what loads earlier ones", () => {
  const { key, view } = opened();
  view.model.change({ view: { older: true } });
  return settled().then(() => {
    expect(["Home", "ArrowDown", "ArrowUp", "ArrowUp"].map(key)).toEqual([
      "older quiet",
      "_1",
      "older quiet",
      "older quiet",
    ]);
  });
});

test("Enter goes to the newest message, arrows, Home and End to the others", () => {
  const { key } = opened();
  expect(["Enter", "ArrowDown", "ArrowUp", "Home", "ArrowUp", "ArrowDown", "End"].map(key)).toEqual(
    ["_3", "_3", "_2", "_1", "_1", "_2", "_3"],
  );
});

test("the description of the log says which keys there are", () => {
  const { view } = opened();
  const by = view.$(".log").getAttribute("aria-describedby");
  const description = view.root.getElementById(by ?? "");
  expect(description?.hidden).toBe(true); // heard, not seen
  for (const key of ["Enter", "arrow keys", "Home", "End", "Esc", "composer"]) {
    expect(description?.textContent).toContain(key);
  }
});

test("Enter goes into a message, Esc back out, and then to the composer", () => {
  const { view, key } = opened();
  expect(["Enter", "Enter", "ArrowUp", "Escape"].map(key)).toEqual([
    "_3",
    "tool opener",
    "tool opener",
    "_3",
  ]);
  key("Escape");
  expect(view.root.activeElement).toBe(view.$("textarea"));
});

describe("the tab order has nothing in the log but the log", () => {
  const ALL = "a `b` [c](https://example.org/)\n\n```\nd\n```\n\n| e |\n|---|\n| f |";
  const tabbable = ({ $$ }: ReturnType<typeof open>) =>
    $$(".log *").filter(({ tabIndex }) => tabIndex >= 0);

  test("whatever is in its messages, also in one that grows", async () => {
    const { view } = opened(ALL);
    view.model.change({ reply: { re: "_3", id: "r", from: 0, text: ALL } });
    await settled();
    expect(view.$$(".log .stop")).toHaveLength(1);
    expect(tabbable(view)).toEqual([]);
    view.model.change({ events: [event(4, "r", "tutor", { re: "_3", text: ALL })] });
    await settled();
    expect(view.$$(".log :is(a, .copy, .code, .table)")).toHaveLength(16);
    expect(tabbable(view)).toEqual([]);
  });

  test("but for the message that the focus is in, with what is added to it", async () => {
    const { view, key } = opened(ALL);
    await settled();
    key("End");
    expect(tabbable(view)).toEqual([]);
    key("Enter");
    const message = view.$('[data-id="_3"]');
    message.append(document.createElement("button"));
    await settled();
    const inside = [...message.querySelectorAll("button, a, .table")];
    expect(tabbable(view)).toEqual(inside);
    key("Escape");
    expect(tabbable(view)).toEqual([]);
  });

  test("and for its code that has no button, since its fence is open", async () => {
    const { view, key } = opened("```\nd");
    await settled();
    expect(tabbable(view)).toEqual([]);
    ["End", "Enter"].map(key);
    expect(tabbable(view)).toContain(view.$('[data-id="_3"] .code'));
  });

  test("so when the focus leaves the log from within a message", async () => {
    const { view, key } = opened(ALL);
    await settled();
    ["End", "Enter"].map(key);
    view.$("textarea").focus();
    expect(tabbable(view)).toEqual([]);
  });
});

describe("who comes to a message with the keys", () => {
  const heard = (view: ReturnType<typeof open>) => {
    const ids = (view.root.activeElement?.getAttribute("aria-describedby") ?? "").split(" ");
    return ids.map((id) => view.root.getElementById(id)?.textContent ?? "").join(" | ");
  };

  test("hears its text as its description, as it was spoken when it came", () => {
    const { view, key } = opened("Look: **now**\n\n```python\nx = 1\n```\n");
    key("ArrowUp");
    expect(heard(view)).toBe("Look: now. x = 1");
    const left = view.root.activeElement;
    key("Escape");
    expect(left?.hasAttribute("aria-describedby")).toBe(false);
    expect(view.$("#message-text").textContent).toBe("");
  });

  test("hears the state of the message behind it, and what was shared with it", () => {
    const view = open({
      history: [event(1, "_a", "learner", { text: "why *?*", shared: { error: "KeyError" } })],
      queue: [{ id: "b", text: "later", at: 1, status: "queued", reason: "" }],
    });
    view.$(".log").focus();
    press(view.root.activeElement as Element, "ArrowUp");
    expect(heard(view)).toBe("later | QueuedEditDiscard");
    press(view.root.activeElement as Element, "ArrowUp");
    expect(heard(view)).toBe("why *?* Attached: KeyError");
  });

  test("hears the first 2,000 characters of a long one", () => {
    const { view, key } = opened("word ".repeat(5_000));
    key("ArrowUp");
    expect(heard(view)).toHaveLength(2_001);
    expect(heard(view).endsWith("…")).toBe(true);
  });
});
