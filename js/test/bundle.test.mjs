import { build } from "esbuild";
import { expect, test } from "vitest";
import golden from "../../tests/golden/comm.json" with { type: "json" };
import de from "../../tutor_widget/words/de.json" with { type: "json" };
import { options } from "../build.mjs";

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

test("no name that the bundle shortens is one of a message's, a catalogue's or the page's", () => {
  const keys = (value) =>
    typeof value === "object" && value
      ? Object.entries(value).flatMap(([key, inner]) => [key, ...keys(inner)])
      : [];
  const { start, steps, commands } = golden;
  const sent = steps.map(({ message, traits }) => [message, traits]);
  const taken = [...keys([start, sent, commands]), ...keys(de)];
  for (let type of [window, document, document.createElement("textarea"), navigator, new Date()])
    for (; type; type = Object.getPrototypeOf(type))
      taken.push(...Object.getOwnPropertyNames(type));
  expect(taken).toContain("addEventListener");
  expect(taken.filter((name) => options.mangleProps.test(name))).toEqual([]);
});
