/**
 * CommonMark's own examples. What is left out on purpose (see blocks.ts) is named here, and so is each
 * example that differs; all else must come out as the specification says.
 */
import { tests as examples } from "commonmark-spec";
import { describe, expect, test } from "vitest";
import { drawMarkdown } from "../../src/markdown/draw.ts";
import { safeAddress } from "../../src/markdown/links.ts";
import { english } from "../../src/words.ts";

interface Example {
  markdown: string;
  html: string;
  section: string;
  number: number;
}

/** What the examples show that is left out: HTML, and definitions that links refer to. */
const leftOut = ({ section, markdown, html }: Example): boolean =>
  section === "HTML blocks" ||
  section === "Raw HTML" ||
  section === "Link reference definitions" ||
  /^[ >-]*\[[^\]]+\]:/m.test(markdown) ||
  // The only HTML that our own drawing never gives: what was HTML in the source.
  /<(?:a href="[^"]*"[^>]*>(?!.*<\/a>)|b>|bar|img src="foo" title|!--|del|foo)/.test(html);

/** Examples that differ, and why that is well. */
const DIFFERENT: Record<number, string> = {
  7: "a tab after a list's marker counts as one space",
  25: "rare named entities stay as they are written",
  93: "a line of === after a lazy line makes a heading",
  312: "an item may be indented by four below its parent",
  317: "a definition is text",
  574: "a picture within a picture's words names itself",
  596: "an address that may be no link stays as it is written",
  598: "so does this one",
  599: "and this",
  601: "and this",
  602: "a bare address is a link, as on GitHub",
  603: "so here, for want of a `>`",
  608: "and here, for the spaces",
  611: "and without brackets",
};

/** Our markup as the specification writes it. */
function canonical(nodes: Iterable<Node>): string {
  const root = document.createElement("div");
  root.append(...nodes);
  for (const heading of root.querySelectorAll(".heading")) {
    const level = /h(\d)/.exec(heading.className.replace("heading", ""))?.[1];
    replace(heading, `h${level}`, heading.childNodes);
  }
  for (const code of root.querySelectorAll("div.code")) {
    replace(code, "pre", code.querySelectorAll("code"));
  }
  return normal(root);
}

/** The specification's markup with our rules for addresses: some are no links, no picture is shown. */
function theirs(html: string): string {
  const root = document.createElement("div");
  root.innerHTML = html.replaceAll("→", "\t");
  for (const image of root.querySelectorAll("img")) {
    const text = document.createTextNode(`Image: ${image.getAttribute("alt") ?? ""}`);
    link(image, image.getAttribute("src") ?? "", [text]);
  }
  for (const a of root.querySelectorAll("a")) link(a, a.getAttribute("href") ?? "", a.childNodes);
  return normal(root);
}

function link(old: Element, address: string, content: Iterable<Node>): void {
  const href = safeAddress(address);
  const element = document.createElement(href ? "a" : "span");
  if (href) element.setAttribute("href", href);
  element.append(...content);
  old.replaceWith(element);
}

function replace(old: Element, tag: string, content: Iterable<Node>): void {
  const element = document.createElement(tag);
  element.append(...content);
  old.replaceWith(element);
}

/** Tags with the attributes that count, and text without the white space that doesn't. */
function normal(node: Node): string {
  if (!(node instanceof Element)) return node instanceof Text ? node.data : "";
  const tag = node.tagName.toLowerCase();
  const inner = [...node.childNodes].map(normal).join("");
  const href = decodeURI(node.getAttribute("href") ?? "");
  const start = node.getAttribute("start") ?? "";
  return `<${tag}${href}${start}>${tag === "pre" ? inner : withoutGaps(inner)}</${tag}>`;
}

const withoutGaps = (html: string): string =>
  html
    .replace(/[ \t\n]+/g, " ")
    .replace(/(?:^| )(<\/?(?:p|li|ul|ol|blockquote|hr|pre|h\d)\b)/g, "$1")
    .replace(/(<\/(?:p|li|ul|ol|blockquote|pre|h\d)>|<hr>) /g, "$1")
    .trim();

const ours = (markdown: string) => canonical(drawMarkdown(markdown.replaceAll("→", "\t"), english));

describe("CommonMark", () => {
  for (const section of new Set((examples as Example[]).map((example) => example.section))) {
    const all = (examples as Example[]).filter((example) => example.section === section);
    const shown = all.filter((example) => !leftOut(example));
    if (!shown.length) continue;
    test(`${section}: ${shown.length} of ${all.length} examples`, () => {
      for (const { number, markdown, html } of shown) {
        const expectation = expect(
          ours(markdown),
          `example ${number}: ${JSON.stringify(markdown)}`,
        );
        if (number in DIFFERENT) expectation.not.toBe(theirs(html));
        else expectation.toBe(theirs(html));
      }
    });
  }
});
