/** Which addresses a link may have, and where an address in Markdown ends. */
import { matchAt } from "../strings.ts";
import { visible } from "./code.ts";
import { decodeEntity, ENTITY } from "./entities.ts";

/** What a backslash takes the meaning from. */
export const ESCAPABLE = /[!-/:-@[-`{-~]/;
const ESCAPE = /\\([!-/:-@[-`{-~])/g;
const MAX_PARENTHESES = 32;

/** What follows a link's `]`: the address, and the index behind the closing `)`. */
export interface Target {
  address: string;
  end: number;
}

/** The normalized address, or null: a link may have `http:`, `https:` and `mailto:` only. */
export function safeAddress(address: string): string | null {
  if (!/^(?:https?:|mailto:)/i.test(address) || !URL.canParse(address)) return null;
  const url = new URL(address);
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
}

/** What looks like the dot in a host's name; some are read as one (UTS 46). */
const DOTS = /[\u2024\u3002\ua4f8\ufe52\uff0e\uff61]/g;
/** What may be the name of a host. */
const NAMES = /[\p{L}\p{N}][\p{L}\p{M}\p{N}.-]*/gu;
const HOST = /^(?:\d+(?:\.\d+){3}|.*\.\p{L}[\p{L}\p{M}\p{N}-]+)$/u;
/** The longest host's name. */
const MAX_HOST = 253;

/** Where the link to `href` leads, a host or a mail address, if its text names another host; else null. */
export function misnamed(text: string, href: string): string | null {
  const { protocol, hostname, host, pathname, username } = new URL(href);
  if (!username && safeAddress(text) === href) return null;
  const own = protocol === "mailto:" ? pathname.replace(/^.*@/, "") : hostname;
  const isOther = hostsIn(text).some((name) => lookedUp(name) !== lookedUp(own));
  return isOther ? (protocol === "mailto:" ? pathname : host) : null;
}

/** The hosts that a text names to its readers: in each of its words what stands before the path. */
function hostsIn(text: string): string[] {
  const seen = visible(text).replace(DOTS, ".");
  const words = seen.split(/\s+/).map((word) => word.split(/[/?#\\]/).map(hostsInPiece));
  return words.flatMap((pieces) => pieces.find((hosts) => hosts.length > 0) ?? []);
}

function hostsInPiece(piece: string): string[] {
  const names = (piece.match(NAMES) ?? []).map((name) => name.replace(/(?<![.-])[.-]+$/, ""));
  return names.filter((name) => name.length <= MAX_HOST && HOST.test(name));
}

/** A host's name in the one form in which it is looked up. */
function lookedUp(host: string): string {
  const address = `https://${host}`;
  return (URL.canParse(address) ? new URL(address).hostname : host).replace(/^www\./, "");
}

/** Reads `(address "title")` at index `at` of `text`, or returns null. The title is not shown. */
export function linkTarget(text: string, at: number): Target | null {
  const opening = matchAt(/\(\s*/y, text, at);
  if (!opening) return null;
  const found = destination(text, at + opening[0].length);
  if (!found) return null;
  const rest = /(?:\s+(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\((?:\\.|[^()\\])*\)))?\s*\)/y;
  const closing = matchAt(rest, text, found.end);
  if (!closing) return null;
  return { address: unescapeText(found.raw), end: found.end + closing[0].length };
}

/** Ends of a target: of an address, also in brackets or with a parenthesis open, and of a title. */
const TARGET_ENDS = [")", ">)", "))", '")', "')"];
const MAX_OPEN_TARGET = 1_000;

/** The target at index `at` that `text` ends within, if it does. Its address is not known yet. */
export function openTarget(text: string, at: number): Target | null {
  if (text[at] !== "(" || text.length - at > MAX_OPEN_TARGET) return null;
  const source = text.slice(at);
  const isOpen = TARGET_ENDS.some((end) => {
    const whole = source + end;
    return linkTarget(whole, 0)?.end === whole.length;
  });
  return isOpen ? { address: "", end: text.length } : null;
}

/** The beginning of an address in angle brackets whose kind is known: a link's, or a person's. */
const ADDRESS_START = /<(?:https?:|mailto:|[\w.!#$%&'*+/=?^`{|}~-]+@)[^\s<>]*$/iy;
/** What may yet become one. */
const MAYBE_ADDRESS = /<[A-Za-z0-9][\w.!#$%&'*+/=?^`{|}~-]{0,31}$/y;

/**
 * What to do with the `<` at index `at` of a text that is still open: "skip" it, as it opens an
 * address; "wait" for more, as it may; or null.
 */
export function openAddress(text: string, at: number): "skip" | "wait" | null {
  if (matchAt(ADDRESS_START, text, at)) return "skip";
  return matchAt(MAYBE_ADDRESS, text, at) ? "wait" : null;
}

/** A link's destination (CommonMark 0.31, section 6.3): in angle brackets, or up to a space. */
function destination(text: string, at: number): { raw: string; end: number } | null {
  const bracketed = matchAt(/<((?:\\.|[^\n<>\\])*)>/y, text, at);
  if (bracketed) return { raw: bracketed[1] ?? "", end: at + bracketed[0].length };
  if (text[at] === "<") return null;
  let depth = 0;
  let end = at;
  for (; end < text.length; end++) {
    const char = text[end] ?? "";
    if (char <= " ") break;
    if (char === "\\" && ESCAPABLE.test(text[end + 1] ?? "")) {
      end++;
    } else if (char === "(") {
      depth++;
      if (depth > MAX_PARENTHESES) return null;
    } else if (char === ")") {
      depth--;
      if (depth < 0) break;
    }
  }
  return depth > 0 ? null : { raw: text.slice(at, end), end };
}

/**
 * A bare address without the punctuation that ends its sentence, and without closing parentheses
 * that it did not open (GFM, section 6.9).
 */
export function withoutTrailingPunctuation(address: string): string {
  let unopened = address.split(")").length - address.split("(").length;
  let end = address.length;
  for (; end > 0; end--) {
    const char = address[end - 1] ?? "";
    if (char === ")" && unopened > 0) unopened--;
    else if (char === ")" || !"?!.,:*_~'\"".includes(char)) break;
  }
  return address.slice(0, end);
}

function unescapeText(text: string): string {
  const unescaped = text.replace(ESCAPE, "$1");
  return unescaped.replace(new RegExp(ENTITY.source, "g"), (entity) => decodeEntity(entity));
}
