"""The values of a number in digits: ``1 234,5``, ``1'234.5``, ``1/2``, ``1e3``.

A number whose point or comma may mean thousands or a fraction has both values. The number of digits
is bounded: ``1e999999999`` would fill the memory.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

__all__ = ["NUMBER", "values"]

_MOST_DIGITS: Final = 40
NUMBER: Final = (
    r"(?>\d+(?:[ '_]\d{3}(?!\d))*(?:[.,']\d+)*|(?<!\w)\.\d+)"
    r"(?>[eE][+-]?\d{1,2}\b)?(?![eE][+-]?\d)(?:/\d+)?"
)
"""A regular expression of such a number, without its sign."""
_GROUPS: Final = re.compile(r"[ '_]")
_MANY_GROUPS: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_ONE_GROUP: Final = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def values(text: str) -> frozenset[Fraction]:
    """What a text that matches `NUMBER` may mean; nothing if it is too long or divides by zero."""
    if len(text) > 2 * _MOST_DIGITS:
        return frozenset()
    above, _, under = text.casefold().partition("/")
    digits, _, exponent = above.partition("e")
    if max(len(digits), len(under)) > _MOST_DIGITS or not int(under or 1):
        return frozenset()
    scale = Fraction(10) ** int(exponent or 0) / int(under or 1)
    return frozenset(value * scale for value in _decimals(_GROUPS.sub("", digits)))


def _decimals(digits: str) -> list[Fraction]:
    """What the digits may mean, with their points and commas."""
    point, comma = digits.rfind("."), digits.rfind(",")
    if point >= 0 and comma >= 0:
        decimal, thousands = (".", ",") if point > comma else (",", ".")
        return _fraction(digits.replace(thousands, "").replace(decimal, "."))
    mark = "." if point >= 0 else ","
    plain = digits.replace(mark, "")
    if digits.count(mark) > 1:
        return _fraction(plain) if _MANY_GROUPS.fullmatch(digits) else []
    read = _fraction(digits.replace(mark, "."))
    return read + (_fraction(plain) if _ONE_GROUP.fullmatch(digits) else [])


def _fraction(text: str) -> list[Fraction]:
    try:
        return [Fraction(text)]
    except ValueError:
        return []
