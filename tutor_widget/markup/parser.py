"""Reads a tutor's Markdown."""

from __future__ import annotations

import logging

from markdown_it import MarkdownIt

from .formulas import mathematics
from .links import is_safe


def parser() -> MarkdownIt:
    """CommonMark, tables and strikethrough, without HTML, pictures and references."""
    _silence()
    found = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    found.inline.ruler.before("escape", "mathematics", mathematics)
    found.disable("image")  # a request for one would tell its server who reads the page
    found.disable("reference")  # `[1, 2, 3][1]` is Python
    found.validateLink = is_safe  # type: ignore[assignment, method-assign]
    return found


def lines(text: str) -> list[str]:
    """The lines of a text, as the parser numbers them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _silence() -> None:
    """At level DEBUG the parser logs several lines for each line of a text."""
    logger = logging.getLogger("markdown_it")
    if logger.level == logging.NOTSET:  # else the program has chosen
        logger.setLevel(logging.INFO)
