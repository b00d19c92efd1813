"""Reads a text as Python, within bounds: no text of a learner's can raise, crash or take long."""

from __future__ import annotations

import ast
import keyword
import re
import textwrap
from typing import Final

__all__ = ["parse"]

_LENGTH: Final = 1_000
_NODES: Final = 500
_DEPTH: Final = 50
"""Levels of a tree. Walks over it are recursive, with up to three calls a level."""
_PROMPT: Final = re.compile(r"^[ \t]{0,20}(?:>>>|\.\.\.|In \[\d{1,5}\]:)(?: |$)", re.MULTILINE)
_QUOTES: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
        **dict.fromkeys("\u00a0\u202f\u3000", " "),
        "\N{MINUS SIGN}": "-",
    }
)
"""What keyboards and word processors make of quotes, spaces and a minus."""
_ESCAPES: Final = re.compile(r"\\(.?)", re.DOTALL)
_TEXTS: Final = frozenset("'\"#\\\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb")
"""Quotes, and what begins a comment or joins lines."""
_KEYWORDS: Final = frozenset({*keyword.kwlist, *keyword.softkwlist})
_TWO_WORDS: Final = re.compile(r"\b([^\W\d]\w*) +(?=([^\W\d]\w*))")
_RUN: Final = re.compile(r"[\w.]+")
_NUMBER: Final = re.compile(r"(?:\A|\.)\d")
_KEYWORD: Final = re.compile("and|else|for|if|in|is|not|or")
_HEADER: Final = re.compile(r"(?:if|while|for|def|class|with)\b[^\n]*:")
"""The first line of a compound statement."""


def parse(text: str) -> ast.Module | None:
    """The syntax tree of a text, or None if it is no Python, empty, or exceeds a bound.

    The prompts of Python and IPython are taken off, and so is an indentation of all lines.
    Typographic quotes are read as quotes if the text is no Python otherwise. The first line of a
    compound statement ("if ready:") is one whose body is ``pass``.
    """
    if len(text) > _LENGTH:
        return None
    source = textwrap.dedent(_PROMPT.sub("", text)).strip()
    if _is_prose(source) or not _is_quiet(source):
        return None
    tree, plain = _parsed(source), source.translate(_QUOTES)
    return _parsed(plain) if tree is None and plain != source else tree


def _parsed(source: str) -> ast.Module | None:
    try:
        tree = ast.parse(f"{source} pass" if _HEADER.fullmatch(source) else source)
    # MemoryError and RecursionError are what the parser raises for deep nesting, ValueError for
    # NUL, for surrogates and for numbers with too many digits.
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    return tree if tree.body and _is_bounded(tree) else None


def _is_prose(source: str) -> bool:
    """Whether two words stand side by side outside of any text, none of them a keyword.

    The parser would find it out, too, but a hundred times later.
    """
    return _TEXTS.isdisjoint(source) and any(
        not _KEYWORDS.intersection(match.groups()) for match in _TWO_WORDS.finditer(source)
    )


def _is_quiet(source: str) -> bool:
    """Whether the parser has nothing to warn of.

    Warnings can be switched off for all threads only, so what would raise one is not parsed:
    unknown escapes (backslash and d), and what begins like a keyword directly
    behind a number (``1or``, ``8inches``).
    """
    known = all(match[1] in "\\'\"nrt\n" for match in _ESCAPES.finditer(source))
    return known and not any(map(_is_glued, dict.fromkeys(_RUN.findall(source))))


def _is_glued(run: str) -> bool:
    """Whether a number in these letters, digits and points may be followed by a keyword."""
    number = _NUMBER.search(run)
    return number is not None and _KEYWORD.search(run, number.end()) is not None


def _is_bounded(tree: ast.Module) -> bool:
    """Whether the tree has at most so many nodes and levels. Walks it without recursion."""
    level: list[ast.AST] = [tree]
    nodes = 0
    for _ in range(_DEPTH):
        nodes += len(level)
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level or nodes > _NODES:
            break
    return not level and nodes <= _NODES
