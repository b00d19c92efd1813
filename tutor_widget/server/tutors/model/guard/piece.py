"""A piece of a reply in all forms in which it is read, made once for all answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

from ...lesson.normal import words
from ...lesson.phrases import vocabulary
from .disguises import decoded, mirrored, spelt
from .visible import bare, visible
from .words import MIRRORS

__all__ = ["CLAUSE", "Form", "Piece"]

_MOST_PARTS: Final = 24
CLAUSE: Final = re.compile(
    r"[;:—–|]\s*|, | - |[，：]|[()]|->|→|=> "
    r"| (?=(?:Does|Do|Did|Is|Are|Can|Let|What|Why|Which|How|Hilft|Est-ce|¿)\b)"
)
"""Between clauses; a question may follow an answer without a stop."""


class Form(NamedTuple):
    """A part of the piece in ROT13 or backwards.

    ``is_meant``: whether it reads like a language, or the part says what it is. By chance a form
    may have an answer's letters or digits.
    """

    text: str
    is_meant: bool


@dataclass(frozen=True)
class Piece:
    """What is judged at once. ``is_code``: it stands in a fence."""

    source: str
    is_code: bool
    text: str = field(init=False)
    """As people see it."""
    plain: str = field(init=False)
    """The same without Markdown inside of its words."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", visible(self.source))
        object.__setattr__(self, "plain", bare(self.text))

    @cached_property
    def hidden(self) -> tuple[str, ...]:
        """What it says in codes, or letter by letter."""
        return (*decoded(self.text), *spelt(self.plain))

    @cached_property
    def mirrors(self) -> tuple[Form, ...]:
        """It and its clauses in ROT13 and backwards."""
        is_said = MIRRORS.search(self.plain) is not None
        parts = islice(dict.fromkeys((self.plain, *CLAUSE.split(self.plain))), _MOST_PARTS)
        return tuple(_forms(parts, is_said=is_said))


def _forms(parts: Iterator[str], *, is_said: bool) -> Iterator[Form]:
    for part in parts:
        found = _small_words(part)
        for form in mirrored(part):
            count = _small_words(form)
            yield Form(form, is_said or (count > 1 and count > found))


def _small_words(text: str) -> int:
    """How many words a language has in every sentence. A text with more of them reads like one."""
    known = vocabulary().words
    small, fillers = known["small"], known["fillers"]
    return sum(len(word) > 1 and (word in small or word in fillers) for word in words(text))
