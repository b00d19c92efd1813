/**
 * Markdown's inline structure as DOM nodes: CommonMark 0.31's emphasis, code, links and breaks, with
 * GFM's `~~` and bare addresses, and TeX.
 *
 * Safe by construction: text becomes text nodes, and the only attribute set from the source is a
 * link's `http`, `https` or `mailto` address. Images become links, because loading a picture shows
 * its owner who reads what.
 */
import { h, nodesAfter } from "../dom.ts";
import { cut, matchAt } from "../strings.ts";
import { fill } from "../template.ts";
import { afford, affordFormula, type Budget } from "./budget.ts";
import { visible } from "./code.ts";
import { type Delimiter, delimiterOf, emphasize } from "./emphasis.ts";
import { decodeEntity, ENTITY } from "./entities.ts";
import {
  ESCAPABLE,
  linkTarget,
  misnamed,
  openAddress,
  openTarget,
  safeAddress,
  type Target,
  withoutTrailingPunctuation,
} from "./links.ts";
import { isPythons, withoutOpenMarkup } from "./open.ts";
import { type Formula, Formulas, isDisplayed } from "./tex.ts";

interface Bracket {
  node: Text;
  start: number;
  image: boolean;
  /** The number of delimiters before its content. */
  delimiters: number;
}

export interface Options {
  /** The text of an image's link, with `{alt}` in it. */
  imageWords: string;
  budget: Budget;
  /** More text will follow, and what is open at the end is drawn as if it were closed. */
  isOpen?: boolean;
  /** Of a table. There `<br>` breaks the line, because nothing else can. */
  isCell?: boolean;
}

