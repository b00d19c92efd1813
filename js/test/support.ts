/** What tests of the page share: lives that end with the test, and a widget as a host shows it. */
import { afterEach } from "vitest";
import type { Connection, LogEvent, QueueItem } from "../src/model/types.ts";
import widget from "../src/widget.ts";
import { MockModel } from "./mock.mjs";

const lives = new Set<AbortController>();

/** A life that ends with the test at the latest: what it left behind would act in the next one. */
export function life(): AbortController {
  const controller = new AbortController();
  lives.add(controller);
  return controller;
}

afterEach(() => {
  for (const each of lives) each.abort();
  lives.clear();
});

/** Lets everything happen that is due now. */
export const settled = () => new Promise((resolve) => setTimeout(resolve));

export const connection = (
  status: Connection["status"],
  more: Partial<Connection> = {},
): Connection => ({ ...new MockModel().get("connection"), status, ...more });

export const event = (seq: number, id: string, role: LogEvent["role"], more = {}): LogEvent => ({
  seq,
  id,
  role,
  text: `text of ${id}`,
  at: Date.UTC(2026, 0, 2, 10, seq),
  status: "complete",
  ...more,
});

export const item = (id: string, status: QueueItem["status"], more = {}): QueueItem => ({
  id,
  text: `text of ${id}`,
  at: Date.UTC(2026, 0, 2, 11),
  status,
  reason: "",
  ...more,
});

type Traits = ConstructorParameters<typeof MockModel>[0];
type Options = ConstructorParameters<typeof MockModel>[1];
type Hook = (props: object) => unknown;

/** A widget on the page, as anywidget makes it. */
export function open(traits: Traits = {}, options: Options = {}) {
  const model = new MockModel(traits, options);
  const { initialize, render } = (widget as () => { initialize: Hook; render: Hook })();
  const whole = life();
  initialize({ model, signal: whole.signal });
  const show = () => {
    const view = life();
    const el = document.createElement("div");
    document.body.append(el);
    render({ model, el, signal: view.signal });
    const root = el.shadowRoot as ShadowRoot;
    const $ = <E extends HTMLElement>(selector: string) => root.querySelector<E>(selector) as E;
    const $$ = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
    /** The button that is shown with that label. */
    const named = (label: string) =>
      $$("button").find((each) => each.textContent === label && !each.closest("[hidden]"));
    return { el, root, $, $$, named, remove: () => view.abort() };
  };
  return { model, ...show(), show, end: () => whole.abort() };
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
