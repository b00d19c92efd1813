/** A view of the conversation: what it shows, how it begins and ends, and what it asks for. */
import { describe, expect, test, vi } from "vitest";
import de from "../../../tutor_widget/words/de.json" with { type: "json" };
import { event, item } from "../support/fixtures.ts";
import { open, press, settled, type } from "../support/page.ts";
import { servePart } from "../support/parts.ts";

describe("a view", () => {
  test("is a region with a name, in the words' language and direction", async () => {
    const view = open();
    const chat = () => view.$(".chat");
    expect(chat().getAttribute("aria-label")).toBe("Tutor chat");
    expect([chat().lang.slice(0, 2), chat().dir]).toEqual(["en", "ltr"]);
    view.model.set("_words", { ...de.browser, dir: "rtl" });
    expect([chat().lang.slice(0, 2), chat().dir]).toEqual(["de", "rtl"]);
    expect(view.$$(".chat")).toHaveLength(1);
  });

  test("asks for what counts unseen answers with the first news, and once", async () => {
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        observe() {}
        unobserve() {}
        disconnect() {}
      },
    );
    document.title = "lesson.ipynb";
    const { model } = open({ history: [event(1, "_a", "tutor")] }, { parts: servePart("unseen") });
    model.change({ state: {} });
    await settled();
    expect(model.ops("part")).toEqual([]);
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    model.change({ events: [event(2, "_b", "tutor")] });
    await vi.waitFor(() => expect(document.title).toBe("(1) lesson.ipynb"));
    model.change({ events: [event(3, "_c", "tutor")] });
    await vi.waitFor(() => expect(document.title).toBe("(2) lesson.ipynb"));
    expect(model.ops("part")).toHaveLength(1);
  });

  test("tells the kernel that the page goes, and comes back from the browser's cache", () => {
    const { model } = open();
    const told = () => model.ops("view").map((each) => each.op === "view" && each.shown);
    const shows = (persisted: boolean) =>
      window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted }));
    shows(false);
    expect(told()).toEqual([true]);
    window.dispatchEvent(new Event("pagehide"));
    shows(true);
    expect(told()).toEqual([true, false, true]);
  });

  test("that has ended is drawn no more, nor the one before another language's", async () => {
    const view = open();
    const english = view.$(".chat");
    view.model.set("_words", de.browser);
    view.model.change({ events: [event(1, "a", "learner")] });
    await settled();
    expect(english.querySelectorAll(".message")).toHaveLength(0);
    const german = view.$(".chat");
    expect(german.querySelectorAll(".message")).toHaveLength(1);
    view.remove();
    expect(view.root.childElementCount).toBe(0);
    view.model.change({ events: [event(2, "b", "learner")] });
    await settled();
    expect(german.querySelectorAll(".message")).toHaveLength(1);
  });

  test("keeps the focus when its words change; one without the focus takes none", () => {
    const view = open();
    const other = view.show();
    type(view.$("textarea"), "half a thought");
    view.$(".badge").focus();
    view.model.set("_words", de.browser);
    expect(view.root.activeElement).toBe(view.$("textarea"));
    expect(view.$<HTMLTextAreaElement>("textarea").value).toBe("half a thought");
    view.$("textarea").blur();
    view.model.set("_words", de.browser);
    expect([view.root.activeElement, other.root.activeElement]).toEqual([null, null]);
  });

  test("of a widget that has ended hears of no other language", () => {
    const view = open();
    view.end();
    const before = view.$(".chat");
    view.model.set("_words", de.browser);
    expect(view.$(".chat")).toBe(before);
  });

  test("asks for words only where the reader's language is not English", () => {
    const languages = vi.spyOn(navigator, "languages", "get");
    languages.mockReturnValue(["en-GB", "de"]);
    expect(open().model.ops("words")).toEqual([]);
    languages.mockReturnValue(["de-AT", "en"]);
    expect(open().model.ops("words")).toMatchObject([{ languages: ["de-AT", "en", "en"] }]);
    expect(open({ _words: de.browser }).model.ops("words")).toEqual([]);
  });
});

describe("the learner", () => {
  test("who sends is brought to the end, wherever they were", () => {
    const view = open({ history: [event(1, "a", "tutor")] });
    const log = view.$(".log");
    const place = { scrollHeight: 1_000, clientHeight: 200, scrollTop: 800 };
    for (const [name, value] of Object.entries(place))
      Object.defineProperty(log, name, { value, writable: true });
    for (const top of [800, 0]) {
      log.scrollTop = top;
      log.dispatchEvent(new Event("scroll"));
    }
    expect(view.$(".jump").hidden).toBe(false);
    type(view.$("textarea"), "x");
    press(view.$("textarea"), "Enter");
    expect(log.scrollTop).toBe(1_000);
    expect(view.$(".jump").hidden).toBe(true);
  });

  test("leaves the transcript by Esc for the composer, and it for the notebook", () => {
    const view = open();
    view.$(".log").focus();
    press(view.$(".log"), "Escape");
    expect(view.root.activeElement).toBe(view.$("textarea"));
  });

  test("who asks again for a failed answer asks with what went along then", async () => {
    const shared = { error: "KeyError" };
    const view = open({
      history: [
        event(1, "a", "learner", { shared }),
        event(2, "t", "tutor", { re: "a", status: "failed" }),
      ],
      queue: [item("q", "failed")],
    });
    expect(view.$(".shared").textContent).toBe("Attached: KeyError");
    view.named("Try again")?.click();
    await settled();
    expect(view.model.ops("say")).toMatchObject([{ again: "a", text: "text of a" }]);
  });

  test("who begins a new conversation closes the menu with it", async () => {
    const view = open({}, { parts: servePart("menu") });
    view.$("button.menu").click();
    await vi.waitFor(() => expect(view.named("New conversation…")).toBeDefined());
    view.named("New conversation…")?.click();
    view.named("Start new")?.click();
    expect(view.model.ops("new")).toHaveLength(1);
    expect(view.$("#menu").hidden).toBe(true);
  });

  test("floats once, whichever menu is asked, and the menu brings it back", async () => {
    const view = open({}, { parts: servePart("menu") });
    const floating = () => document.querySelectorAll("[data-floating]").length;
    const more = async () => {
      view.$("button.menu").click();
      await vi.waitFor(() => expect(view.named("New conversation…")).toBeDefined());
    };
    await more();
    const opener = view.named("Float at the lower right");
    opener?.click();
    expect([floating(), view.$("#menu").hidden]).toEqual([1, true]);
    opener?.click(); // of a menu that was drawn before
    expect(floating()).toBe(0);
    opener?.click();
    await more();
    await vi.waitFor(() => expect(view.named("Back to the notebook")).toBeDefined());
    view.named("Back to the notebook")?.click();
    expect(floating()).toBe(0);
  });
});