const PLAIN = /[^\\`*_~[\]!<&\nh$]+/y;
const TICKS = /`+/g;
const BREAK = /<br[ \t]*\/?>/iy;
const AUTOLINK = /<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*)>/y;
const EMAIL = /<([A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>/y;
const BARE = /https?:\/\/[^\s<]+/y;
/** How long a link's text may be open. */
const MAX_OPEN_LINK = 120;
/** Of an image's description. Images within images would repeat it. */
const MAX_ALT = 300;

export const inline = (text: string, options: Options): DocumentFragment =>
  new Inline(options.isOpen ? withoutOpenMarkup(text) : text, options).parse();

class Inline {
  #at = 0;
  readonly #out = document.createDocumentFragment();
  /** Text since the last node. */
  #plain = "";
  #delimiters: Delimiter[] = [];
  #brackets: Bracket[] = [];
  /** How many of them are an image's. */
  #images = 0;
  /** Brackets below this index are within a link's text already, and begin no other. */
  #inactive = 0;
  readonly #isOpen: boolean;
  readonly #formulas: Formulas;
  readonly #text: string;
  readonly #options: Options;

  constructor(text: string, options: Options) {
    this.#text = text;
    this.#options = options;
    this.#isOpen = options.isOpen ?? false;
    this.#formulas = new Formulas(text);
  }

  parse(): DocumentFragment {
    while (this.#at < this.#text.length) this.#step();
    this.#add();
    if (this.#isOpen) this.#closeBrackets();
    emphasize(this.#delimiters, this.#isOpen);
    this.#out.normalize();
    return this.#out;
  }

  /** The start of the last run of backticks of each length. Found once: that keeps it linear. */
  get #lastTicks(): Map<number, number> {
    this.#ticks ??= new Map(
      [...this.#text.matchAll(TICKS)].map((run) => [run[0].length, run.index]),
    );
    return this.#ticks;
  }
  #ticks: Map<number, number> | undefined;

  static readonly #steps: Record<string, (inline: Inline) => void> = {
    "\n": (inline) => inline.#lineBreak(),
    "\\": (inline) => inline.#math() || inline.#escape(),
    $: (inline) => inline.#math() || inline.#take("$"),
    "`": (inline) => inline.#code(),
    "*": (inline) => inline.#delimiter("*"),
    _: (inline) => inline.#delimiter("_"),
    "~": (inline) => inline.#delimiter("~"),
    "[": (inline) => inline.#open("["),
    "!": (inline) =>
      inline.#text[inline.#at + 1] === "[" ? inline.#open("![") : inline.#take("!"),
    "]": (inline) => inline.#close(),
    "<": (inline) => inline.#autolink(),
    "&": (inline) => inline.#entity(),
    h: (inline) => inline.#bareLink(),
  };

  #step(): void {
    const char = this.#text[this.#at] ?? "";
    const step = Inline.#steps[char];
    if (!this.#options.budget.marks) this.#take(this.#text.slice(this.#at));
    else if (step) step(this);
    else this.#plainText(this.#match(PLAIN)?.[0] ?? char);
  }

  /** Spaces at the end of a line are not shown. */
  #plainText(source: string): void {
    const isLineEnd = this.#text[this.#at + source.length] === "\n";
    this.#take(source, isLineEnd ? source.replace(/(?<! ) +$/, "") : source);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    return matchAt(pattern, this.#text, this.#at);
  }

  /** Consumes `source` and adds `shown` as text. */
  #take(source: string, shown = source): void {
    this.#at += source.length;
    this.#plain += shown;
  }

  /** Adds the text so far, then `node`, which the budget pays for. */
  #add(node?: Node): void {
    if (this.#plain) this.#out.append(this.#plain);
    this.#plain = "";
    if (!node) return;
    afford(this.#options.budget, "marks");
    this.#out.append(node);
  }

  /** Consumes `source` as a text node of its own, which emphasis or a link may replace later. */
  #mark(source: string): Text {
    const node = document.createTextNode(source);
    this.#at += source.length;
    this.#add(node);
    return node;
  }

  #lineBreak(): void {
    if (this.#text.endsWith("  ", this.#at)) this.#add(h("br"));
    this.#take("\n");
    while (this.#text[this.#at] === " ") this.#at++;
  }

  #escape(): void {
    const next = this.#text[this.#at + 1] ?? "";
    if (next === "\n") {
      this.#add(h("br"));
      this.#at++;
    } else if (ESCAPABLE.test(next)) this.#take(`\\${next}`, next);
    else this.#take("\\");
  }

  /** Adds TeX as source text, which the part `math` draws when it is loaded, but for half a formula. */
  #math(): boolean {
    const whole = this.#formulas.at(this.#at);
    const found = whole ?? (this.#isOpen ? this.#formulas.open(this.#at) : null);
    if (!found || this.#hasCode(found)) return false;
    const { tex, start, end } = found;
    const name = isDisplayed(start) ? "math display" : "math";
    const isDrawn = whole && affordFormula(this.#options.budget, tex);
    this.#at = end;
    const tabindex = isDisplayed(start) ? -1 : null; // what is displayed may scroll
    this.#add(h("code", { class: name, tabindex, "data-part": isDrawn && "math" }, tex));
    return true;
  }

  /**
   * Whether a formula is none because of code, which binds tighter: between two `$` there is none, and
   * no other delimiter is within code.
   */
  #hasCode({ end, start }: Formula): boolean {
    const runs = new RegExp(TICKS);
    let run = matchAt(runs, this.#text, this.#at);
    for (; run && run.index < end; run = runs.exec(this.#text)) {
      const closing = this.#closingTicks(runs.lastIndex, run[0].length);
      if (closing >= 0 && (start === "$" || closing >= end)) return true;
      if (closing >= 0) runs.lastIndex = closing + run[0].length;
    }
    return false;
  }

  #code(): void {
    const ticks = this.#match(/`+/y)?.[0] ?? "`";
    const start = this.#at + ticks.length;
    const closing = this.#closingTicks(start, ticks.length);
    const end = closing < 0 && this.#isOpen ? this.#text.length : closing;
    if (end < 0) {
      this.#take(ticks);
      return;
    }
    let code = this.#text.slice(start, end).replaceAll("\n", " ");
    if (/^ .* $/.test(code) && code.trim()) code = code.slice(1, -1);
    this.#add(h("code", {}, visible(code)));
    this.#at = end + ticks.length;
  }

  /** The index of the next run of `length` backticks, or -1. */
  #closingTicks(from: number, length: number): number {
    if ((this.#lastTicks.get(length) ?? -1) < from) return -1;
    const runs = new RegExp(TICKS);
    let run = matchAt(runs, this.#text, from);
    while (run && run[0].length !== length) run = runs.exec(this.#text);
    return run?.index ?? -1;
  }

  #delimiter(char: string): void {
    let end = this.#at;
    while (this.#text[end] === char) end++;
    const run = this.#text.slice(this.#at, end);
    // By code points: a character before or after may be a surrogate pair.
    const before = [...this.#text.slice(Math.max(0, this.#at - 2), this.#at)].at(-1) ?? "";
    const after = String.fromCodePoint(this.#text.codePointAt(end) ?? 32);
    const delimiter = delimiterOf(this.#mark(run), before, after);
    if (delimiter) this.#delimiters.push(delimiter);
  }

  #open(source: "[" | "!["): void {
    const delimiters = this.#delimiters.length;
    const image = source === "![";
    const start = this.#at;
    if (image) this.#images++;
    this.#brackets.push({ node: this.#mark(source), start, image, delimiters });
  }

  /** Whether the bracket at this index may begin a link or an image. */
  #isActive(index: number): boolean {
    return !!this.#brackets[index]?.image || index >= this.#inactive;
  }

  /** Closes the links and images that are still open, the innermost first. */
  #closeBrackets(): void {
    for (const [index, bracket] of [...this.#brackets.entries()].reverse()) {
      const { node, start, image } = bracket;
      if (!this.#isActive(index) || this.#text.length - start > MAX_OPEN_LINK) continue;
      if (image) this.#addImage(this.#content(bracket, true), "");
      else if (!isPythons(this.#text, start)) node.remove();
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
    const isActive = this.#isActive(this.#brackets.length - 1);
    const bracket = this.#brackets.pop();
    if (bracket?.image) this.#images--;
    const target = isActive ? this.#target(this.#at + 1) : null;
    this.#inactive = Math.min(this.#inactive, this.#brackets.length);
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
      this.#inactive = this.#brackets.length; // links do not contain links
    }
  }

  #target(at: number): Target | null {
    return linkTarget(this.#text, at) ?? (this.#isOpen ? openTarget(this.#text, at) : null);
  }

  #addImage(content: Node[], address: string): void {
    const whole = content.map((node) => node.textContent ?? "").join("");
    for (const node of content) (node as ChildNode).remove();
    const alt = cut(whole, MAX_ALT);
    this.#addLink([document.createTextNode(fill(this.#options.imageWords, { alt }))], address);
  }

  /** A link that names another place than its own says where it leads. */
  #addLink(content: Node[], address: string): void {
    const href = safeAddress(address);
    const element = href
      ? h("a", { href, target: "_blank", rel: "noopener noreferrer", tabindex: -1 }, content)
      : h("span", { class: "no-link" }, content);
    const target = href && misnamed(element.textContent ?? "", href);
    if (target) element.append(` (${target})`);
    this.#add(element);
  }

  #autolink(): void {
    const lineBreak = this.#options.isCell && this.#match(BREAK);
    if (lineBreak) {
      this.#at += lineBreak[0].length;
      this.#add(h("br"));
      return;
    }
    const open = this.#isOpen ? openAddress(this.#text, this.#at) : null;
    if (open) {
      this.#at = open === "skip" ? this.#at + 1 : this.#text.length;
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
    const withinWord = /\w/.test(this.#text.charAt(this.#at - 1));
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
    const isOpen = this.#images > 0 || this.#brackets.length > this.#inactive;
    return isOpen && this.#lastTarget > this.#at;
  }

  /** Where the last target of a link may begin. Found once: that keeps it linear. */
  get #lastTarget(): number {
    this.#targets ??= this.#text.lastIndexOf("](");
    return this.#targets;
  }
  #targets: number | undefined;

  #entity(): void {
    const source = this.#match(ENTITY)?.[0] ?? "&";
    this.#take(source, decodeEntity(source));
  }
}
