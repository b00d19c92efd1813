"""The numbers of a text, in its order: ``1 234,5``, ``-5``, ``3 1/2``, ``50 %``, "minus four".

Texts are those of `normal.clean`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise
from typing import Final

from ..phrases import vocabulary
from .digits import NUMBER, values
from .words import Token, worded

__all__ = ["Mention", "between", "mentioned"]

_TOKEN: Final = re.compile(
    rf"(?:(?<=[\u3007\u4e00-\u9fff])|(?<!\w))(?P<number>{NUMBER})"
    r"(?P<mixed> \d{1,9}/\d{1,9})?(?P<thousands> ?k(?!\w)|K(?!\w))?(?P<percent> ?%(?! ?\d))?"
    r"|(?P<word>[\u3007\u4e00-\u9fff]|[^\W\d_\u3007\u4e00-\u9fff]+)"
)
_MOST_NUMBERS: Final = 40
"""Numbers of a text that are read, in digits and in words each."""
_LONGEST_PERCENT: Final = 20
"""Characters of a word for a percentage, with what stands before it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A number in a text: its possible values, and where it stands, with its sign."""

    values: frozenset[Fraction]
    start: int
    end: int
    is_percent: bool = False
    is_unsure: bool = False
    """Mostly it is no number: "one" in "which one"."""


def mentioned(text: str) -> list[Mention]:
    """The numbers of a text, in its order."""
    return list(_mentioned(text))


@functools.lru_cache(64)  # of one message each reading asks, and many readings are alike
def _mentioned(text: str) -> tuple[Mention, ...]:
    tokens: list[Token] = []
    found: list[Mention] = []
    at = 0
    while (match := _TOKEN.search(text, at)) is not None and len(found) < _MOST_NUMBERS:
        at = match.end()
        if match["word"] is not None:
            tokens.append(Token(match["word"].casefold(), *match.span()))
        elif (mention := _written(match)) is not None:
            found.append(mention)
            at = mention.end
            if len(mention.values) == 1 and mention.end == match.end("number"):
                tokens.append(Token("", *match.span(), value=min(mention.values)))
    found += (
        Mention(frozenset({w.value}), w.start, w.end, is_unsure=w.is_unsure)
        for w in islice(worded(tokens, text), _MOST_NUMBERS)
    )
    return tuple(_with_signs(_sure(_apart(found), text), text))


def between(text: str, found: Sequence[Mention]) -> str:
    """The text without these of its numbers."""
    starts = (0, *(mention.end for mention in found))
    ends = (*(mention.start for mention in found), len(text))
    return " ".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def _written(match: re.Match[str]) -> Mention | None:
    """The number in digits that the match is, without its sign."""
    number = values(match["number"])
    end = match.end("number")
    if match["mixed"] and "/" not in match["number"]:
        rest = values(match["mixed"].strip())
        if rest and min(rest) < 1:
            number = frozenset(value + min(rest) for value in number)
            end = match.end("mixed")
    if match["thousands"]:
        number, end = frozenset(value * 1000 for value in number), match.end("thousands")
    is_percent = match["percent"] is not None
    end = match.end("percent") if is_percent else end
    return Mention(number, match.start(), end, is_percent) if number else None


def _apart(found: Iterable[Mention]) -> list[Mention]:
    """The mentions without those inside another one; of one place, their values together."""
    kept: list[Mention] = []
    for mention in sorted(found, key=lambda mention: (mention.start, -mention.end)):
        if not kept or mention.start >= kept[-1].end:
            kept.append(mention)
        elif (mention.start, mention.end) == (kept[-1].start, kept[-1].end):
            kept[-1] = replace(kept[-1], values=kept[-1].values | mention.values)
    return kept


def _sure(found: Sequence[Mention], text: str) -> list[Mention]:
    """The mentions without those that are no number beside another: "4 is the last one"."""
    if all(mention.is_unsure for mention in found):
        return list(found)
    gaps = [text[one.end : two.start].strip().casefold() for one, two in pairwise(found)]
    joints = {",", *vocabulary().words["or"], *vocabulary().words["and"]}
    listed = [False, *(gap in joints for gap in gaps), False]
    return [m for n, m in enumerate(found) if not m.is_unsure or listed[n] or listed[n + 1]]


def _with_signs(found: Iterable[Mention], text: str) -> list[Mention]:
    """The mentions with the sign before each, and the word for a percentage behind it."""
    lower = text.casefold() if len(text.casefold()) == len(text) else text
    signed: list[Mention] = []
    for mention in found:
        if signed and mention.start < signed[-1].end:
            continue  # "pour cent" is no hundred
        start, sign = _sign(lower, mention.start)
        end = _percent_end(lower, mention.end)
        number = frozenset(sign * value for value in mention.values)
        is_percent = mention.is_percent or end > mention.end
        signed.append(replace(mention, values=number, start=start, end=end, is_percent=is_percent))
    return signed


def _sign(lower: str, at: int) -> tuple[int, int]:
    """Where the number at this place begins with its sign, and -1 if that is a minus."""
    before = lower[:at].rstrip(" ")
    end = len(before)
    if before[-1:] in ("+", "-") and at - end < 2 and _is_apart(before[-2:-1]):
        return end - 1, -1 if before[-1] == "-" else 1
    for word in vocabulary().words["minus"]:
        char = before[: -len(word)][-1:]
        if before.endswith(word) and (word >= "\u3000" or _is_apart(char)):
            return end - len(word), -1
    return at, 1


def _is_apart(char: str) -> bool:
    """Whether what stands behind this character does not belong to it. Chinese has no spaces."""
    if char >= "\u4e00" and char not in vocabulary().numbers:
        return True
    return not (char.isalnum() or (char and char in "_)]"))


def _percent_end(lower: str, end: int) -> int:
    """Where the number that ends here ends, with a word for a percentage."""
    after = lower[end : end + _LONGEST_PERCENT]
    rest = after.lstrip(" -")
    for word in vocabulary().words["percent"]:
        if rest.startswith(word) and not rest[len(word) : len(word) + 1].isalpha():
            return end + len(after) - len(rest) + len(word)
    return end
