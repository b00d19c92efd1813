/**
 * Parts of the front end that only some conversations need, such as mathematics. The kernel sends the
 * code of each on the first request, once per model. Without a part its elements show plain text.
 */
import { h } from "../dom.ts";

/** A part's module: code that draws, and the style for it. */
export interface Part {
  default(...given: never[]): unknown;
  style: string;
}

/** A part that enhances an element in place. */
interface Enhancement extends Part {
  default(element: HTMLElement): void;
}

export class Parts {
  readonly #loading = new Map<string, Promise<unknown>>();

  /** `ask` resolves to a part's code. */
  constructor(private readonly ask: (name: string) => Promise<string | undefined>) {}

  /** Enhances the elements below `root` that name a part in `data-part`, when that part is loaded. */
  enhance(root: Element): void {
    for (const element of root.querySelectorAll<HTMLElement>("[data-part]")) {
      const name = element.dataset.part ?? "";
      this.load<Enhancement>(name, element).then((part) => {
        if (!element.isConnected) return; // it was drawn anew meanwhile
        element.removeAttribute("data-part");
        part.default(element);
      });
    }
  }

  /**
   * Resolves to the part, with its style in the shadow root of `element`. Stays pending without a
   * kernel, and where the page's content security policy forbids the code.
   */
  async load<P extends Part>(name: string, element: HTMLElement): Promise<P> {
    const part = await this.module<P>(name);
    const root = element.getRootNode();
    if (root instanceof ShadowRoot && !root.querySelector(`style.${name}`))
      root.prepend(h("style", { class: name }, part.style));
    return part;
  }

  /** Resolves to a part that brings no style, as `load` does. */
  module<M>(name: string): Promise<M> {
    const loading = this.#loading.get(name) ?? this.ask(name).then(run).catch(never);
    this.#loading.set(name, loading);
    return loading as Promise<M>;
  }
}

const never = () => new Promise<never>(() => undefined);

/** Imports the code from a blob, as anywidget does. */
async function run(code = ""): Promise<unknown> {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return await import(/* @vite-ignore */ address);
  } finally {
    URL.revokeObjectURL(address);
  }
}
