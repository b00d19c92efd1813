"""Numbers as people write them: ``1 234,5``, ``1'234.5``, ``-5``, ``1/2``, ``50 %``, "minus 4".

A number whose point or comma may mean thousands or a fraction has both values. Texts are those of
`normal.clean`. The number of digits is bounded: ``1e999999999`` would fill the memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .phrases import vocabulary

__all__ = ["Mention", "mentioned"]

_MOST_DIGITS: Final = 40
_TOKEN: Final = re.compile(
    r"(?P<sign>(?<![\w)\]])[+-] ?)?"
    r"(?P<number>(?:\d+(?:[ '_]\d{3}(?!\d))*(?:[.,']\d+)*|(?<!\w)\.\d+)(?:[eE][+-]?\d{1,2}\b)?)"
    r"(?P<over>/\d+)?(?P<percent> ?%)?"
    r"|(?P<word>[^\W\d_]+(?:-[^\W\d_]+)?)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A number in a text: its possible values, whether it is a percentage, and where it stands."""

    values: frozenset[Fraction]
    is_percent: bool
    start: int
    end: int
    is_article: bool = False
    """"One" may be no number: "which one"."""


def mentioned(text: str) -> list[Mention]:
    """The numbers of a text, in digits or in words, in its order."""
    found: list[Mention] = []
    minus_at = -1  # where the word before ends, if it is a minus
    for token in _TOKEN.finditer(text):
        if (word := token["word"]) is not None:
            mention = _worded(word, token.start(), token.end())
        else:
            mention = _written(token)
        if mention is None:
            is_minus = word is not None and word.casefold() in vocabulary().words["minus"]
            minus_at = token.end() if is_minus else -1
            continue
        if 0 <= minus_at >= token.start() - 1:
            mention = Mention(
                frozenset(-value for value in mention.values), mention.is_percent, *token.span()
            )
        minus_at = -1
        found.append(mention)
    return found


def _worded(word: str, start: int, end: int) -> Mention | None:
    numbers = vocabulary().numbers
    value = numbers.get(word.casefold())
    if value is None and word[0] >= "\u4e00":  # with its measure word: there are no spaces
        value = numbers.get(word[:2], numbers.get(word[:1])) if len(word) < 4 else None
    if value is None:
        return None
    return Mention(frozenset({Fraction(value)}), False, start, end, is_article=value == 1)


def _written(token: re.Match[str]) -> Mention | None:
    text, over = token["number"], token["over"]
    if len(text) > _MOST_DIGITS or len(over or "") > _MOST_DIGITS:
        return None
    under = int(over[1:]) if over else 1
    if not under:
        return None
    sign = -1 if (token["sign"] or "").startswith("-") else 1
    digits, _, exponent = text.casefold().partition("e")
    scale = Fraction(10) ** int(exponent or 0)
    values = frozenset(sign * value * scale / under for value in _values(digits))
    return Mention(values, token["percent"] is not None, *token.span()) if values else None


def _values(digits: str) -> list[Fraction]:
    """What the digits may mean, with their points and commas."""
    digits = re.sub(r"[ '_]", "", digits)
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        decimal, thousands = (".", ",") if point > comma else (",", ".")
        return _fraction(digits.replace(thousands, "").replace(decimal, "."))
    mark = "." if point >= 0 else ","
    plain = digits.replace(mark, "")
    if digits.count(mark) > 1:
        return _fraction(plain) if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits) else []
    read = _fraction(digits.replace(mark, "."))
    is_grouped = re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) is not None
    return read + (_fraction(plain) if is_grouped else [])


def _fraction(text: str) -> list[Fraction]:
    try:
        return [Fraction(text)]
    except ValueError:
        return []
