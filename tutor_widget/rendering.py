"""Text from tutors and learners for people: as HTML, or for a terminal. None of it is trusted."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

__all__ = ["as_html", "markdown_parser", "printable"]


def printable(text: str) -> str:
    """The text with control characters replaced: they could drive a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def as_html(text: str) -> str:
    """Markdown as HTML. HTML in it becomes text; links lead to the web and to mail only."""
    # The parser does not check an empty address, which would lead to the page itself.
    html = str(markdown_parser().render(text)).replace('<a href=""', "<a")
    # Wide elements scroll, with the keyboard too.
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="wide" tabindex="0"><table>')
    html = html.replace("</table>", "</table></div>")
    # Headings in a message are below the message's own, which is an h2.
    return re.sub(r"<(/?)h[1-6]>", r"<\1h3>", html).replace("<a ", '<a rel="noopener noreferrer" ')


def markdown_parser() -> MarkdownIt:
    """A parser of what messages may hold: no HTML, no pictures, mathematics as it is written."""
    from markdown_it import MarkdownIt  # loaded for the first message only

    _silence()
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "mathematics", _mathematics)
    parser.disable("image")  # a request for one would tell its server who reads the page
    parser.validateLink = _is_safe  # type: ignore[assignment, method-assign]
    return parser


def _silence() -> None:
    """At level DEBUG the parser logs several lines for each line of a text."""
    logger = logging.getLogger("markdown_it")
    if logger.level == logging.NOTSET:  # else the program has chosen
        logger.setLevel(logging.INFO)


_MATHEMATICS: Final = re.compile(
    r"\\\(.{1,2000}?\\\)|\\\[.{1,2000}?\\\]|\$\$.{1,2000}?\$\$"
    r"|\$(?![\s$])(?:\\.|[^$\\]){1,2000}?(?<!\s)\$(?!\d)",
    re.DOTALL,
)


def _mathematics(state: StateInline, silent: bool) -> bool:
    """Keep TeX as it is written. Markdown would read its characters as markup."""
    found = _MATHEMATICS.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("code_inline", "code", 0).content = found[0]
    state.pos = found.end()
    return True


def _is_safe(address: str) -> bool:
    return re.match(r"(?:https?:|mailto:)", address, re.IGNORECASE) is not None
