"""Whether a text tells a choice by its place: "the second option", "the last line". Pure."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from ....lesson.judge import LETTERS
from ....lesson.phrases import index, keys_of, ordinals
from ....lesson.steps import Step
from ..words import COUNTED, LABELS

__all__ = ["Places"]

_LONG: Final = 4
"""Letters of a word of the question that may be a noun."""


class Places:
    """The place of the right choice, and that which it names: "The last: `NameError: …`"."""

    def __init__(self, step: Step) -> None:
        at, count = LETTERS.index(step.correct), len(step.choices)
        self._right = {str(at + 1), str(at - count)}
        named = [next((place for place, _ in _named(keys_of(c))), "") for c in step.choices]
        self._said = named[at] if sum(map(bool, named)) > 1 else ""
        asked = keys_of(step.question.split("```")[-1])
        self._nouns = {key for key in asked if len(key) >= _LONG}

    def is_told(self, text: str) -> bool:
        """Whether a statement tells it by its place, and names no other place."""
        keys = keys_of(text)
        found = [(place, noun) for place, noun in _named(keys) if place]
        said = {place for place, noun in found if noun in self._nouns}
        if self._said and said == {self._said}:
            return True
        if len(found) != 1:
            return False
        place, noun = found[0]
        rest = [key for key in keys if key not in _void()]
        return place in self._right and rest == [noun] and not _counts(noun)


def _named(keys: list[str]) -> Iterator[tuple[str, str]]:
    """The places that the words name, each with the word behind it."""
    for start, end in ordinals().places(keys):
        yield ordinals().name(keys[start:end]), "".join(keys[end : end + 1])


@cache
def _void() -> frozenset[str]:
    """Words that say nothing of the choice, the ordinals with them."""
    return index("small", "fillers").words | ordinals().words


@cache
def _counted() -> frozenset[str]:
    return frozenset(key for word in LABELS | COUNTED for key in keys_of(word))


def _counts(noun: str) -> bool:
    """Whether it is a thing of the lesson or the program that is counted, and no choice."""
    return not _counted().isdisjoint((noun, f"{noun}s", f"{noun}e"))
