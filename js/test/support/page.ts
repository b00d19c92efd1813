/** A widget on the page, as a host shows it, and what a learner does there. */
import widget from "../../src/widget.ts";
import { testLifetime } from "./lifetimes.ts";
import { MockModel } from "./mock.mjs";

/** Lets everything happen that is due now. */
export const settled = () => new Promise((resolve) => setTimeout(resolve));

type Traits = ConstructorParameters<typeof MockModel>[0];
type Options = ConstructorParameters<typeof MockModel>[1];
type Hook = (props: object) => unknown;

/** A widget on the page, as anywidget makes it. */
export function open(traits: Traits = {}, options: Options = {}) {
  const model = new MockModel(traits, options);
  const { initialize, render } = (widget as () => { initialize: Hook; render: Hook })();
  const whole = testLifetime();
  initialize({ model, signal: whole.signal });
  const show = () => {
    const view = testLifetime();
    const el = document.createElement("div");
    document.body.append(el);
    render({ model, el, signal: view.signal });
    const root = el.shadowRoot as ShadowRoot;
    const $ = <E extends HTMLElement>(selector: string) => root.querySelector<E>(selector) as E;
    const $$ = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
    /** The button that is shown with that label. */
    const named = (label: string) =>
      $$("button").find((each) => each.textContent === label && !each.closest("[hidden]"));
    return { el, root, $, $$, named, remove: () => view.end() };
  };
  return { model, ...show(), show, end: () => whole.end() };
}

export function type(field: HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event("input"));
}

/** The event, so that a test sees whether it was taken. */
export function press(target: Element, key: string, more = {}): KeyboardEvent {
  const given = { key, bubbles: true, cancelable: true, composed: true, ...more };
  const pressed = new KeyboardEvent("keydown", given);
  target.dispatchEvent(pressed);
  return pressed;
}
