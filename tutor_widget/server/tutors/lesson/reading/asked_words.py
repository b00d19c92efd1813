"""The word that a message asks about: "what is a slice?"."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Final

from ..phrases import index, keys_of, vocabulary
from .asides import before, behind

__all__ = ["asked_word", "is_definition_asked"]

_MOST: Final = 2
"""Words of what is asked about."""
_MOST_CHINESE: Final = 6
"""Characters, of which each is a word."""
_AROUND: Final = ("chatter", "openings")
_SAYING_NOTHING: Final = (
    "asks", "chatter", "common", "everyday", "fillers", "nouns", "persons", "question", "solutions",
    "topics", "units",
)  # fmt: skip
_Form = tuple[Sequence[str], Sequence[str]]


def asked_word(text: str) -> Sequence[str]:
    """The keys of the word, or two, whose meaning a cleaned text asks for; none if it does not."""
    keys = before(behind(keys_of(text), *_AROUND), *_AROUND)
    return min(filter(_is_word, _fillings(keys)), key=len, default=())


def is_definition_asked(text: str) -> bool:
    """Whether a cleaned text asks what something is, be it a word or a hint."""
    return any(True for _ in _fillings(behind(keys_of(text), *_AROUND)))


def _fillings(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    """What stands in the place of the word, in each form that fits."""
    for first, last in _forms():
        end = len(keys) - len(last)
        if len(first) < end and list(keys[: len(first)]) == first and list(keys[end:]) == last:
            yield keys[len(first) : end]


def _is_word(keys: Sequence[str]) -> bool:
    most = _MOST_CHINESE if keys[0] >= "\u4e00" else _MOST
    is_plain = all(key.isalpha() for key in keys)
    return is_plain and len(keys) <= most and not index(*_SAYING_NOTHING).is_within(keys)


@functools.cache
def _forms() -> tuple[_Form, ...]:
    """The keys before and behind the word."""
    parts = (form.partition("*") for form in sorted(vocabulary().words["defining"]))
    return tuple((keys_of(first), keys_of(last)) for first, _, last in parts)
