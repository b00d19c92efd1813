/** What a notebook stores of its chats, and how that is shown. */
import { describe, expect, test } from "vitest";
import de from "../../../tutor_widget/words/de.json" with { type: "json" };
import catalogue from "../../../tutor_widget/words/en.json" with { type: "json" };
import { Conversation, type Model } from "../../src/model/conversation.ts";
import { Notebook, type Output } from "../../src/model/notebook.ts";
import { readLesson } from "../../src/model/session_state.ts";
import type { Live } from "../../src/parts/notebook/excerpt.ts";
import { Saving, store } from "../../src/parts/notebook/saving.ts";
import { type ModelState, SAVED, VIEW } from "../../src/parts/saved/states.ts";
import saved from "../../src/parts/saved.ts";
import viewer from "../../src/parts/saved.ts?raw";
import { arrange, type Entry } from "../../src/view/transcript/entries.ts";
import { drawText, wordsOfState } from "../../src/view/transcript/message.ts";
import { english, type Words } from "../../src/words.ts";
import { event, item } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";

const words = catalogue.parts.notebook;
const STATE = "application/vnd.jupyter.widget-state+json";
const CODE = "export default {}";

const showing = (id: string): Output => ({
  data: { [VIEW]: { version_major: 2, model_id: id }, "text/plain": "TutorChat(…, connecting)" },
});
const layout: ModelState = {
  model_name: "LayoutModel",
  model_module: "@jupyter-widgets/base",
  model_module_version: "2.0.0",
  state: {},
};
const slider = { ...layout, model_name: "IntSliderModel", state: { layout: "IPY_MODEL_l1" } };
/** What Jupyter's own setting stores of a chat. */
const whole = (more = {}) => ({
  ...layout,
  model_name: "AnyModel",
  state: { history: [], session_state: {}, _view: {}, _esm: "…", ...more },
});

/** A notebook as JupyterLab gives it to widgets; each of `shown` is the output of a cell. */
function open(shown: Output[] = [], states?: Record<string, unknown>) {
  const metadata: Record<string, unknown> = states
    ? { widgets: { [STATE]: { version_major: 2, version_minor: 0, state: states } } }
    : {};
  const slots = new Set<(sender: unknown, state: string) => void>();
  const cells = shown.map((output) => ({
    outputs: [output],
    updateOutputs(start: number, end: number, outputs: Output[], origin: unknown) {
      expect(origin).toBe("silent-change");
      this.outputs.splice(start, end - start, ...outputs);
    },
  }));
  const model = {
    readOnly: false,
    getMetadata: (key: string) => structuredClone(metadata[key]),
    setMetadata: (key: string, value: unknown) => {
      metadata[key] = structuredClone(value);
    },
    deleteMetadata: (key: string) => delete metadata[key],
    sharedModel: { cells: [{}, ...cells] },
  };
  const saveState = {
    connect: (slot: (sender: unknown, state: string) => void) => slots.add(slot),
    disconnect: (slot: (sender: unknown, state: string) => void) => slots.delete(slot),
  };
  const pathChanged = { connect: () => undefined, disconnect: () => undefined };
  const place = { path: "Lists.ipynb", ready: Promise.resolve(), pathChanged };
  const manager = { context: { ...place, model, saveState } };
  const save = () => {
    for (const state of ["started", "completed"]) for (const slot of slots) slot(null, state);
  };
  const stored = () =>
    (metadata.widgets as Record<string, { state: Record<string, ModelState> }> | undefined)?.[STATE]
      ?.state ?? {};
  const notebook = Notebook.of(manager) as Notebook;
  return { notebook, manager, metadata, model, cells, slots, save, stored };
}

const TRAITS: Record<string, unknown> = {
  _anywidget_id: "tutor_widget.notebook.widget.TutorChat",
  _model_name: "AnyModel",
  _model_module: "anywidget",
  _model_module_version: "~0.11.*",
  _view_name: "AnyView",
  _view_module: "anywidget",
  _view_module_version: "~0.11.*",
};
const modelWith = (traits: Record<string, unknown>, manager: unknown = {}) =>
  ({ get: (name: string) => traits[name], widget_manager: manager }) as unknown as Model;
const model = modelWith(TRAITS);

function live(more: Partial<Live> = {}): Live {
  const history = [event(1, "a", "learner"), event(2, "b", "tutor", { re: "a", text: "**b**" })];
  return {
    id: "m1",
    save: true,
    server: "hub",
    status: "connected",
    title: "Lists",
    ai: false,
    entries: arrange(history, [], []),
    older: false,
    words: english,
    lang: "en-GB",
    draw: ({ text }) => {
      const p = document.createElement("p");
      p.textContent = text;
      return [p];
    },
    stateWords: (entry) => wordsOfState(entry, english),
    ...more,
  };
}

const htmlOf = (state: ModelState | undefined) =>
  (state?.state[SAVED] as { html: string } | undefined)?.html ?? "";

/** The notebook's file, as Jupyter writes it: indented, with a string for each line of an output. */
function file({ metadata, cells }: ReturnType<typeof open>): string {
  const lines = (key: string, value: unknown) =>
    key.startsWith("text/") ? String(value).split(/(?<=\n)/) : value;
  const outputs = cells.map((cell) => cell.outputs);
  return JSON.stringify(outputs, lines, 1) + JSON.stringify(metadata, null, 1);
}

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

