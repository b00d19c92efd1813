/**
 * Markdown inside a paragraph, as DOM nodes: CommonMark 0.31's emphasis, code, links and breaks, with
 * GFM's `~~` and bare addresses. Safe by construction: text becomes text nodes, and the only address
 * that is ever set is an `http`, `https` or `mailto` link's. Images are links: a page that loads a
 * picture tells its owner who reads what.
 */
import { h } from "../dom.ts";
import { fill } from "../words.ts";
import { decodeEntity } from "./entities.ts";

interface Delimiter {
  node: Text;
  char: string;
  count: number;
  /** As found; the rule of three looks at this, not at what is left. */
  length: number;
  opens: boolean;
  closes: boolean;
}

interface Bracket {
  node: Text;
  image: boolean;
  active: boolean;
  /** Where its content begins in the stack of delimiters. */
  delimiters: number;
}

/** Emphasis within emphasis ends here: what nests without end exhausts a browser's stack. */
const MAX_OPEN = 16;
const MAX_RUN = 12;
const PLAIN = /[^\\`*_~[\]!<&\nh$]+/y;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const AUTOLINK = /<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>/y;
const EMAIL = /<([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>/y;
const BARE = /https?:\/\/[^\s<]+/y;
const ENTITY = /&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});/y;
/** Displayed between `$$` or `\[ \]`; in the line between `$`, unless it is about money, or `\( \)`. */
const MATH =
  /\$\$(.{1,4000}?)\$\$|\\\[(?!\\\W)(.{1,4000}?)\\\]|\$(?!\s)((?:\\.|[^\\$]){1,4000}?)(?<!\s)\$(?!\d)|\\\((?!\\\W)(.{1,4000}?)\\\)/sy;
const SPACE = /^[\s\p{Z}]?$/u;
const PUNCTUATION = /^[\p{P}\p{S}]$/u;

/** `imageWords` is what stands for a picture, with `{alt}` in it. */
export function inline(text: string, imageWords: string): DocumentFragment {
  return new Inline(text, imageWords).parse();
}

/** The address, if it is one that a link may have. */
export function safeAddress(address: string): string | null {
  if (!/^(?:https?:|mailto:)/i.test(address) || !URL.canParse(address)) return null;
  const url = new URL(address);
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
}

class Inline {
  #at = 0;
  readonly #out = document.createDocumentFragment();
  /** Text that is not yet a node. */
  #plain = "";
  #delimiters: Delimiter[] = [];
  #brackets: Bracket[] = [];
  /** Lengths of backtick runs that close nowhere further on. */
  #openTicks = new Set<number>();

  constructor(
    private readonly text: string,
    private readonly imageWords: string,
  ) {}

  parse(): DocumentFragment {
    while (this.#at < this.text.length) this.#step();
    this.#add();
    emphasize(this.#delimiters);
    this.#out.normalize();
    return this.#out;
  }

  static readonly #steps: Record<string, (inline: Inline) => void> = {
    "\n": (inline) => inline.#lineBreak(),
    "\\": (inline) => inline.#math() || inline.#escape(),
    $: (inline) => inline.#math() || inline.#take("$"),
    "`": (inline) => inline.#code(),
    "*": (inline) => inline.#delimiter("*"),
    _: (inline) => inline.#delimiter("_"),
    "~": (inline) => inline.#delimiter("~"),
    "[": (inline) => inline.#open("["),
    "!": (inline) => (inline.text[inline.#at + 1] === "[" ? inline.#open("![") : inline.#take("!")),
    "]": (inline) => inline.#close(),
    "<": (inline) => inline.#autolink(),
    "&": (inline) => inline.#entity(),
    h: (inline) => inline.#bareLink(),
  };

  #step(): void {
    const char = this.text[this.#at] ?? "";
    const step = Inline.#steps[char];
    if (step) step(this);
    else this.#take(this.#match(PLAIN)?.[0] ?? char);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.text);
  }

  /** Adds `shown` as text and goes past `source`. */
  #take(source: string, shown = source): void {
    this.#at += source.length;
    this.#plain += shown;
  }

  #add(...nodes: Node[]): void {
    if (this.#plain) this.#out.append(this.#plain);
    this.#plain = "";
    this.#out.append(...nodes);
  }

  /** The same as a node of its own, which emphasis or a link may yet replace. */
  #mark(source: string): Text {
    const node = document.createTextNode(source);
    this.#at += source.length;
    this.#add(node);
    return node;
  }

  #lineBreak(): void {
    let end = this.#plain.length;
    while (this.#plain[end - 1] === " ") end--;
    const hard = this.#plain.length - end >= 2;
    this.#plain = this.#plain.slice(0, end);
    if (hard) this.#add(h("br"));
    this.#take("\n");
    while (this.text[this.#at] === " ") this.#at++;
  }

  #escape(): void {
    const next = this.text[this.#at + 1] ?? "";
    if (next === "\n") {
      this.#add(h("br"));
      this.#at++;
    } else if (ESCAPABLE.test(next)) this.#take(`\\${next}`, next);
    else this.#take("\\");
  }

  /** TeX as it is written, until the part that draws it is here. */
  #math(): boolean {
    const found = this.#match(MATH);
    if (!found) return false;
    const [source, shown, shown2, ...inLine] = found;
    const display = shown ?? shown2;
    const tex = display ?? inLine.join("");
    this.#at += source.length;
    this.#add(h("code", { class: `math${display ? " display" : ""}`, "data-part": "math" }, tex));
    return true;
  }

  #code(): void {
    const run = /`+/y;
    const ticks = this.#match(run)?.[0] ?? "`";
    const start = this.#at + ticks.length;
    const end = this.#openTicks.has(ticks.length) ? -1 : this.#closingTicks(start, ticks.length);
    if (end < 0) {
      this.#openTicks.add(ticks.length);
      this.#take(ticks);
      return;
    }
    let code = this.text.slice(start, end).replaceAll("\n", " ");
    if (/^ .* $/.test(code) && code.trim()) code = code.slice(1, -1);
    this.#add(h("code", {}, code));
    this.#at = end + ticks.length;
  }

  #closingTicks(from: number, length: number): number {
    const runs = /`+/g;
    runs.lastIndex = from;
    for (let run = runs.exec(this.text); run; run = runs.exec(this.text)) {
      if (run[0].length === length) return run.index;
    }
    return -1;
  }

  #delimiter(char: string): void {
    let end = this.#at;
    while (this.text[end] === char) end++;
    const run = this.text.slice(this.#at, end);
    const before = [...this.text.slice(Math.max(0, this.#at - 2), this.#at)].at(-1) ?? "";
    const after = String.fromCodePoint(this.text.codePointAt(end) ?? 32);
    const left = flanks(after, before);
    const right = flanks(before, after);
    const word = char === "_";
    const opens = left && (!word || !right || PUNCTUATION.test(before));
    const closes = right && (!word || !left || PUNCTUATION.test(after));
    const node = this.#mark(run);
    if (char === "~" && run.length !== 2) return;
    const { length } = run;
    const count = Math.min(length, MAX_RUN);
    if (opens || closes) this.#delimiters.push({ node, char, count, length, opens, closes });
  }

  #open(source: "[" | "!["): void {
    const delimiters = this.#delimiters.length;
    const image = source === "![";
    this.#brackets.push({ node: this.#mark(source), image, active: true, delimiters });
  }

  /** At `]`: a link if a `(target)` follows and a bracket is open; otherwise plain text. */
  #close(): void {
    const bracket = this.#brackets.pop();
    const target = bracket?.active ? linkTarget(this.text, this.#at + 1) : null;
    if (!bracket || !target) {
      this.#take("]");
      return;
    }
    this.#add();
    emphasize(this.#delimiters.splice(bracket.delimiters));
    const content = nodesAfter(bracket.node);
    bracket.node.remove();
    this.#at = target.end;
    if (bracket.image) this.#addImage(content, target.address);
    else {
      this.#addLink(content, target.address);
      // A link within a link is none.
      for (const outer of this.#brackets) if (!outer.image) outer.active = false;
    }
  }

  #addImage(content: Node[], address: string): void {
    const alt = content.map((node) => node.textContent ?? "").join("");
    for (const node of content) (node as ChildNode).remove();
    this.#addLink([document.createTextNode(fill(this.imageWords, { alt }))], address);
  }

  #addLink(content: Node[], address: string): void {
    const href = safeAddress(address);
    const element = href
      ? h("a", { href, target: "_blank", rel: "noopener noreferrer" })
      : h("span", { class: "no-link" });
    this.#add();
    element.append(...content);
    this.#out.append(element);
  }

  #autolink(): void {
    const link = this.#match(AUTOLINK);
    const email = this.#match(EMAIL);
    const address = link?.[1] ?? (email && `mailto:${email[1]}`);
    if (!address || !safeAddress(address)) {
      this.#take("<");
      return;
    }
    this.#at += (link ?? email)?.[0].length ?? 1;
    this.#addLink([document.createTextNode((link ?? email)?.[1] ?? "")], address);
  }

  /** GFM: an address on its own, without the punctuation that ends the sentence. */
  #bareLink(): void {
    const glued = /\w$/.test(this.text.slice(Math.max(0, this.#at - 1), this.#at));
    const found = glued ? null : this.#match(BARE);
    // Between brackets that a target follows, the address is a link's words.
    if (!found || (this.#brackets.some((b) => b.active) && this.text.includes("](", this.#at))) {
      this.#take("h");
      return;
    }
    const address = withoutEnd(found[0]);
    this.#at += address.length;
    this.#addLink([document.createTextNode(address)], address);
  }

  #entity(): void {
    const source = this.#match(ENTITY)?.[0] ?? "&";
    this.#take(source, decodeEntity(source));
  }
}

/** What ends a sentence does not belong to an address, nor does a bracket that it did not open. */
function withoutEnd(address: string): string {
  let surplus = address.split(")").length - address.split("(").length;
  let end = address.length;
  for (let char = ""; end; end--) {
    char = address[end - 1] ?? "";
    if (char === ")" ? surplus-- <= 0 : !"?!.,:*_~'\"".includes(char)) break;
  }
  return address.slice(0, end);
}

/** A run flanks what is `near` if that is no space, and no punctuation glued to a letter `far`. */
function flanks(near: string, far: string): boolean {
  if (SPACE.test(near)) return false;
  return !PUNCTUATION.test(near) || SPACE.test(far) || PUNCTUATION.test(far);
}

function nodesAfter(node: Node): Node[] {
  const nodes: Node[] = [];
  for (let next = node.nextSibling; next; next = next.nextSibling) nodes.push(next);
  return nodes;
}

/** CommonMark's "process emphasis": pairs closers with the nearest opener that fits. */
function emphasize(delimiters: Delimiter[]): void {
  const openers: [Delimiter, number][] = [];
  // Before these no opener of the kind is left: keeps hostile text from costing quadratic time.
  const bottoms = new Map<string, number>();
  delimiters.forEach((closer, i) => {
    while (closer.closes && closer.count > 0) {
      const kind = `${closer.char}${closer.opens}${closer.length % 3}`;
      const bottom = bottoms.get(kind) ?? 0;
      const at = openers.findLastIndex(([opener, n]) => n < bottom || pairs(opener, closer));
      const [opener, n] = openers[at] ?? [closer, -1];
      if (n < bottom) {
        bottoms.set(kind, i);
        break;
      }
      wrap(opener, closer);
      openers.length = opener.count > 0 ? at + 1 : at;
    }
    if (closer.opens && closer.count > 0 && openers.length < MAX_OPEN) openers.push([closer, i]);
  });
}

function pairs(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.char !== closer.char) return false;
  const both = opener.closes || closer.opens;
  const threes = (opener.length + closer.length) % 3 === 0;
  return !both || !threes || (opener.length % 3 === 0 && closer.length % 3 === 0);
}

function wrap(opener: Delimiter, closer: Delimiter): void {
  const size = opener.count >= 2 && closer.count >= 2 ? 2 : 1;
  const element = h(closer.char === "~" ? "del" : size === 2 ? "strong" : "em");
  while (opener.node.nextSibling && opener.node.nextSibling !== closer.node) {
    element.append(opener.node.nextSibling);
  }
  opener.node.after(element);
  for (const delimiter of [opener, closer]) {
    delimiter.count -= size;
    delimiter.node.data = delimiter.node.data.slice(size);
  }
}

/** What stands at `at`, if it is `(address "title")`; the title is not shown. */
function linkTarget(text: string, at: number): { address: string; end: number } | null {
  const open = /\(\s*/y;
  open.lastIndex = at;
  const opened = open.exec(text);
  if (!opened) return null;
  const found = destination(text, at + opened[0].length);
  if (!found) return null;
  const rest = /(?:\s+(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\)))?\s*\)/y;
  rest.lastIndex = found.end;
  const closing = rest.exec(text);
  return closing && { address: unescapeText(found.raw), end: found.end + closing[0].length };
}

function destination(text: string, at: number): { raw: string; end: number } | null {
  const pointed = /<((?:\\.|[^\n<>\\])*)>/y;
  pointed.lastIndex = at;
  const found = pointed.exec(text);
  if (found) return { raw: found[1] ?? "", end: at + found[0].length };
  let depth = 0;
  let end = at;
  for (; end < text.length; end++) {
    const char = text[end] ?? "";
    if (char === "\\" && ESCAPABLE.test(text[end + 1] ?? "")) end++;
    else if (char <= " ") break;
    else if (char === "(" && ++depth > 32) return null;
    else if (char === ")" && --depth < 0) break;
  }
  return depth > 0 || text[at] === "<" ? null : { raw: text.slice(at, end), end };
}

const unescapeText = (text: string): string =>
  text
    .replace(/\\([!-/:-@[-`{-~])/g, "$1")
    .replace(new RegExp(ENTITY.source, "g"), (entity) => decodeEntity(entity));
