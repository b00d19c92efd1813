/**
 * Parts of the front end that only some conversations need, such as the mathematics: the kernel sends
 * each when it is first asked for, once per model. What waits for one is legible without it.
 */

/** What a part is: it improves an element in place, by a style of its own. */
export interface Part {
  default(element: HTMLElement): void;
  style: string;
}

export class Parts {
  readonly #coming = new Map<string, Promise<Part>>();

  /** `ask` resolves to a part's code. */
  constructor(private readonly ask: (name: string) => Promise<string | undefined>) {}

  /** Improves all below `root` that is marked with a part's name, now or when the part is here. */
  embellish(root: Element): void {
    for (const element of root.querySelectorAll<HTMLElement>("[data-part]")) {
      const name = element.dataset.part ?? "";
      // Without a kernel it never comes, and a page may forbid to run it: then all stays as it is.
      this.#get(name)
        .then((part) => improve(element, name, part))
        .catch(() => undefined);
    }
  }

  #get(name: string): Promise<Part> {
    const coming = this.#coming.get(name) ?? this.ask(name).then(run);
    this.#coming.set(name, coming);
    return coming;
  }
}

function improve(element: HTMLElement, name: string, part: Part): void {
  const root = element.getRootNode();
  if (!(root instanceof ShadowRoot)) return; // it was drawn again meanwhile
  if (!root.querySelector(`style.${name}`)) {
    const style = document.createElement("style");
    style.className = name;
    style.textContent = part.style;
    root.prepend(style);
  }
  element.removeAttribute("data-part");
  part.default(element);
}

/** As anywidget itself gets its code to run. */
async function run(code = ""): Promise<Part> {
  const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return await import(/* @vite-ignore */ address);
  } finally {
    URL.revokeObjectURL(address);
  }
}
