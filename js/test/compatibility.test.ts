/**
 * What pages of 0.1 left: traits of a kernel or in a saved notebook, and what a tab kept. The files
 * in tests/golden/0.1 are frozen: the traits are that release's own samples, and the tab's were
 * written by its bundle.
 */
import { describe, expect, test } from "vitest";
import samples from "../../tests/golden/0.1/comm.json" with { type: "json" };
import kept from "../../tests/golden/0.1/storage.json" with { type: "json" };
import type { Change, Traits } from "../src/model/types.ts";
import widget from "../src/widget.ts";
import { MockModel } from "./support/mock.mjs";

type Hook = (props: object) => unknown;

/** A view on a model that has these traits and no others, even if the mock knows more by now. */
function show(traits: object, options = {}) {
  const model = new MockModel({}, options);
  model.traitsArrive(traits);
  const definition = (widget as () => { initialize: Hook; render: Hook })();
  const life = new AbortController();
  definition.initialize({ model, signal: life.signal });
  const el = document.createElement("div");
  document.body.append(el);
  definition.render({ model, el, signal: life.signal });
  return { model, root: el.shadowRoot as ShadowRoot, end: () => life.abort() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("traits of 0.1", () => {
  let traits: object = samples.start;
  for (const step of [{ fact: "the start", traits: {} }, ...samples.steps]) {
    traits = { ...traits, ...step.traits };
    const saved = structuredClone(traits) as Traits;
    test(`are drawn without a kernel: ${step.fact}`, () => {
      const { model, root, end } = show(saved, { throws: true });
      const messages = [...root.querySelectorAll<HTMLElement>(".message")];
      // An answer under way is drawn in the place of one that its message had before.
      const underWay = saved.history.find((item) => item.status === "streaming")?.re;
      const said = saved.history.filter(
        (item) => "seq" in item && !(underWay && item.re === underWay),
      );
      for (const { id, text } of [...said, ...saved.queue]) {
        const drawn = messages.filter((message) => message.dataset.id === id);
        expect(drawn, text).toHaveLength(1);
      }
      for (const item of saved.queue) {
        const message = messages.find((each) => each.dataset.id === item.id);
        expect(message?.textContent).toContain(item.text);
        expect(message?.textContent).toContain(item.reason);
      }
      expect(root.textContent).toContain("Lists in Python");
      if (saved.status === "reconnecting")
        expect(root.textContent).toContain(saved.connection.reason);
      expect(model.saved).toBe(0);
      end();
    });
  }

  test("become those of its kernel's messages, one after the other", () => {
    const { model, end } = show(samples.start);
    let expected: Record<string, unknown> = samples.start;
    for (const step of samples.steps) {
      model.receive(step.message as Change);
      expected = { ...expected, ...step.traits };
      const found = Object.fromEntries(
        Object.keys(expected).map((name) => [name, model.get(name)]),
      );
      expect(found, step.fact).toEqual(expected);
    }
    end();
  });
});

test("what a tab of 0.1 kept is shown, and sent in order under the same ids", async () => {
  // Storage has no order of its own.
  for (const [name, value] of Object.entries(kept).reverse()) sessionStorage.setItem(name, value);
  const commands = Object.values(kept)
    .filter((value) => value.startsWith("{"))
    .map((value) => JSON.parse(value) as { id: string; text: string });
  expect(commands).toHaveLength(2);
  const { model, root, end } = show({});
  await settled();
  expect(model.ops("say")).toHaveLength(2);
  expect(model.ops("say")).toMatchObject(commands.map(({ id, text }) => ({ id, text })));
  expect(root.querySelector("textarea")?.value).toBe("half a sen");
  // Acknowledged by now, so that a second reload sends nothing.
  expect(Object.keys(sessionStorage).filter((name) => name.includes(":command:"))).toEqual([]);
  end();
});
