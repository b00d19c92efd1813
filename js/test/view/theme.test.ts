import { describe, expect, it, vi } from "vitest";
import { followTheme, lightness } from "../../src/view/theme.ts";
import { testLifetime } from "../support/lifetimes.ts";

describe("how light what is behind the chat is", () => {
  it.each([
    ["rgb(255, 255, 255)", 1],
    ["rgb(17, 17, 17)", 17 / 255],
    ["rgba(255, 255, 255, 0.9)", 1],
    ["color(srgb 1 1 1)", 1],
    ["color(display-p3 0.5 0.5 0.5 / 0.8)", 0.5],
    ["oklch(0.98 0.002 247.8)", 0.98],
    ["oklab(0.2 -0.01 -0.02 / 0.7)", 0.2],
    ["lab(98 0 0)", 0.98],
  ])("reads %s", (colour, light) => {
    expect(lightness(colour)).toBeCloseTo(light, 5);
  });

  it.each(["rgba(0, 0, 0, 0)", "color(srgb 1 1 1 / 0.2)", "oklab(0.2 -0.01 -0.02 / 0.1)", ""])(
    "sees through %s",
    (colour) => {
      expect(lightness(colour)).toBeNull();
    },
  );
});

describe("the theme", () => {
  function open() {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const system = Object.assign(new EventTarget(), { matches: false });
    vi.stubGlobal("matchMedia", () => system);
    const host = document.body.appendChild(document.createElement("div"));
    const whole = testLifetime();
    followTheme(host, whole.signal);
    return { host, system, end: whole.end };
  }
  const behind = (colour: string) => {
    document.body.style.backgroundColor = colour;
  };

  it("is JupyterLab's where it says one, whatever is behind", () => {
    behind("rgb(255, 255, 255)");
    document.body.dataset.jpThemeLight = "false";
    expect(open().host.dataset.theme).toBe("dark");
    document.body.dataset.jpThemeLight = "true";
    behind("rgb(0, 0, 0)");
    expect(open().host.dataset.theme).toBe("light");
    delete document.body.dataset.jpThemeLight;
  });

  it("is else that of the colour behind, and follows it", async () => {
    behind("rgb(17, 17, 17)");
    const { host } = open();
    expect(host.dataset.theme).toBe("dark");
    behind("rgb(250, 250, 250)");
    await vi.waitFor(() => expect(host.dataset.theme).toBe("light"));
  });

  it("is not that of its own background, which follows from it", async () => {
    behind("rgb(17, 17, 17)");
    const { host } = open();
    expect(host.dataset.theme).toBe("dark");
    host.style.backgroundColor = "rgb(17, 17, 17)";
    behind("rgb(250, 250, 250)");
    await vi.waitFor(() => expect(host.dataset.theme).toBe("light"));
  });

  it("is else the system's, and follows it until the view ends", () => {
    behind("");
    const { host, system, end } = open();
    expect(host.dataset.theme).toBe("light");
    system.matches = true;
    system.dispatchEvent(new Event("change"));
    expect(host.dataset.theme).toBe("dark");
    end();
    system.matches = false;
    system.dispatchEvent(new Event("change"));
    expect(host.dataset.theme).toBe("dark");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is watched no more when the view has ended", () => {
    const stopped = vi.spyOn(MutationObserver.prototype, "disconnect");
    open().end();
    expect(stopped).toHaveBeenCalledOnce();
  });
});
