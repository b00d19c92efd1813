"""The line with which a model says that it is not sure, and the filter that takes it out.

A model is asked for the line only where somebody looks at the answer then (`Course.hold`).
The filter stands before the guard: what the guard reads is what the learner would read. Pure, and
linear in the text.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ASKED", "Unsure"]

_MARKER: Final = "[[UNSURE]]"
ASKED: Final = f"""\
# When you are not sure

If you are not sure that all you say is right, or that it is what this learner needs, end your \
reply with a line that has nothing but `{_MARKER}`, in these letters in every language. A teacher \
then looks at your reply first, and the learner never sees that line. Do not speak of it."""
_WORDS: Final = "unsure|unsicher|inseguro|insegura|incertain|不确定"
"""Small models translate it."""
_AROUND: Final = r"[ \t*_`~\\]{0,8}"
_BRACKETED: Final = re.compile(
    rf"{_AROUND}(?:[\[【［]{_AROUND}){{1,2}}(?:{_WORDS})(?:{_AROUND}[\]】］]){{1,2}}{_AROUND}[.!。]?",
    re.IGNORECASE,
)
_EDGE: Final = r"[\s*_`~\\>.!。()（）\[\]【】［］–—-]{0,16}"
_ALONE: Final = re.compile(rf"{_EDGE}(?:{_WORDS}){_EDGE}", re.IGNORECASE)
"""A line of it without brackets."""


class Unsure:
    """Takes the marker out of one reply, line by line."""

    def __init__(self) -> None:
        self.found = False
        self._line: list[str] = []
        """The pieces of the line that has not ended."""

    def take(self, piece: str) -> str:
        """The lines that have ended, without the marker."""
        head, newline, rest = piece.rpartition("\n")
        if not newline:
            self._line.append(rest)
            return ""
        lines = "".join((*self._line, head)).split("\n")
        self._line = [rest]
        return "".join(f"{line}\n" for line in map(self._without, lines) if line is not None)

    def end(self) -> str:
        """The last line, without the marker. The model has written all."""
        line, self._line = "".join(self._line), []
        return self._without(line) or ""

    def _without(self, line: str) -> str | None:
        """The line without the marker; None if nothing is left of it."""
        left, times = ("", 1) if _ALONE.fullmatch(line) else _BRACKETED.subn(" ", line)
        if not times:
            return line
        self.found = True
        return left.rstrip() or None
