"""Whether a text names the number that is the answer. Pure.

Any mention counts, but for numbers that say nothing of the question: labels ("line 3"), counts of
other things ("two hints"), operands ("20 // 3"), arguments and indexes, and values in the middle of
a row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final

from ....lesson.normal import clean, words
from ....lesson.numbers import Mention, mentioned
from ....lesson.steps import Step
from ..words import COUNTED, JOINTS, LABELS, PIECES

__all__ = ["Number"]

_EMPHASIS: Final = re.compile(r"(?<![\w*])\*{1,3}(?=\S)([^*\n]{1,80}?)(?<=\S)\*{1,3}(?![\w*])")
_ITEM: Final = re.compile(r"(?m)^[ \t>]{0,8}(?:[*-] )?\(?\d{1,2}[.)](?= +\S+ +\S+ +\S)")
_DASH: Final = re.compile(
    r"<!--|-->|-{2,}|[-=]>|^\s*[-*+] |\n\s*[-*+] |(?<=[^\W\d]{2} )- |(?<=[:,;] )- "
)
"""What is no minus."""
_OPERAND_BEHIND: Final = re.compile(
    r"`?(?:[\w)\]]\s?(?:\*\*|//|[*/%]|[<>]=?|[=!]=)|(?:[\d)\]]|\b[a-z]) ?[+-]) ?\Z"
)
_OPERAND_BEFORE: Final = re.compile(
    r" ?(?:(?:\*\*|//|[*/]|[<>]=?|[=!]=) ?[\w(]|% ?[\da-z(]\b|[+-] ?(?:\d|[a-z]\b))"
)
_INSIDE: Final = re.compile(r"([A-Za-z_]\w*)[\[(][^\[\]()\n`]{0,60}\Z")
_SHOWING: Final = frozenset(("print", "return", "answer", "result", "int", "str", "float", "echo"))
_SHOWN: Final = re.compile(r"[^\[\]()\n]{0,60}[\])]")
_GAP: Final = re.compile(r"[\s,;|`'\"·•*()→>-]{0,6}\Z")
_ARROW: Final = re.compile(r"→|->|:")
_OR: Final = frozenset(("or", "oder", "o", "ou", "或", "还是"))
_WORD_BEFORE: Final = re.compile(r"([^\W\d_]+)[\s`*#.:]{0,3}\Z")
_WORD_BEHIND: Final = re.compile(r"[\s`*]{0,3}([^\W\d_]+)")
_CHINESE_LABEL: Final = re.compile(r"第 ?\Z")
_MIDDLE: Final = 3
"""Values of a row that has a middle."""
_ASSIGNED: Final = re.compile(
    r"(?mi)^\s*(?!answer|result|solution|ans\b|output|final|the)\w+ *= *-?[\d.]+ *$"
)
_LIST: Final = re.compile(r"\[[^\[\]\n]*,[^\[\]\n]*\]")


class Number:
    """The answer of a step that asks for a number."""

    def __init__(self, step: Step) -> None:
        assert step.number is not None
        self._value = Fraction(str(step.number))
        self._margin = Fraction(str(step.tolerance))
        self._is_percent = step.percent
        self._asked = frozenset(words(step.question.split("```")[-1] + " " + step.also))

    def is_told(self, text: str) -> bool:
        """Whether the text, which repeats nothing, names the number."""
        text = _DASH.sub(" , ", clean(_ITEM.sub("", _EMPHASIS.sub(r"\1", text))))
        found = [mention for mention in mentioned(text) if not mention.is_unsure]
        fitting = [n for n, mention in enumerate(found) if self._fits(mention)]
        return any(not self._is_harmless(text, found, n) for n in fitting)

    def is_asked_in(self, quotation: str) -> bool:
        """Whether a part of the question has the number behind what is asked: "line 7"."""
        text = clean(quotation)
        return any(
            self._fits(mention)
            and (match := _WORD_BEFORE.search(text[: mention.start])) is not None
            and match[1].casefold() in LABELS
            and _is_asked(match[1].casefold(), self._asked)
            for mention in mentioned(text)
        )

    def is_told_in_code(self, code: str) -> bool:
        """Whether code names it, but as the value of an example's name or in a list."""
        return self.is_told(_LIST.sub(" ", _ASSIGNED.sub(" ", code)))

    def _fits(self, mention: Mention) -> bool:
        scales = (1, 100, Fraction(1, 100)) if self._is_percent else (1,)
        return any(
            abs(value * scale - self._value) <= self._margin
            for value in mention.values
            for scale in scales
        )

    def _is_harmless(self, text: str, found: Sequence[Mention], n: int) -> bool:
        before, behind = text[: found[n].start], text[found[n].end :]
        return (
            self._is_label(before)
            or self._is_count(behind)
            or _OPERAND_BEHIND.search(before[-12:]) is not None
            or _OPERAND_BEFORE.match(behind) is not None
            or _is_argument(before, behind)
            or _is_in_the_middle(text, found, n)
        )

    def _is_label(self, before: str) -> bool:
        if _CHINESE_LABEL.search(before):
            return True
        match = _WORD_BEFORE.search(before[-40:])
        word = match[1].casefold() if match else ""
        return word in LABELS and not _is_asked(word, self._asked)

    def _is_count(self, behind: str) -> bool:
        match = _WORD_BEHIND.match(behind[:40])
        word = match[1].casefold() if match else ""
        return word in COUNTED and not _is_asked(word, self._asked)

    def is_pieced(self, text: str) -> bool:
        """Whether it is told digit by digit: "the first digit is 2, the second one 0"."""
        if not PIECES.search(text):
            return False
        mentions = mentioned(clean(text))
        found = [min(mention.values) for mention in mentions if not mention.is_unsure]
        digits = [str(value) for value in found if value in range(10)]
        return len(digits) > 1 and "".join(digits) == str(abs(self._value))

    def is_spelt(self, letters: str) -> bool:
        """Whether it is the number that single digits, put together, end with."""
        digits = letters[len(letters.rstrip("0123456789")) :]
        return len(digits) > 1 and Fraction(digits) == abs(self._value)


