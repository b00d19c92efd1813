"""Texts of authors as Markdown blocks: none swallows what is said after it."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["apart", "joined"]

_FENCES: Final = ("`", "~")
_SHORTEST_FENCE: Final = 3
_BLOCK: Final = re.compile(r"[>|<]|~~~|#{1,6}\s|[-*+]\s|\d{1,9}[.)]\s")
"""How a block begins (CommonMark 0.31, 4 and 5): "1. x" does, and "10 % of 50" does not."""


def joined(*texts: str) -> str:
    """The texts, each a block of its own: a fence that is open at its end is closed."""
    return "\n\n".join(_closed(text.strip("\n")) for text in texts if text.strip())


def apart(text: str) -> str:
    """A text that may stand behind words on their line, or a block that begins below them."""
    bare = text.strip()
    is_block = "\n" in bare or _BLOCK.match(bare) is not None
    return f"\n\n{_closed(text)}" if is_block else text


def _closed(text: str) -> str:
    """The text without an open fence. CommonMark 0.31, 4.5: same mark, at least as long."""
    fence, indent = "", ""
    for line in text.splitlines():
        bare = line.strip()
        run = bare[: len(bare) - len(bare.lstrip(bare[:1]))]
        if bare[:1] not in _FENCES or len(run) < _SHORTEST_FENCE:
            continue
        if not fence:
            is_span = run[0] == "`" and "`" in bare[len(run) :]
            fence = "" if is_span else run
            indent = line[: len(line) - len(line.lstrip())]
        elif bare == run and run.startswith(fence):
            fence = ""
    return f"{text}\n{indent}{fence}" if fence else text