describe("a stored conversation", () => {
  const shown = (value: unknown) => {
    const el = document.body.appendChild(document.createElement("div"));
    saved.render({ model: modelWith({ [SAVED]: value }), el });
    return el.shadowRoot as ShadowRoot;
  };

  test("shows what was said, and how to go on", () => {
    const page = open([showing("m1")]);
    store(page.notebook, model, live(), CODE);
    const root = shown(page.stored().m1?.state[SAVED]);
    const texts = [...root.querySelectorAll(".body")].map((body) => body.textContent);
    expect(texts).toEqual(["text of a", "**b**"]);
    expect(root.querySelector("[data-testid=badge]")?.textContent).toBe(english.badge.saved);
    expect(root.querySelector("p.saved")?.textContent).toBe(english.badge.saved);
    expect(root.querySelector("article")?.getAttribute("aria-label")).toMatch(/^You /);
  });

  test("says in its header what is to be said of the answers, as text", () => {
    const note = "<b>An AI</b>";
    const header = shown({ note }).querySelector("header");
    expect(header?.querySelector("p")?.textContent).toBe(note);
    expect(shown({ note: 7 }).querySelector("header p")).toBeNull();
  });

  test.each([
    "<script>pwn()</script>",
    '<img src=x onerror="pwn()">',
    '<p onclick="pwn()">x</p>',
    '<a href="javascript:pwn()">x</a>',
    '<a href=" javascript:pwn()">x</a>',
    '<svg><a xlink:href="javascript:pwn()"><style><img src=x onerror=pwn()></style></a></svg>',
    '<iframe srcdoc="<script>pwn()</script>"></iframe>',
    "<style>* { display: none }</style>",
    '<form action="https://evil"><input name=x></form>',
    '<article class="composer" id="x" style="position:fixed">x</article>',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=pwn()&gt;'>",
  ])("from a foreign notebook has no more than text and known elements: %s", (html) => {
    const log = shown({ html, title: "<b>t</b>", badge: "b" }).querySelector("[role=log]");
    const every = [...(log?.querySelectorAll("div > div > *, div > div > * *") ?? [])];
    const names = new Set(every.flatMap((each) => each.getAttributeNames()));
    for (const name of names)
      expect(["class", "data-testid", "data-state", "aria-label", "href", "rel"]).toContain(name);
    for (const tag of every.map((each) => each.localName))
      expect(["p", "a", "article", "table", "tbody"]).toContain(tag);
    expect(log?.querySelector("[href]")).toBeNull();
  });

  test.each([null, undefined, 7, "text", [], { html: 7, title: {}, badge: [], dir: "up" }])(
    "that is none is an empty one: %j",
    (value) => {
      expect(shown(value).querySelector("[role=log]")?.textContent).toBe("");
    },
  );

  test("has a bounded number of elements", () => {
    const root = shown({ html: "<p>a</p>".repeat(50_000) });
    expect(root.querySelectorAll("p").length).toBeLessThanOrEqual(20_001);
  });

  test("stays in a notebook that is saved without a kernel, as long as an output shows it", () => {
    const page = open([showing("m1")]);
    store(page.notebook, model, live(), CODE);
    const { m1 } = page.stored();
    const { signal } = testLifetime();
    saved.initialize({ model: modelWith(m1?.state ?? {}, page.manager), signal });
    page.metadata.widgets = { [STATE]: { state: {} } }; // Jupyter's setting stores live models only
    page.save();
    expect(page.stored()).toEqual({ m1 });
    page.model.sharedModel.cells = [];
    page.save();
    expect(page.metadata).toEqual({});
  });

  test("of a foreign notebook takes no other widget's state away", () => {
    const page = open([showing("s1")], { s1: slider, l1: layout });
    const foreign = modelWith({ [SAVED]: { model: "s1" } }, page.manager);
    saved.initialize({ model: foreign, signal: testLifetime().signal });
    page.save();
    expect(page.stored()).toEqual({ s1: slider, l1: layout });
  });
});

test("a host without notebooks stores nothing, whatever its manager is", () => {
  const throwing = new Proxy(
    {},
    {
      get() {
        throw new Error("stub");
      },
    },
  );
  for (const manager of [undefined, null, {}, { context: null }, { context: {} }, throwing])
    expect(Notebook.of(manager)).toBeNull();
});

describe("a chat in a notebook", () => {
  function opened() {
    const page = open([showing("m1")]);
    const history = [event(1, "a", "learner")];
    const traits = { history, _view: { model: "m1" } };
    const model = new MockModel(traits, { answers: false, manager: page.manager });
    const { signal, end } = testLifetime();
    const conversation = new Conversation(model as unknown as Model, signal);
    const shared = { arrange, readLesson, drawText, wordsOfState };
    const drawing = () => ({ words: english, lang: "en", ...shared });
    const saving = new Saving(
      page.notebook,
      model as unknown as Model,
      conversation,
      drawing,
      signal,
    );
    return { ...page, chat: model, saving, end };
  }

  test("is stored at each save once it was shown, as it is then", () => {
    const { chat, saving, save, stored, metadata } = opened();
    save();
    expect(metadata).toEqual({});
    saving.shown();
    expect(metadata).toEqual({}); // it is the save that stores
    save();
    expect(stored().m1?.state._esm).toBe(viewer);
    expect(htmlOf(stored().m1)).toContain("text of a");
    chat.change({ events: [event(2, "_b", "tutor", { re: "a" })] });
    save();
    expect(htmlOf(stored().m1)).toContain("text of _b");
  });

  test("leaves it alone when it ends", () => {
    const { slots, end } = opened();
    expect(slots.size).toBe(1);
    end();
    expect(slots.size).toBe(0);
  });
});
