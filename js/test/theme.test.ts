import { describe, expect, it } from "vitest";
import { lightness } from "../src/theme.ts";

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
