/**
 * Parts of the front end that only some conversations need, such as the mathematics: the kernel sends
 * each when it is first asked for, once per model. What waits for one is legible without it.
 */
import { h } from "../dom.ts";

/** What a part is: code for an element in the page, and that element's style. */
export interface Part {
  default(element: HTMLElement, ...given: never[]): void;
  style: string;
}

/** A part that improves an element in place. */
interface Enhancement extends Part {
  default(element: HTMLElement): void;
}

export class Parts {
  readonly #coming = new Map<string, Promise<Part>>();

  /** `ask` resolves to a part's code. */
  constructor(private readonly ask: (name: string) => Promise<string | undefined>) {}

  /** Improves all below `root` that is marked with a part's name, now or when the part is here. */
  enhance(root: Element): void {
    for (const element of root.querySelectorAll<HTMLElement>("[data-part]")) {
      const name = element.dataset.part ?? "";
      this.load<Enhancement>(name, element).then((part) => {
        if (!element.isConnected) return; // it was drawn again meanwhile
        element.removeAttribute("data-part");
        part.default(element);
      });
    }
  }

  /**
   * The part of that name, its style in place for `element`. Without a kernel it never comes, nor
   * where a page forbids to run it: then all stays as it is.
   */
  async load<P extends Part>(name: string, element: HTMLElement): Promise<P> {
    const part = (await this.#get(name)) as P;
    const root = element.getRootNode();
    if (root instanceof ShadowRoot && !root.querySelector(`style.${name}`))
      root.prepend(h("style", { class: name }, part.style));
    return part;
  }

  #get(name: string): Promise<Part> {
    const coming = this.#coming.get(name) ?? this.ask(name).then(run).catch(never);
    this.#coming.set(name, coming);
    return coming;
  }
}

const never = () => new Promise<never>(() => undefined);

/** As anywidget itself gets its code to run. */
async function run(code = ""): Promise<Part> {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return await import(/* @vite-ignore */ address);
  } finally {
    URL.revokeObjectURL(address);
  }
}
