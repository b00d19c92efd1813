"""Whether a reply says a row of numbers that is the answer, at once or one by one. Pure."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final

from ....lesson.normal import clean, words
from ....lesson.numbers import Mention, mentioned
from ....lesson.steps import Step
from ..words import JOINTS, LABELS
from .answer import cleaned

__all__ = ["Row", "Rows"]

_SEPARATORS: Final = re.compile(r"[\s,;|`'\"·•*()\[\]{}→:>.-]{0,12}\Z")
_LABEL: Final = re.compile(r"([^\W\d_]+)[\s`*#.:]{0,3}\Z")
_BETWEEN: Final = JOINTS | LABELS | {"is", "ist", "es", "est", "holds", "gives", "是"}
_LONGEST_GAP: Final = 24
"""Characters between two numbers of a row."""


class Rows:
    """The answers of a step that are rows of numbers."""

    def __init__(self, step: Step) -> None:
        found = ([*_numbers(answer)] for answer in step.answers)
        self._rows = [row for row in found if len(row) > 1]
        shown = {value for line in step.question.splitlines() for value in _values(line)}
        self.shown = frozenset(shown)
        new = ([value for value in row if value not in shown] for row in self._rows)
        self.new = tuple(row for row in new if len(row) > 1)
        """Of each row the numbers that the question does not show, if they are several."""

    def is_in(self, text: str) -> bool:
        """Whether one sentence says such a row, and no more numbers beside it."""
        if not self._rows:
            return False
        text = cleaned(text)
        every, unlabelled = mentioned(text), _unlabelled(text)
        # "0, 1 and 2" behind "the indexes" are a row, those of "index 1 is 6" are not.
        found = [every] if len(unlabelled) == len(every) else [every, unlabelled]
        return any(row in self._rows for one in found for row in _rows_of(text, one))


class Row:
    """The numbers that a reply has said so far, without those that the question shows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._said: deque[Fraction] = deque(maxlen=max(map(len, rows.new), default=0))

    def take(self, text: str) -> bool:
        """Whether the reply, which goes on with this text, has now said a row number by number."""
        if not self._rows.new:
            return False
        return any(map(self._add, (v for line in text.splitlines() for v in _values(line))))

    def _add(self, value: Fraction) -> bool:
        if value in self._rows.shown or (self._said and self._said[-1] == value):
            return False
        self._said.append(value)
        return any([*self._said][-len(row) :] == row for row in self._rows.new)


def _rows_of(text: str, found: Sequence[Mention]) -> Iterator[list[Fraction]]:
    """The numbers that stand side by side, but for joints and labels."""
    row, end = list[Fraction](), 0
    for mention in found:
        if row and not _is_joint(text[end : mention.start]):
            yield row
            row = []
        row.append(min(mention.values))
        end = mention.end
    yield row


def _values(text: str) -> Iterator[Fraction]:
    return (min(mention.values) for mention in _unlabelled(clean(text)))


@lru_cache(64)  # several answers of one step ask for the same text
def _unlabelled(text: str) -> tuple[Mention, ...]:
    """The numbers that are no labels: not in "step 2"."""
    sure = (mention for mention in mentioned(text) if not mention.is_unsure)
    return tuple(mention for mention in sure if not _is_label(text[: mention.start]))


def _is_label(before: str) -> bool:
    match = _LABEL.search(before[-40:])
    return match is not None and match[1].casefold() in LABELS


def _numbers(answer: str) -> list[Fraction]:
    found = mentioned(clean(answer))
    rest = answer
    for char in "0123456789,[]() -":
        rest = rest.replace(char, "")
    return [] if rest and rest != "and" else [min(mention.values) for mention in found]


def _is_joint(gap: str) -> bool:
    if len(gap) >= _LONGEST_GAP:
        return False
    return _SEPARATORS.match(gap) is not None or all(
        word in _BETWEEN or word.isdecimal() for word in words(gap) or ["?"]
    )
