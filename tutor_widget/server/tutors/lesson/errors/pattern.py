"""Messages with placeholders, matched in linear time: ``name '{name}' is not defined``.

A placeholder stands for one character or more, and ends where the text behind it first occurs; the
last one ends at the end of the message. One that occurs again stands for the same text again. There
is no going back, so the time is that of one search for each part of the pattern.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

__all__ = ["Pattern", "filled", "placeholders"]

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


def placeholders(text: str) -> list[str]:
    """The names of the placeholders in a text, in its order."""
    return _PLACEHOLDER.findall(text)


def filled(text: str, values: dict[str, str]) -> str:
    """The text with its placeholders replaced. Raises KeyError for one that has no value."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A message with placeholders."""

    start: str
    """The text before the first placeholder."""
    rest: tuple[tuple[str, str], ...]
    """Each placeholder's name, and the text behind it."""

    @classmethod
    def of(cls, message: str) -> Self:
        start, *rest = _PLACEHOLDER.split(message)
        return cls(start, tuple(zip(rest[::2], rest[1::2], strict=True)))

    @property
    def has_text(self) -> bool:
        """Whether there is anything but placeholders in it."""
        return bool(self.start or any(behind for _, behind in self.rest))

    def match(self, message: str) -> dict[str, str] | None:
        """The text of each placeholder, or None if the pattern is not the whole message."""
        if not message.startswith(self.start):
            return None
        values: dict[str, str] = {}
        at = len(self.start)
        for n, (name, behind) in enumerate(self.rest, 1):
            last = n == len(self.rest)
            if (end := _end(message, at, behind, values.get(name), last)) is None:
                return None
            values[name] = message[at:end]
            at = end + len(behind)
        return values if at == len(message) else None


def _end(message: str, at: int, behind: str, known: str | None, last: bool) -> int | None:
    """Where the placeholder that begins at ``at`` ends, or None."""
    if known is not None:
        end = at + len(known)
        return end if message.startswith(known + behind, at) else None
    if last:
        end = len(message) - len(behind)
        return end if end > at and message.endswith(behind) else None
    end = message.find(behind, at + 1)
    return end if end > at else None
