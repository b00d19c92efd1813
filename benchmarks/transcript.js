// Two ways to show the same messages, for benchmarks/transcript.py.
window.bench = {
  said: [],
  /** How the widget draws each message: what the plain way shows. */
  bodies: [],
  list: null,

  root: () => document.querySelector("#views > div").shadowRoot,
  all: () => (bench.list ?? bench.root()).querySelectorAll(".message"),
  drawn: () => bench.all().length,
  field: () => (bench.list ? document : bench.root()).querySelector("textarea"),

  /** As from a kernel: whole traits, which the page already holds. */
  widget() {
    harness.model.traitsArrive({ history: bench.said, _n: 1 });
  },

  copy() {
    bench.bodies = [...bench.all()].map((message) => message.outerHTML);
    bench.style = bench.root().querySelector("style").textContent;
    harness.end();
  },

  /** All at once; each change draws the last message anew and goes to the end. */
  plain() {
    const views = document.querySelector("#views");
    const style = document.createElement("style");
    // Nothing that spares the browser what is out of sight.
    style.textContent = bench.style.replace(/content-visibility:\s*auto|contain:\s*content/g, "");
    const list = document.createElement("div");
    list.className = "log";
    list.innerHTML = bench.bodies.join("");
    views.replaceChildren(style, list, document.createElement("textarea"));
    bench.list = list;
    list.scrollTop = list.scrollHeight;
  },

  /** A reply of so many tokens, so many a second, in pieces of 200 ms as the kernel sends them. */
  async stream(tokens, rate) {
    const pause = () => new Promise((done) => setTimeout(done, 200));
    const word = (n) => `word${n % 40 === 39 ? ".\n\n" : " "}`;
    let [text, at] = ["", 0];
    const last = bench.list?.appendChild(bench.all()[1].cloneNode(true)).querySelector(".body");
    if (!last) harness.model.change({ reply: { re: "q", id: "r", from: 0, text: "" } });
    while (at < tokens) {
      const from = text.length;
      for (let n = 0; n < rate / 5; n++) text += word(at++);
      if (!last) harness.model.change({ reply: { from, text: text.slice(from) } });
      else {
        last.replaceChildren(...text.split("\n\n").map((part) => {
          const p = document.createElement("p");
          p.append(part);
          return p;
        }));
        bench.list.scrollTop = bench.list.scrollHeight;
      }
      await pause();
    }
  },
};
