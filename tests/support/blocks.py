"""Reads the blocks of a prompt as its rules say: from a fence to the next line that is the same."""

from __future__ import annotations

import re

__all__ = ["parsed"]


def parsed(text: str) -> list[tuple[str, str]]:
    """The label and the text of each block, in order."""
    found, lines = [], text.split("\n")
    while lines:
        opened = re.fullmatch("(`{3,})([a-z]+)", lines.pop(0))
        if opened is None:
            continue
        end = lines.index(opened[1])
        found.append((opened[2], "\n".join(lines[:end])))
        lines = lines[end + 1 :]
    return found
