/** Parts of the front end in the page of a test. */
import { vi } from "vitest";
import type { Traits } from "../../src/model/types.ts";
import menu from "../../src/parts/menu.ts";
import { MockModel } from "./mock.mjs";

/** The kernel sends this part, and the page runs its source: `parts` for a `MockModel`. */
export function servePart(name: string): Record<string, string> {
  const { href } = new URL(`../../src/parts/${name}.ts`, import.meta.url);
  vi.spyOn(URL, "createObjectURL").mockReturnValue(href);
  vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
  return { [name]: "its code" };
}

const traitsOf = (model: MockModel): Traits =>
  ({ _view: model.get("_view"), session_state: model.get("session_state") }) as Traits;

/** The menu of the header, in a place of its own; `more` of the conversation, in this host. */
export function openMenu(
  more: Partial<Parameters<typeof menu>[2]> = {},
  traits: ConstructorParameters<typeof MockModel>[0] = {},
  manager: unknown = {},
) {
  const choices = document.body.appendChild(document.createElement("div"));
  const asked = { ask: vi.fn(), request: vi.fn(), erase: vi.fn() };
  const model = new MockModel(traits);
  const given = { ...asked, offers: () => false, traits: traitsOf(model) };
  const conversation = { ...given, ...more };
  const { signal: whole } = new AbortController();
  const origin = { place: choices, whole, floating: { end: null }, manager, show: vi.fn() };
  const closed = vi.fn();
  menu(choices, undefined, conversation, origin, closed);
  /** The button that is shown with that label. */
  const named = (label: string) =>
    [...choices.querySelectorAll("button")].find(
      (each) => each.textContent === label && !each.closest("[hidden]"),
    );
  return { choices, named, conversation, closed };
}
