import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { math, options } from "../build.mjs";

/** `_esm` and `_css` travel, and are saved, once per chat. There is no `_css`: the style is inside. */
const BUDGET = 96_000;

test(
  `the bundle is at most ${BUDGET} bytes`,
  { timeout: 60_000 },
  async () => {
    const { outputFiles } = await build({ ...options, write: false, logLevel: "silent" });
    expect(outputFiles[0].contents.length).toBeLessThanOrEqual(BUDGET);
  },
  60_000,
);

test("Temml's licence goes with its code", { timeout: 60_000 }, async () => {
  const { outputFiles } = await build({ ...math, write: false, logLevel: "silent" });
  const licence = readFileSync(`${import.meta.dirname}/../node_modules/temml/LICENSE`, "utf8");
  expect(outputFiles[0].text).toContain(licence);
});
