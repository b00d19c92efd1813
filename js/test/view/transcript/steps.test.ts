/** The keys of the transcript. */
import { expect, test } from "vitest";
import { event } from "../../support/fixtures.ts";
import { open, press } from "../../support/page.ts";

function opened() {
  const view = open({
    history: [1, 2, 3].map((seq) => event(seq, `_${seq}`, "tutor")),
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
  for (const key of ["Enter", "arrow keys", "Home", "End", "Esc"]) {
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
