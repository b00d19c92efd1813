"""Cuts a reply, as it arrives, into what is judged: sentences, lists, code blocks. Pure.

A piece ends where a sentence, a line or a fenced block ends, and at `MOST` characters at the
latest. At a step with choices the lines of a list are one piece, so that choices can be told from a
choice. Each character is looked at once, however the text arrives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["MOST", "Segment", "Segments"]

MOST: Final = 400
"""Characters that are held back."""
LEAST: Final = 16
"""Characters of a piece; a shorter sentence goes with the next one."""
_STOPS: Final = ".!?…"
_WIDE_STOPS: Final = "。！？；"
"""Stops that no space follows."""
_CLOSING: Final = "\"'”’»)]*_`」』"
_FENCE: Final = re.compile(r"[ \t]{0,12}(?:[-*>] ?)?(?P<run>`{3,20}(?=[^`]*\Z)|~{3,20})")
_ITEM: Final = re.compile(r"[\s>*_-]{0,8}\(?(?:[A-Ha-h]|\d{1,2})[).:](?:\s|[*_`])|\s{0,6}[-*•+] ")
_NUMBERED: Final = re.compile(r"[\s>*_-]{0,8}\(?\d{1,3}[.)]\Z")

Kind = Literal["prose", "code"]


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a reply, as it is. ``kind`` is "code" inside a fenced block, fences included."""

    text: str
    kind: Kind
    is_cut: bool = False
    """Whether it was too long, so that the sentence or block goes on."""


class Segments:
    """The pieces of one reply. ``lists``: the lines of a list are one piece."""

    def __init__(self, *, lists: bool) -> None:
        self._joins_lists = lists
        self._held: list[str] = []
        """Characters of the piece that has not ended."""
        self._line: list[str] = []
        """Its last line, at most so many characters as tell what the line is."""
        self._fence = ""
        self._is_stopped = False
        self._listed = False
        """Whether the held characters are a list."""

    def take(self, piece: str) -> Iterator[Segment]:
        """The segments that end within the piece."""
        for char in piece:
            yield from self._add(char)

    def end(self) -> Iterator[Segment]:
        """What is left."""
        if self._held:
            yield self._cut(is_cut=False)

    @property
    def held(self) -> int:
        """Characters that are held back."""
        return len(self._held)

    def _add(self, char: str) -> Iterator[Segment]:
        if self._is_stopped and not self._fence and char.isspace() and char != "\n":
            yield self._cut(is_cut=False)
        self._is_stopped = self._is_stopped and char in _CLOSING
        self._held.append(char)
        if char == "\n":
            yield from self._end_line()
            return
        if len(self._line) < MOST:
            self._line.append(char)
        if not self._fence and not self._listed:
            is_enough = len(self._held) >= LEAST and not self._is_item()
            if char in _WIDE_STOPS and is_enough:
                yield self._cut(is_cut=False)
            elif char in _STOPS:
                self._is_stopped = is_enough
        if len(self._held) >= MOST:
            yield self._cut(is_cut=True)

    def _is_item(self) -> bool:
        """Whether the line is an item of a list that goes on, or no more yet than its number."""
        line = "".join(self._line[:20])
        is_number = len(self._line) < 16 and _NUMBERED.match(line) is not None
        return is_number or (self._joins_lists and _ITEM.match(line) is not None)

    def _end_line(self) -> Iterator[Segment]:
        line = "".join(self._line)
        self._line.clear()
        self._is_stopped = False
        if self._fence:
            if _closes(line, self._fence):
                yield self._cut(is_cut=False)
                self._fence = ""
        elif self._joins_lists and _ITEM.match(line):
            self._listed = True
            return
        elif self._listed and not line.strip():
            return
        else:
            fence = _opened(line)
            if self._listed or fence:
                yield from self._cut_before(len(line) + 1)
            self._fence = fence
            if not fence and len(self._held) >= LEAST:
                yield self._cut(is_cut=False)
        if len(self._held) >= MOST:
            yield self._cut(is_cut=True)

    def _cut_before(self, size: int) -> Iterator[Segment]:
        """Cut off what is held before the last line, which is of this size."""
        behind = self._held[-size:]
        del self._held[-size:]
        if self._held:
            yield self._cut(is_cut=False)
        self._held += behind

    def _cut(self, *, is_cut: bool) -> Segment:
        text = "".join(self._held)
        self._held.clear()
        self._listed = False
        return Segment(text, "code" if self._fence else "prose", is_cut)


def _opened(line: str) -> str:
    """The fence that the line opens, or "". Backticks on one line are no fence."""
    fence = _FENCE.match(line)
    return fence["run"] if fence else ""


def _closes(line: str, fence: str) -> bool:
    bare = line.strip(" \t>")
    return bare.startswith(fence) and not bare.strip(fence[0])
