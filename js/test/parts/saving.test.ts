/** What a notebook stores of its chats. */
import { describe, expect, test } from "vitest";
import de from "../../../tutor_widget/words/de.json" with { type: "json" };
import { store } from "../../src/parts/notebook/saving.ts";
import { SAVED, VIEW } from "../../src/parts/saved/states.ts";
import { arrange, type Entry } from "../../src/view/transcript/entries.ts";
import { wordsOfState } from "../../src/view/transcript/message.ts";
import type { Words } from "../../src/words.ts";
import { event, item } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import {
  CODE,
  file,
  htmlOf,
  layout,
  live,
  model,
  openNotebook as open,
  STATE,
  showing,
  slider,
  TRAITS,
  whole,
  words,
} from "../support/saved.ts";

describe("a notebook that is saved", () => {
  test("holds the chat with its viewer, and the outputs say the same", () => {
    const page = open([showing("m1")]);
    store(page.notebook, model, live(), CODE);
    const { m1 } = page.stored();
    expect(m1).toMatchObject({
      model_name: "AnyModel",
      model_module: "anywidget",
      state: { ...TRAITS, _esm: CODE, [SAVED]: { model: "m1", title: "Lists" } },
    });
    expect(htmlOf(m1)).toContain("<p>text of a</p>");
    const data = page.cells[0]?.outputs[0]?.data ?? {};
    expect(data["text/html"]).toContain("<p>**b**</p>");
    expect(data["text/html"]).toContain(words.held);
    expect(data["text/html"]).not.toMatch(/<h\d/); // the notebook's outline is its author's
    expect(data["text/plain"]).toMatch(/^TutorChat\(hub, connected\)\nYou, .*: text of a\nTutor, /);
    expect(data[VIEW]).toEqual({ version_major: 2, model_id: "m1" });
  });

  test("says of messages what the page says of them, and of a reply under way that it is one", () => {
    const german = { ...de.browser, sentences: de.sentences } as Words;
    const refused = item("q", "failed", { reason: "It is too long.", code: "too_long" });
    const waits = { role: "tutor", status: "streaming", id: "r", re: "a", text: "" } as const;
    const said = (reply: object) => {
      const page = open([showing("m1")]);
      const history = [event(1, "a", "learner"), { ...waits, ...reply }];
      const stateWords = (entry: Entry) => wordsOfState(entry, german);
      const entries = arrange(history, [refused], []);
      store(page.notebook, model, live({ words: german, stateWords, entries }), CODE);
      const notes = htmlOf(page.stored().m1).match(/(?<=<small>).*?(?=<\/small>)/g);
      expect(notes?.[1]).toBe(`Nicht gesendet: ${de.sentences.too_long}`);
      return notes?.[0];
    };
    expect(said({ place: 2 })).toBe(
      "Der Tutor ist beschäftigt: Du bist an zweiter Stelle in der Reihe.",
    );
    expect(said({ held: true })).toBe(de.browser.message.held);
    expect(said({ text: "Lo" })).toBe(de.browser.message.answering);
  });

  test("says that an AI wrote the answers: to its viewer, in the outputs, in plain text", () => {
    const page = open([showing("m1")]);
    store(page.notebook, model, live(), CODE);
    expect(JSON.stringify([page.stored(), page.cells])).not.toContain(words.ai);
    store(page.notebook, model, live({ ai: true }), CODE);
    expect(page.stored().m1?.state[SAVED]).toMatchObject({ note: words.ai });
    const data = page.cells[0]?.outputs[0]?.data ?? {};
    expect(data["text/html"]).toContain(`<em>${words.ai}</em>`);
    expect(data["text/plain"]).toContain(`\n${words.ai}\n`);
  });

  test("keeps the states of other widgets, and what else is in its metadata", () => {
    const page = open([showing("m1")], { s1: slider, l1: layout });
    const widgets = page.metadata.widgets as Record<string, unknown>;
    widgets.other = { kept: true };
    store(page.notebook, model, live(), CODE);
    expect(Object.keys(page.stored())).toEqual(["s1", "l1", "m1"]);
    expect(page.stored()).toMatchObject({ s1: slider, l1: layout });
    expect(page.metadata.widgets).toMatchObject({ other: { kept: true } });
  });

  test("holds one chat after ten runs of its cell, whoever stored the others", () => {
    const runs = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [
        [`old${i}`, i % 2 ? whole({ layout: `IPY_MODEL_lay${i}` }) : whole({ [SAVED]: {} })],
        [`lay${i}`, layout],
      ]).flat(),
    );
    const page = open([showing("m1")], { ...runs, s1: slider, l1: layout });
    store(page.notebook, model, live(), CODE);
    const left = Object.keys(page.stored()).filter((id) => !id.startsWith("lay"));
    expect(left).toEqual(["s1", "l1", "m1"]);
    // The layouts of what was removed go too, and only those.
    expect(Object.keys(page.stored()).filter((id) => /^lay[1357]$/.test(id))).toEqual([]);
  });

  test("keeps a layout that another widget has too", () => {
    const shared = { ...slider, state: { layout: "IPY_MODEL_l2", children: [["IPY_MODEL_l1"]] } };
    const old = whole({ layout: "IPY_MODEL_l1" });
    const page = open([showing("m1")], { old, s1: shared, l1: layout, l2: layout });
    store(page.notebook, model, live(), CODE);
    expect(Object.keys(page.stored()).sort()).toEqual(["l1", "l2", "m1", "s1"]);
  });

  test("holds a chat that a box shows, and none that nothing shows", () => {
    const box = { ...layout, model_name: "HBoxModel", state: { children: ["IPY_MODEL_m1"] } };
    const page = open([showing("b1")], { b1: box });
    store(page.notebook, model, live(), CODE);
    expect(Object.keys(page.stored())).toEqual(["b1", "m1"]);
    page.cells.length = 0;
    page.model.sharedModel.cells = [];
    store(page.notebook, model, live(), CODE);
    expect(Object.keys(page.stored())).toEqual(["b1"]);
  });

  test("is as before where the chat is not to be stored, also where Jupyter stored it", () => {
    const page = open([showing("m1")], { m1: whole() });
    store(page.notebook, model, live({ save: false }), CODE);
    expect(page.metadata).toEqual({});
    expect(page.cells[0]?.outputs[0]).toEqual(showing("m1"));
  });

  test("holds nothing more of a conversation that was deleted", () => {
    const page = open([showing("m1")]);
    store(page.notebook, model, live(), CODE);
    store(page.notebook, model, live({ entries: [] }), CODE);
    expect(JSON.stringify([page.metadata, page.cells])).not.toContain("text of a");
    expect(page.cells[0]?.outputs[0]?.data).not.toHaveProperty("text/html");
  });

  test.each([
    ["numbers", { widgets: 7 }],
    ["null", { widgets: { [STATE]: null } }],
    ["a list", { widgets: { [STATE]: { state: [1] } } }],
    ["no models", { widgets: { [STATE]: { state: { x: null, y: 7, z: { state: "s" } } } } }],
  ])("is no error where the metadata has %s", (_, metadata) => {
    const page = open([showing("m1"), {}, { data: { [VIEW]: null } }]);
    Object.assign(page.metadata, metadata);
    store(page.notebook, model, live(), CODE);
    expect(page.stored()).toHaveProperty("m1");
  });

  test("is not written to while it is read-only", () => {
    const page = open([showing("m1")]);
    page.model.readOnly = true;
    const act = () => store(page.notebook, model, live(), CODE);
    page.notebook.beforeSave(act, testLifetime().signal);
    page.save();
    act();
    expect(page.metadata).toEqual({});
    expect(page.cells[0]?.outputs[0]).toEqual(showing("m1"));
  });
});

