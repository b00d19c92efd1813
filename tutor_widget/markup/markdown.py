"""A tutor's Markdown in a file of Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from markdown_it.token import Token

from .code import BREAK, TICKS
from .parser import lines as lines_of
from .parser import parser


def markdown(text: str) -> str:
    """A tutor's Markdown: closed, its headings below the file's own, without pictures and HTML."""
    lines = lines_of(text)
    closing = ""
    is_table = False
    for token in parser().parse(text):
        if token.type in ("table_open", "table_close"):
            is_table = token.type == "table_open"
        start, end = token.map or (0, 0)
        if token.type == "heading_open" and token.level == 0:
            _lower_heading(lines, token, start, end)
        elif token.type == "fence" and token.level == 0:
            is_closed = _is_closed(lines[start + 1 : end], token.markup)
            closing = "" if is_closed else f"\n{token.markup}"
        elif token.type == "tr_open":  # once for all of its cells
            cells = re.split(r"(?<!\\)\|", lines[start])
            lines[start] = "|".join(_neutral(cell, is_cell=True) for cell in cells)
        elif token.type == "inline" and not is_table:
            lines[start:end] = _neutral("\n".join(lines[start:end])).split("\n")
    return "\n".join(lines).strip("\n") + closing


def inline(text: str) -> str:
    """A name or a title on one line, in which nothing means anything."""
    return re.sub(r"([\\`*_{}\[\]<>#!|~&$])", r"\\\1", " ".join(text.split()))


def _is_closed(lines: Sequence[str], fence: str) -> bool:
    last = rf" {{0,3}}{fence}{fence[0]}*[ \t]*"
    return bool(lines) and re.fullmatch(last, lines[-1]) is not None


def _lower_heading(lines: list[str], heading: Token, start: int, end: int) -> None:
    """The file's own headings have one `#` or two."""
    if heading.markup.startswith("#"):
        lines[start] = re.sub("#+", lambda marks: marks[0].ljust(3, "#"), lines[start], count=1)
    else:
        words = " ".join(line.strip() for line in lines[start : end - 1])
        lines[start:end] = [f"### {words}"] + [""] * (end - start - 1)


_MEANS: Final = re.compile(
    r"\\.|<[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*>|<[\w.+-]+@[\w.-]+>|`+|!\[|\]:|<(?=[A-Za-z/!?])",
    re.DOTALL,
)


def _neutral(source: str, *, is_cell: bool = False) -> str:
    """Outside of code pictures are links, HTML is text, and nothing is defined for others."""
    runs: dict[int, list[int]] = {}
    for run in reversed(list(TICKS.finditer(source))):
        runs.setdefault(len(run[0]), []).append(run.start())
    parts = []
    at = 0
    while found := _MEANS.search(source, at):
        parts.append(source[at : found.start()])
        at = found.end()
        match found[0]:
            case "![":
                parts.append("\\![")
            case "]:":
                parts.append("]\\:")
            case "<":
                is_break = is_cell and BREAK.match(source, found.start())
                parts.append("<" if is_break else "\\<")
            case ticks if ticks.startswith("`"):
                at = _end_of_code(runs, len(ticks), at)
                parts.append(source[found.start() : at])
            case other:
                parts.append(other)
    return "".join([*parts, source[at:]])


def _end_of_code(runs: dict[int, list[int]], length: int, at: int) -> int:
    """The index behind the code that begins at `at`, or `at`. Forgets the runs before it."""
    starts = runs[length]
    while starts and starts[-1] < at:
        starts.pop()
    return starts[-1] + length if starts else at
