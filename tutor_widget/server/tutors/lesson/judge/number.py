"""Judges the answer to a question for a number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

from ..code import is_code
from ..normal import clean, words
from ..numbers import Mention, between, mentioned
from ..phrases import vocabulary
from .clauses import assertion, is_empty, main_clause, result, says, without_fillers
from .denial import corrects, denied_behind, spared
from .expression import stated
from .verdict import Verdict

__all__ = ["judge_number"]

_KEPT: Final = 500
"""Questions whose numbers are kept: those of some dozens of lessons."""
_MISWRITTEN: Final = re.compile(r"[+-]?\d+(?:[.,]\d+){2,}[ .!]*")
"""With points that no number has: "2.50.3"."""
_EMPHASIS: Final = re.compile(r"(?<![\w*])\*{1,3}([^*\n]{1,80})\*{1,3}(?![\w*])")


def judge_number(
    text: str,
    right: float,
    tolerance: float = 0,
    *,
    percent: bool = False,
    question: str = "",
) -> Verdict:
    """Whether the number that the text names is ``right``, within ``tolerance`` (inclusive).

    ``percent``: "50 %" and 0.5 are the same. Beside another number, one of the question only
    repeats it: "a quarter of 100 is 25". An expression ("4+4") and a limit ("more than 4") name
    no number.
    """
    text = assertion(_EMPHASIS.sub(r"\1", text))
    if _is_other_code(without_fillers(text)[-1]):
        return Verdict.WRONG
    wanted = _wanted(right, tolerance, percent, question)
    verdict = Verdict.NONE
    for clause in _clauses(text):
        found = _counted(clause, question, wanted)
        numbers = stated(clause, found, question)
        if numbers:
            return _decided(clause, numbers, wanted, question)
        if found and verdict is Verdict.NONE:
            verdict = Verdict.TWO if _are_two(clause, found) else Verdict.WRONG
    if verdict is Verdict.NONE and (place := _place(main_clause(text), question)):
        return Verdict.RIGHT if wanted.value == place else Verdict.WRONG
    if verdict is Verdict.NONE and _MISWRITTEN.fullmatch(without_fillers(text)[-1]):
        return Verdict.WRONG
    return verdict


class _Wanted(NamedTuple):
    """The right number. Compared as decimal numbers, as people mean them: 0.1 + 0.2 is 0.3."""

    value: Fraction
    margin: Fraction
    percent: bool
    """Whether the answer is a percentage: below 1 it is written as a share."""
    unit: bool
    """Whether the number may have a percent sign that means nothing."""

    def fits(self, mention: Mention) -> bool:
        return any(abs(v - self.value) <= self.margin for v in self._readings(mention))

    def _readings(self, mention: Mention) -> Iterator[Fraction]:
        is_share = abs(self.value) < 1
        for value in mention.values:
            if mention.is_percent:
                if self.percent or self.unit:
                    yield value / 100 if self.percent and is_share else value
                continue
            yield value
            if self.percent and (is_share or abs(value) <= 1):
                yield value / 100 if is_share else value * 100


def _wanted(right: float, tolerance: float, percent: bool, question: str) -> _Wanted:
    unit = says(question, "percent") or any(mention.is_percent for mention in _asked(question))
    return _Wanted(Fraction(str(right)), Fraction(str(tolerance)), percent, unit)


@lru_cache(_KEPT)
def _asked(question: str) -> list[Mention]:
    """The numbers of the question."""
    return mentioned(clean(question))


def _is_other_code(core: str) -> bool:
    """Whether it is a list that holds the number, or a call that has it, and not the number."""
    is_number = core[:1].isdecimal() or core[:1] in ("-", "+", "(")
    return is_code(core) and core[-1:] in tuple(")]}") and not is_number


def _clauses(text: str) -> Iterator[str]:
    """Where the number may stand, the likeliest first."""
    main = main_clause(text)
    yield from dict.fromkeys((result(main), main, without_fillers(main)[-1], text))


def _counted(clause: str, question: str, wanted: _Wanted) -> list[Mention]:
    """The numbers of the clause that are meant as numbers, and not as "one" in "one moment"."""
    found = mentioned(clause)
    if not (wanted.percent or wanted.unit):
        found = [mention for mention in found if not mention.is_percent] or found
    if any(mention.is_unsure for mention in found):
        known = frozenset(words(question)) | vocabulary().words["and"]
        if not is_empty(between(clause, found), known):
            return [mention for mention in found if not mention.is_unsure]
    return found


def _place(clause: str, question: str) -> int:
    """The number of a place that is all that the clause says, from 1: "in the first line"."""
    known = vocabulary().ordinals
    given = [known[word] + 1 for word in words(clause) if word in known]
    return given[0] if given and is_empty(clause, {*known, *words(question)}) else 0


def _are_two(clause: str, found: Sequence[Mention]) -> bool:
    """Whether different numbers are offered."""
    return len({mention.values for mention in found}) > 1 and says(clause, "or")


def _decided(clause: str, numbers: Sequence[Mention], wanted: _Wanted, question: str) -> Verdict:
    """The verdict on the numbers that the clause states."""
    if _are_two(clause, numbers):
        return Verdict.TWO
    numbers = _undenied(clause, numbers, question)
    if len({number.values for number in numbers}) < 2:
        return Verdict.RIGHT if numbers and wanted.fits(numbers[0]) else Verdict.WRONG
    asked = {mention.values for mention in _asked(question)}
    numbers = [number for number in numbers if number.values not in asked] or numbers
    numbers = _chosen(clause, numbers)
    fitting = [wanted.fits(number) for number in numbers]
    if all(fitting):
        return Verdict.RIGHT
    return Verdict.TWO if len(numbers) == 2 and any(fitting) else Verdict.WRONG


def _undenied(clause: str, numbers: Sequence[Mention], question: str) -> list[Mention]:
    """The numbers without those that are denied behind."""
    places = [(number.start, number.end) for number in numbers]
    denials = denied_behind(clause, places, but=spared(question))
    denied = {number.values for number, said in zip(numbers, denials, strict=True) if said}
    return [number for number in numbers if number.values not in denied]


def _predicate(clause: str, numbers: Sequence[Mention]) -> Mention | None:
    """The second of two numbers, if the first one only names what it is: "index 1 is 20"."""
    first, second = numbers[0], numbers[-1]
    label = without_fillers(clause[: first.start])[-1].strip()
    gap = clause[first.end : second.start].casefold().strip()
    is_named = len(numbers) == 2 and label != "" and gap in vocabulary().words["equals"]
    return second if is_named else None


def _chosen(clause: str, numbers: Sequence[Mention]) -> Sequence[Mention]:
    """Of several numbers those that count: the corrected one, or those before a comma."""
    if corrects(clause[numbers[0].end : numbers[-1].start]):
        return numbers[-1:]
    if (behind := _predicate(clause, numbers)) is not None:
        return [behind]
    others = words(between(clause, numbers))
    if all(word in vocabulary().words["and"] for word in others):
        return numbers  # a list of numbers is not its first one
    end = clause.find(", ")
    first = [number for number in numbers if number.end <= end]
    return first if len({number.values for number in first}) == 1 else numbers
