"""A bar of several parts, as a drawing needs it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Part", "bar"]


class Part(NamedTuple):
    """A part of a bar. ``start`` and ``width`` are percent of the longest bar there may be."""

    name: str
    number: int
    start: float
    width: float


def bar(numbers: Mapping[str, int], longest: int) -> list[Part]:
    """The parts of a bar, in their order; what is 0 has none.

    ``longest`` is the sum of the longest bar in the same picture.
    """
    parts: list[Part] = []
    before = 0
    for name, number in numbers.items():
        if number > 0 and longest > 0:
            start, end = (round(100 * n / longest, 2) for n in (before, before + number))
            parts.append(Part(name, number, start, round(end - start, 2)))
        before += number
    return parts
