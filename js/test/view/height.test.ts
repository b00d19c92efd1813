import { afterEach, describe, expect, test, vi } from "vitest";
import { open, press, settled } from "../support/page.ts";

afterEach(() => localStorage.clear());

const shown = (view: ReturnType<typeof open>) => {
  vi.spyOn(view.$(".log"), "offsetHeight", "get").mockImplementation(() =>
    Number.parseInt(view.$(".log").style.height || "300", 10),
  );
  const handle = view.$(".handle");
  const point = (type: string, clientY: number) =>
    handle.dispatchEvent(Object.assign(new Event(type), { clientY, pointerId: 1 }));
  return { ...view, handle, point, height: () => view.$(".log").style.height };
};

describe("the height of the conversation", () => {
  test("is set by keyboard, within bounds, and said", () => {
    const { handle, height } = shown(open());
    press(handle, "ArrowDown");
    press(handle, "ArrowUp");
    expect(handle.getAttribute("aria-valuenow")).toBe("300");
    const heights = ["ArrowDown", "ArrowUp", "ArrowUp", "End", "ArrowDown", "Home", "ArrowUp"].map(
      (key) => {
        expect(press(handle, key).defaultPrevented).toBe(true);
        return height();
      },
    );
    expect(heights).toEqual(["324px", "300px", "276px", "2000px", "2000px", "96px", "96px"]);
    expect(handle.getAttribute("aria-valuenow")).toBe("96");
    expect(press(handle, "a").defaultPrevented).toBe(false);
  });

  test("follows the pointer that drags it, and no longer", () => {
    const { handle, point, height } = shown(open());
    point("pointermove", 700);
    expect(height()).toBe("");
    point("pointerdown", 500);
    point("pointermove", 540);
    point("lostpointercapture", 540);
    point("pointermove", 600);
    handle.click();
    expect(height()).toBe("340px");
  });

  test("is tall after a click, and after another as it was", () => {
    const { handle, height } = shown(open());
    handle.click();
    expect(height()).toBe(`${Math.round(innerHeight * 0.8)}px`);
    handle.click();
    expect(height()).toBe("");
  });

  test("is kept for the conversation, and for the new one in its place", async () => {
    const first = shown(open());
    press(first.handle, "ArrowDown");
    first.end();
    const second = shown(open());
    expect(second.height()).toBe("324px");
    second.model.change({ view: { key: "k2" } });
    await settled();
    expect(second.height()).toBe("324px");
    expect([open(), open({ _view: { key: "k2" } })].map((each) => shown(each).height())).toEqual([
      "",
      "324px",
    ]);
  });

  test("is not kept for a conversation that is deleted", async () => {
    const { handle, model, height } = shown(open());
    press(handle, "ArrowDown");
    model.change({ view: { erased: ["k1"] } });
    await settled();
    expect(height()).toBe("324px");
    expect(localStorage.length).toBe(0);
  });

  test("is the page's alone where the browser keeps nothing", () => {
    const denied = () => {
      throw new Error("denied");
    };
    vi.stubGlobal("localStorage", { getItem: denied, setItem: denied, removeItem: denied });
    const { handle, height } = shown(open());
    press(handle, "ArrowDown");
    expect(height()).toBe("324px");
    vi.unstubAllGlobals();
  });
});
