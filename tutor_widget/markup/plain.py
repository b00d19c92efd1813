"""Text for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with control characters replaced: they could drive a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