def _is_asked(word: str, asked: frozenset[str]) -> bool:
    return word in asked or word.removesuffix("s") in asked or f"{word}s" in asked


def _is_argument(before: str, behind: str) -> bool:
    """Whether it stands in the brackets of a call or an index."""
    match = _INSIDE.search(before[-100:])
    return match is not None and match[1] not in _SHOWING and _SHOWN.match(behind) is not None


def _is_in_the_middle(text: str, found: Sequence[Mention], n: int) -> bool:
    """Whether it is one of several values in a row, and not the last, or one of an "or"."""
    start, end = n, n
    while start > 0 and _is_joint(text[found[start - 1].end : found[start].start]):
        start -= 1
    while end + 1 < len(found) and _is_joint(text[found[end].end : found[end + 1].start]):
        end += 1
    if _is_value(text, found[start : end + 1], n - start):
        return False
    row = found[start : end + 1]
    if len({mention.values for mention in row}) != len(row) or len(row) < 2:
        return False
    is_or = any(not _OR.isdisjoint(words(text[one.end : two.start])) for one, two in pairwise(row))
    return is_or or (len(row) >= _MIDDLE and n < end)


def _is_value(text: str, row: Sequence[Mention], n: int) -> bool:
    """Whether it is a value in a row of pairs: "0 → 10, 1 → 20"."""
    arrows = [_ARROW.search(text[one.end : two.start]) is not None for one, two in pairwise(row)]
    return n > 0 and arrows[n - 1] and not all(arrows)


def _is_joint(gap: str) -> bool:
    return len(gap) < 24 and (
        _GAP.match(gap) is not None or (_OR | JOINTS).issuperset(words(gap) or ["?"])
    )
