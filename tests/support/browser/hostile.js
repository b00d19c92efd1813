// What a page tells of hostile text that was drawn: run by test_hostile.py before the page's own code.
window.pwned = 0;
window.pwn = () => window.pwned++;

window.hostile = {
  /** The messages' bodies, in order. */
  bodies: () => [...document.querySelector("#views > div").shadowRoot.querySelectorAll(".body")],

  /** Everything outside the chat, and the names that a page's scripts see. */
  outside: () => {
    const page = document.documentElement.cloneNode(true);
    // What is spoken is text, and comes and goes.
    for (const voice of page.querySelectorAll("[aria-live], [role=status], [role=alert]"))
      voice.textContent = "";
    return [page.outerHTML, location.href, document.title, Object.keys(window).sort().join()];
  },

  /** The messages of a page that was saved, as a browser reads it. */
  saved: (html) => [
    ...new DOMParser().parseFromString(html, "text/html").querySelectorAll("article > div"),
  ],

  /** For each body: its elements' number, tags, attributes, styles and links. */
  drawn: (bodies) =>
    bodies.map((body) => {
      const elements = [...body.querySelectorAll("*")];
      const attributes = elements.flatMap((element) => [...element.attributes]);
      return {
        size: elements.length,
        tags: [...new Set(elements.map((element) => element.localName))],
        attributes: [...new Set(attributes.map(({ name }) => name))],
        styles: [...new Set(attributes.filter((a) => a.name === "style").map((a) => a.value))],
        links: [...body.querySelectorAll("a[href]")].map((a) => [a.href, [...a.relList]]),
      };
    }),

  /** Lets each text stream as a reply, in pieces drawn before the next comes, and be committed. */
  async stream(texts, pieces) {
    const views = document.querySelector("#views");
    views.hidden = true; // laid out it was before: here it is what is drawn that counts
    for (const [n, text] of texts.entries()) await hostile.reply(`m${n}`, text, pieces);
    views.hidden = false;
  },

  async reply(re, text, pieces) {
    const { model } = harness;
    const points = [...text];
    const size = Math.ceil(points.length / pieces) || 1;
    model.change({ reply: { re, id: `s-${re}`, from: 0, text: "" } });
    for (let from = 0; from < points.length; from += size) {
      model.change({ reply: { from, text: points.slice(from, from + size).join("") } });
      await scheduler.yield();
    }
    const at = 1_760_000_000_000;
    const event = { seq: model.get("_n"), id: `s-${re}`, re, role: "tutor", text, at };
    model.change({ events: [{ ...event, status: "complete" }] });
    await scheduler.yield();
  },
};
