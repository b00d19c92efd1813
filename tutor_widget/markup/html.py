"""A tutor's Markdown as HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from markdown_it.token import Token

from .code import BREAK, visible
from .links import misnamed
from .parser import lines, parser

MOST: Final = 20_000
"""Tokens of a message that are drawn, two for an element. The rest is shown as it was written."""
AS_TYPED: Final = 'style="white-space: pre-wrap"'


def html(text: str) -> str:
    """A tutor's Markdown. HTML in it becomes text; links lead to the web and to mail only."""
    read = parser()
    tokens = read.parse(text)
    drawn, rest = _within_budget(tokens, text)
    for token in drawn:
        if token.type in ("fence", "code_block"):
            token.content = visible(token.content)
    page = str(read.renderer.render(_named(_broken(drawn)), read.options, {}))
    # The parser does not check an empty address, which would lead to the page itself.
    page = page.replace('<a href=""', "<a")
    # Wide elements scroll, with the keyboard too.
    page = page.replace("<pre>", '<pre tabindex="0">')
    page = page.replace("<table>", '<div class="wide" tabindex="0"><table>')
    page = page.replace("</table>", "</table></div>")
    # Headings in a message are below the message's own, which is an h2.
    page = re.sub(r"<(/?)h[1-6]>", r"<\1h3>", page).replace("<a ", '<a rel="noopener noreferrer" ')
    return page + (f"<p {AS_TYPED}>{escape(rest)}</p>\n" if rest else "")


def _within_budget(tokens: list[Token], text: str) -> tuple[list[Token], str]:
    """The blocks that a message may have, and the text of the others."""
    count = 0
    start = 0
    for n, token in enumerate(tokens):
        if token.level == 0 and token.nesting >= 0:
            start = n
        count += 1 + len(token.children or ())
        if count > MOST:
            line = (tokens[start].map or [0])[0]
            return tokens[:start], "\n".join(lines(text)[line:])
    return tokens, ""


def _broken(tokens: Sequence[Token]) -> Iterator[Token]:
    """With line breaks for `<br>` in the cells of tables, where nothing else can break a line."""
    is_cell = False
    for token in tokens:
        if token.type in ("td_open", "th_open"):
            is_cell = True
        elif token.type in ("td_close", "th_close"):
            is_cell = False
        elif is_cell and token.children:
            token.children = [part for child in token.children for part in _lines(child)]
        yield token


def _lines(child: Token) -> list[Token]:
    if child.type != "text":
        return [child]
    first, *others = BREAK.split(child.content)
    lines = [child.copy(content=first)]
    for text in others:
        lines += [child.copy(type="hardbreak", tag="br", content=""), child.copy(content=text)]
    return lines


def _named(tokens: Iterator[Token]) -> list[Token]:
    """With the target behind the text of a link that names another one."""
    found = list(tokens)
    for token in found:
        children, token.children = token.children, token.children and []
        start = 0
        for child in children or ():
            assert token.children is not None
            if child.type == "link_open":
                start = len(token.children)
            elif child.type == "link_close":
                opening, *inside = token.children[start:]
                words = "".join(each.content for each in inside)
                if target := misnamed(words, str(opening.attrGet("href") or "")):
                    token.children.append(
                        child.copy(type="text", tag="", nesting=0, content=f" ({target})")
                    )
            elif child.type == "code_inline":
                child.content = visible(child.content)
            token.children.append(child)
    return found
