/** How a chat that a notebook stored is shown, and which notebook a chat is in. */
import { describe, expect, test } from "vitest";
import { Conversation, type Model } from "../../src/model/conversation.ts";
import { Notebook } from "../../src/model/notebook.ts";
import { readLesson } from "../../src/model/session_state.ts";
import { Saving, store } from "../../src/parts/notebook/saving.ts";
import { SAVED } from "../../src/parts/saved/states.ts";
import saved from "../../src/parts/saved.ts";
import viewer from "../../src/parts/saved.ts?raw";
import { arrange } from "../../src/view/transcript/entries.ts";
import { drawText, wordsOfState } from "../../src/view/transcript/message.ts";
import { english } from "../../src/words.ts";
import { event } from "../support/fixtures.ts";
import { testLifetime } from "../support/lifetimes.ts";
import { MockModel } from "../support/mock.mjs";
import {
  CODE,
  htmlOf,
  layout,
  live,
  model,
  modelWith,
  openNotebook as open,
  STATE,
  showing,
  slider,
} from "../support/saved.ts";

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