describe("what is stored is small", () => {
  const messages = (text: string, count = 5_000) =>
    arrange(
      Array.from({ length: count }, (_, i) =>
        event(i + 1, `m${i}`, i % 2 ? "tutor" : "learner", { text }),
      ),
      [],
      [],
    );

  test.each([
    ["short", "a short message"],
    ["of 300 characters", "word ".repeat(60)],
    ["of 3,000 characters", "a longer word ".repeat(220)],
    ["markup", "<&>\"'".repeat(2_000)],
    ["lines", "\n".repeat(30) + "a\n".repeat(30_000)],
    ["Chinese", "学".repeat(20_000)],
    ["control characters", "\u0001".repeat(20_000)],
    ["emoji", "🙂".repeat(20_000)],
  ])("of 5,000 messages (%s), the newest, in at most 200 KB", (_, text) => {
    const page = open([showing("m1")]);
    store(page.notebook, model, live({ entries: messages(text) }), "x".repeat(9_000));
    expect(new TextEncoder().encode(file(page)).length).toBeLessThanOrEqual(200_000);
    const html = htmlOf(page.stored().m1);
    const count = html.split("<article").length - 1;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThanOrEqual(100);
    expect(html).toContain(words.cut);
  });

  test("all hundred of them where they are short", () => {
    const page = open([showing("m1")]);
    store(page.notebook, model, live({ entries: messages("short") }), CODE);
    expect(htmlOf(page.stored().m1).split("<article").length - 1).toBe(100);
  });

  test("says nothing of earlier messages where there are none", () => {
    const page = open([showing("m1")]);
    store(page.notebook, model, live(), CODE);
    expect(htmlOf(page.stored().m1)).not.toContain(words.cut);
  });
});
