"""Which numbers of a clause are stated, and which are parts of an expression, or limits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..numbers import Mention
from ..phrases import vocabulary
from .clauses import ends_with_word, prose, starts_with_word
from .denial import denied

__all__ = ["stated"]

_BRACKETS: Final = re.compile(r"\w[(\[][^()\[\]]*[)\]]")
_OPERATOR: Final = re.compile(r"[-+*/×÷^%]{1,2}|[<>]=?|[≤≥≠]|[!=]=|x")
_OPERATOR_BEFORE: Final = re.compile(r"[*/×÷^%] ?$")
_OPERATOR_BEHIND: Final = re.compile(r" ?(?:[*/×÷^]{1,2}|\+) ?[\w(]|x\d")
_GLUED: Final = re.compile(r"(?<=\d)[^\W\d_\u3007\u4e00-\u9fff]+")
"""Letters directly behind a number."""
_LIMIT_BEFORE: Final = re.compile(r"(?:(?<![-=])[<>]=?|[≤≥≠]|!=) ?$")
_LIMIT_BEHIND: Final = re.compile(r" ?(?:\+(?!\+? ?[\w(])|[<>!]=|[≤≥≠])")


def stated(clause: str, found: Sequence[Mention], question: str) -> list[Mention]:
    """The numbers that stand for themselves and are not denied."""
    lower = clause.casefold() if len(clause.casefold()) == len(clause) else clause
    starts = [0, *(mention.end for mention in found)]
    ends = [*(mention.start for mention in found), len(clause)]
    gaps = [lower[start:end] for start, end in zip(starts, ends, strict=True)]
    joined = [False, *map(_joins, gaps[1:-1], (lower[m.start :] for m in found[1:])), False]
    denials = denied(clause, [(mention.start, mention.end) for mention in found])
    inside = [match.span() for match in _BRACKETS.finditer(clause)]
    return [
        mention
        for n, mention in enumerate(found)
        if not (
            denials[n]
            or joined[n]
            or joined[n + 1]
            or any(start < mention.start < end for start, end in inside)
            or _is_operand(gaps[n], gaps[n + 1], lower[mention.start :])
            or _is_limit(gaps[n], gaps[n + 1])
            or _is_glued(mention, lower, question)
            or _is_quotient(mention, clause, question)
        )
    ]


def _joins(gap: str, behind: str) -> bool:
    """Whether an operator stands between two numbers, or is the second one's sign."""
    sign = gap.strip()
    if not sign:
        return behind[:1] in ("+", "-") or starts_with_word(behind, "minus")
    return _OPERATOR.fullmatch(sign) is not None or sign in vocabulary().words["operators"]


def _is_operand(before: str, behind: str, number: str) -> bool:
    """Whether a name is the other operand, as in "n % 2" and "x + 1", or a sign stands twice."""
    is_signed = number[:1] in ("+", "-")
    is_added = number[:2] == "+ " and before.strip() != ""
    is_sum = is_added or (is_signed and before[-1:] in ("+", "-"))
    is_second = is_sum or _OPERATOR_BEFORE.search(before[-3:]) is not None
    return is_second or _OPERATOR_BEHIND.match(behind) is not None


def _is_limit(before: str, behind: str) -> bool:
    """Whether it is said to be less, or more: "at least 4", "4 or more", "> 4", "4+"."""
    if _LIMIT_BEFORE.search(before[-4:]) or _LIMIT_BEHIND.match(behind):
        return True
    return ends_with_word(before.rstrip(), "limits") or starts_with_word(behind.lstrip(), "limits")


def _is_glued(mention: Mention, lower: str, question: str) -> bool:
    """Whether letters follow directly that are no unit, ordinal or word that says nothing."""
    letters = _GLUED.match(lower, mention.end)
    if letters is None:
        return False
    said = vocabulary().words
    kinds = ("glued", "units", "places", "companions", "fillers")
    word = letters[0]
    return not any(word in said[kind] for kind in kinds) and word not in prose(question)


def _is_quotient(mention: Mention, clause: str, question: str) -> bool:
    """Whether it is a division to be done, and no fraction: "8/2", or one of the question."""
    text = clause[mention.start : mention.end]
    is_whole = all(value.denominator == 1 for value in mention.values)
    return "/" in text and (is_whole or text in question.replace(" ", ""))
