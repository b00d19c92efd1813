"""What a learner typed: text, but for code between backticks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import islice
from typing import Final

from .code import TICKS, visible
from .html import AS_TYPED, MOST

_FENCED: Final = re.compile(
    r"^ {0,3}(`{3,})[^`\n]*\n(?s:(.*?))(?:\n {0,3}\1`*[ \t]*$|\Z)", re.MULTILINE
)

_PLAIN: Final = re.compile(r"(?!\d+[.)](?: |\Z))[^\W_](?:[^\W_]|[ ,;:?!'\"()/%.=+-])*")
"""A line that is the same in Markdown."""


def html(text: str) -> str:
    """What a learner typed: code between backticks is code, all else is text."""
    parts = []
    for piece, is_code in _pieces(text):
        if is_code:
            parts.append(f'<pre tabindex="0"><code>{escape(visible(piece))}\n</code></pre>')
        else:
            words = re.split(r"`([^`\n]+)`", piece, maxsplit=MOST // 2)
            drawn = [
                f"<code>{escape(visible(w))}</code>" if n % 2 else escape(w)
                for n, w in enumerate(words)
            ]
            parts.append(f"<p {AS_TYPED}>{''.join(drawn)}</p>")
    return "\n".join(parts)


def markdown(text: str) -> str:
    """What a learner typed, in fences unless it is a line in which nothing means anything."""
    parts = []
    for piece, is_code in _pieces(text):
        if not is_code and _PLAIN.fullmatch(piece):
            parts.append(piece)
        else:
            longest = max((len(run) for run in TICKS.findall(piece)), default=0)
            fence = "`" * max(3, longest + 1)
            parts.append(f"{fence}\n{piece}\n{fence}")
    return "\n\n".join(parts)


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """What a learner typed: text, and code between fences, without those."""
    at = 0
    for found in islice(_FENCED.finditer(text), MOST // 2):
        yield from _prose(text[at : found.start()])
        yield found[2], True
        at = found.end()
    yield from _prose(text[at:])


def _prose(text: str) -> Iterator[tuple[str, bool]]:
    lines = re.sub(r"\A\n|\n\Z", "", text)
    if lines:
        yield lines, False
