/**
 * Markdown inside a paragraph, as DOM nodes: CommonMark 0.31's emphasis, code, links and breaks, with
 * GFM's `~~` and bare addresses. Safe by construction: text becomes text nodes, and the only address
 * that is ever set is an `http`, `https` or `mailto` link's. Images are links: a page that loads a
 * picture tells its owner who reads what.
 */
import { h } from "../dom.ts";
import { fill } from "../words.ts";
import { type Delimiter, delimiterOf, emphasize } from "./emphasis.ts";
import { decodeEntity, ENTITY } from "./entities.ts";
import { linkTarget, safeAddress, withoutTrailingPunctuation } from "./links.ts";

interface Bracket {
  node: Text;
  image: boolean;
  active: boolean;
  /** Where its content begins in the stack of delimiters. */
  delimiters: number;
}

const PLAIN = /[^\\`*_~[\]!<&\nh$]+/y;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const AUTOLINK = /<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>/y;
const EMAIL = /<([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>/y;
const BARE = /https?:\/\/[^\s<]+/y;
/** Displayed between `$$` or `\[ \]`; in the line between `$`, unless it is about money, or `\( \)`. */
const MATH =
  /\$\$(.{1,4000}?)\$\$|\\\[(?!\\\W)(.{1,4000}?)\\\]|\$(?!\s)((?:\\.|[^\\$]){1,4000}?)(?<!\s)\$(?!\d)|\\\((?!\\\W)(.{1,4000}?)\\\)/sy;

/** `imageWords` is what stands for a picture, with `{alt}` in it. */
export function inline(text: string, imageWords: string): DocumentFragment {
  return new Inline(text, imageWords).parse();
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
    const delimiter = delimiterOf(this.#mark(run), before, after);
    if (delimiter) this.#delimiters.push(delimiter);
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
    const address = withoutTrailingPunctuation(found[0]);
    this.#at += address.length;
    this.#addLink([document.createTextNode(address)], address);
  }

  #entity(): void {
    const source = this.#match(ENTITY)?.[0] ?? "&";
    this.#take(source, decodeEntity(source));
  }
}

function nodesAfter(node: Node): Node[] {
  const nodes: Node[] = [];
  for (let next = node.nextSibling; next; next = next.nextSibling) nodes.push(next);
  return nodes;
}
