/**
 * Markdown's inline structure as DOM nodes: CommonMark 0.31's emphasis, code, links and breaks, with
 * GFM's `~~` and bare addresses, and TeX.
 *
 * Safe by construction: text becomes text nodes, and the only attribute set from the source is a
 * link's `http`, `https` or `mailto` address. Images become links, because loading a picture shows
 * its owner who reads what.
 */
import { h, nodesAfter } from "../dom.ts";
import { fill } from "../template.ts";
import { type Delimiter, delimiterOf, emphasize } from "./emphasis.ts";
import { decodeEntity, ENTITY } from "./entities.ts";
import {
  linkTarget,
  openAddress,
  openTarget,
  safeAddress,
  type Target,
  withoutTrailingPunctuation,
} from "./links.ts";
import { isPythons, withoutOpenMarkup } from "./open.ts";
import { formula, openFormula } from "./tex.ts";

interface Bracket {
  node: Text;
  start: number;
  image: boolean;
  active: boolean;
  /** The number of delimiters before its content. */
  delimiters: number;
}

const PLAIN = /[^\\`*_~[\]!<&\nh$]+/y;
const TICKS = /`+/y;
const ESCAPABLE = /[!-/:-@[-`{-~]/;
const AUTOLINK = /<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>/y;
const EMAIL = /<([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>/y;
const BARE = /https?:\/\/[^\s<]+/y;
/** How long a link's text may be open. */
const MAX_OPEN_LINK = 120;

/**
 * `imageWords`: the text of an image's link, with `{alt}` in it. `isOpen`: more text will follow, and
 * what is open at the end is drawn as if it were closed.
 */
export function inline(text: string, imageWords: string, isOpen = false): DocumentFragment {
  return new Inline(isOpen ? withoutOpenMarkup(text) : text, imageWords, isOpen).parse();
}

class Inline {
  #at = 0;
  readonly #out = document.createDocumentFragment();
  /** Text since the last node. */
  #plain = "";
  #delimiters: Delimiter[] = [];
  #brackets: Bracket[] = [];
  /** Lengths of backtick runs that have no closing run: searching once for each keeps it linear. */
  #openTicks = new Set<number>();

  constructor(
    private readonly text: string,
    private readonly imageWords: string,
    private readonly isOpen: boolean,
  ) {}

  parse(): DocumentFragment {
    while (this.#at < this.text.length) this.#step();
    this.#add();
    if (this.isOpen) this.#closeBrackets();
    emphasize(this.#delimiters, this.isOpen);
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

  /** Consumes `source` and adds `shown` as text. */
  #take(source: string, shown = source): void {
    this.#at += source.length;
    this.#plain += shown;
  }

  /** Adds the text so far, then `nodes`. */
  #add(...nodes: Node[]): void {
    if (this.#plain) this.#out.append(this.#plain);
    this.#plain = "";
    this.#out.append(...nodes);
  }

  /** Consumes `source` as a text node of its own, which emphasis or a link may replace later. */
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

  /** Adds TeX as source text, which the part `math` draws when it is loaded, but for half a formula. */
  #math(): boolean {
    const whole = formula(this.text, this.#at);
    const found = whole ?? (this.isOpen ? openFormula(this.text, this.#at) : null);
    if (!found) return false;
    const { tex, isDisplayed, end } = found;
    const name = isDisplayed ? "math display" : "math";
    this.#at = end;
    this.#add(h("code", { class: name, "data-part": whole && "math" }, tex));
    return true;
  }

  #code(): void {
    const ticks = this.#match(TICKS)?.[0] ?? "`";
    const start = this.#at + ticks.length;
    const closing = this.#closingTicks(start, ticks.length);
    const end = closing < 0 && this.isOpen ? this.text.length : closing;
    if (end < 0) {
      this.#take(ticks);
      return;
    }
    let code = this.text.slice(start, end).replaceAll("\n", " ");
    if (/^ .* $/.test(code) && code.trim()) code = code.slice(1, -1);
    this.#add(h("code", {}, code));
    this.#at = end + ticks.length;
  }

  /** The index of the next run of `length` backticks, or -1. */
  #closingTicks(from: number, length: number): number {
    if (this.#openTicks.has(length)) return -1;
    const runs = /`+/g;
    runs.lastIndex = from;
    for (let run = runs.exec(this.text); run; run = runs.exec(this.text)) {
      if (run[0].length === length) return run.index;
    }
    this.#openTicks.add(length);
    return -1;
  }

  #delimiter(char: string): void {
    let end = this.#at;
    while (this.text[end] === char) end++;
    const run = this.text.slice(this.#at, end);
    // By code points: a character before or after may be a surrogate pair.
    const before = [...this.text.slice(Math.max(0, this.#at - 2), this.#at)].at(-1) ?? "";
    const after = String.fromCodePoint(this.text.codePointAt(end) ?? 32);
    const delimiter = delimiterOf(this.#mark(run), before, after);
    if (delimiter) this.#delimiters.push(delimiter);
  }

  #open(source: "[" | "!["): void {
    const delimiters = this.#delimiters.length;
    const image = source === "![";
    const start = this.#at;
    this.#brackets.push({ node: this.#mark(source), start, image, active: true, delimiters });
  }

  /** Closes the links and images that are still open, the innermost first. */
  #closeBrackets(): void {
    for (const bracket of this.#brackets.reverse()) {
      const { node, start, image, active } = bracket;
      if (!active || this.text.length - start > MAX_OPEN_LINK) continue;
      if (image) this.#addImage(this.#content(bracket, true), "");
      else if (!isPythons(this.text, start)) node.remove();
    }
  }

  /** Takes the bracket away; returns what follows it. */
  #content({ node, delimiters }: Bracket, isOpen = false): Node[] {
    emphasize(this.#delimiters.splice(delimiters), isOpen);
    const content = nodesAfter(node);
    node.remove();
    return content;
  }

  /** At `]`: a link or an image if a bracket is open and `(target)` follows; otherwise text. */
  #close(): void {
    const bracket = this.#brackets.pop();
    const target = bracket?.active ? this.#target(this.#at + 1) : null;
    if (!bracket || !target) {
      this.#take("]");
      return;
    }
    this.#add();
    const content = this.#content(bracket);
    this.#at = target.end;
    if (bracket.image) this.#addImage(content, target.address);
    else {
      this.#addLink(content, target.address);
      // Links do not contain links.
      for (const outer of this.#brackets) {
        if (!outer.image) outer.active = false;
      }
    }
  }

  #target(at: number): Target | null {
    return linkTarget(this.text, at) ?? (this.isOpen ? openTarget(this.text, at) : null);
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
    const open = this.isOpen ? openAddress(this.text, this.#at) : null;
    if (open) {
      this.#at = open === "skip" ? this.#at + 1 : this.text.length;
      return;
    }
    const link = this.#match(AUTOLINK);
    const found = link ?? this.#match(EMAIL);
    const [source, text] = found ?? ["<", ""];
    const address = link ? text : `mailto:${text}`;
    if (!found || !text || !safeAddress(address)) {
      this.#take("<");
      return;
    }
    this.#at += source.length;
    this.#addLink([document.createTextNode(text)], address);
  }

  /** A bare address (GFM, section 6.9). */
  #bareLink(): void {
    const withinWord = /\w/.test(this.text.charAt(this.#at - 1));
    const found = withinWord ? null : this.#match(BARE);
    if (!found || this.#isWithinLinkText) {
      this.#take("h");
      return;
    }
    const address = withoutTrailingPunctuation(found[0]);
    this.#at += address.length;
    this.#addLink([document.createTextNode(address)], address);
  }

  /** Whether a bracket is open that a target may follow. */
  get #isWithinLinkText(): boolean {
    const isOpen = this.#brackets.some(({ active }) => active);
    return isOpen && this.text.includes("](", this.#at);
  }

  #entity(): void {
    const source = this.#match(ENTITY)?.[0] ?? "&";
    this.#take(source, decodeEntity(source));
  }
}
