/** What stands around the conversation: title and progress, what must be said at length. */
import { describe, expect, test, vi } from "vitest";
import de from "../../../tutor_widget/words/de.json" with { type: "json" };
import { english, type Words } from "../../src/words.ts";
import { connection } from "../support/fixtures.ts";
import { open, settled } from "../support/page.ts";
import { servePart } from "../support/parts.ts";

describe("the header", () => {
  test("without a title says what this is", async () => {
    const { $, model } = open();
    expect($(".title").textContent).toBe("Tutor chat");
    model.change({ state: { title: "Lists" } });
    await settled();
    expect($(".title").textContent).toBe("Lists");
  });

  test.each([
    [{ step: 5, of: 8 }, "50%", "step 5 of 8"],
    [{ step: 9, of: 8, progress: 7 }, "87.5%", "step 8 of 8"],
    [{ step: 8, of: 8, progress: 8 }, "100%", "8 of 8 done"],
    [{ step: 1, of: 8, progress: -1 }, "0%", "step 1 of 8"],
  ])("draws %j as a bar of %s: %s", (session_state, width, words) => {
    const { $ } = open({ session_state });
    expect($(".progress").hidden).toBe(false);
    expect($(".fill").style.inlineSize || $(".fill").getAttribute("style")).toContain(width);
    expect($(".progress").textContent).toBe(words);
    expect($(".bar").getAttribute("aria-hidden")).toBe("true");
  });

  test.each([{}, { step: 1 }, { step: 1, of: 0 }, { step: "1", of: "2" }, { of: 3 }])(
    "draws no progress for %j",
    (session_state) => {
      expect(open({ session_state: session_state as object }).$(".progress").hidden).toBe(true);
    },
  );
});

describe("an AI that answers", () => {
  const NAME = "Answers are written by an AI and can be wrong";

  test("is named in the header from the moment that the tutor says so", async () => {
    const { $, model } = open();
    expect($(".ai").hidden).toBe(true);
    expect($("#menu .note").textContent).toMatch(/^Answers come from a tutoring program/);
    model.change({ state: { ai: true } });
    await settled();
    expect($(".ai").hidden).toBe(false);
    expect($(".ai").textContent).toBe("AI");
    expect($(".ai").getAttribute("role")).toBe("img");
    expect($(".ai").getAttribute("aria-label")).toBe(NAME);
    expect($("#menu .note").textContent).toBe(NAME);
  });

  test("is named in the language of the chat", () => {
    const { $ } = open({ session_state: { ai: true }, _words: de.browser as Words });
    expect($(".ai").textContent).toBe("KI");
  });
});

describe("what is left of today's questions", () => {
  const budget = (left: number) => ({ budget: { left, until: Date.now() + 3_600_000 } });
  const arrived = async () => {
    await vi.dynamicImportSettled();
    await settled();
  };

  test("stands in the header of every view, and goes with the budget", async () => {
    const view = open({}, { parts: servePart("budget") });
    const other = view.show();
    expect(view.$(".budget").hidden).toBe(true);
    view.model.change({ state: budget(0.2) });
    await arrived();
    for (const { $ } of [view, other]) {
      expect($(".budget").hidden).toBe(false);
      expect($(".budget").textContent).toBe("A fifth of today’s questions is left.");
    }
    expect(view.model.ops("part")).toHaveLength(1);
    view.model.change({ state: {} });
    await arrived();
    expect(view.$(".budget").hidden).toBe(true);
  });

  test("asks for no code where no tutor counts", async () => {
    const view = open({ session_state: { ai: true } }, { parts: servePart("budget") });
    view.model.change({ state: { ai: true, budget: null } });
    await arrived();
    expect(view.model.ops("part")).toEqual([]);
  });

  test("is no error where the kernel cannot send the code", async () => {
    const view = open({}, { answers: false });
    view.model.change({ state: budget(0) });
    await arrived();
    expect(view.$(".budget").hidden).toBe(true);
  });
});

describe("what must be said at length", () => {
  const notes = ({ $ }: ReturnType<typeof open>) =>
    [...$(".notes").children].map((note) =>
      [...note.childNodes]
        .filter((child) => !(child instanceof HTMLElement && child.hidden))
        .map((child) => child.textContent)
        .join("|"),
    );
  const given = { reason: "It was away.", advice: "Look at the address." };

  test("is hidden while there is nothing", () => {
    expect(open().$(".notes").hidden).toBe(true);
    expect(open({ _view: { warning: "The disk is full." } }).$(".notes").hidden).toBe(false);
  });

  test.each([
    ["connecting", given, ["It was away. Look at the address.|"]],
    ["connecting", { reason: "", advice: "" }, []],
    ["reconnecting", { ...given, advice: "" }, []],
    ["reconnecting", given, ["It was away. Look at the address.|"]],
    ["failed", given, ["Look at the address.|Reconnect now"]],
    ["connected", given, []],
  ] as const)("of a connection that is %s, %j: %j", async (status, more, told) => {
    const view = open();
    view.model.change({ connection: connection(status, { since: -9_000, now: 0, ...more }) });
    await settled();
    expect(notes(view).map((note) => note.replace(/\|$/, ""))).toEqual(
      told.map((note) => note.replace(/\|$/, "")),
    );
    expect(view.named("Reconnect now") !== undefined).toBe(status === "failed");
  });

  test("is said in the reader's language, the advice first", async () => {
    const sentences = { not_saved: "Die Platte ist voll ({detail}).", tutor_away: "Nein." };
    const words = { ...english, sentences };
    const warning = { warning_code: "not_saved", warning_args: { detail: "EIO" } };
    const view = open(
      { _words: words, _view: { warning: "The disk is full.", ...warning } },
      { answers: false },
    );
    view.model.change({ view: { older: true } });
    await settled();
    view.named("Earlier messages")?.click();
    const [asked] = view.model.ops("older");
    view.model.receive({
      acks: [{ id: asked?.id ?? "", error: "No.", code: "tutor_away", args: {} }],
    });
    view.model.change({ connection: connection("failed", given) });
    await settled();
    expect(notes(view)).toEqual([
      "Look at the address.|Reconnect now",
      "Die Platte ist voll (EIO).",
      "Nein.",
    ]);
  });
});
