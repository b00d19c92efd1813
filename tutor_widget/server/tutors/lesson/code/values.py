"""Values of evaluated code: what they weigh, what may be spent, and when two are the same."""

from __future__ import annotations

import math
from collections.abc import ItemsView, KeysView, ValuesView
from itertools import chain
from typing import Final

__all__ = ["BITS", "WEIGHT", "Budget", "Refused", "has_set", "same_value", "weight"]

WEIGHT: Final = 1_000
"""What a value may weigh: its characters and items, those of its items included."""
BITS: Final = 4_096
"""Of a whole number. As decimal digits they stay below Python's own limit."""
_STEPS: Final = 5_000
_ORDERED: Final = (list, tuple, range, KeysView, ValuesView, ItemsView)


class Refused(Exception):
    """This code is not evaluated: it uses what is not on the list, or costs too much."""


class Budget:
    """The steps that an evaluation may take. A step is a node, or a unit of a value's weight."""

    def __init__(self) -> None:
        self._left = _STEPS

    def spend(self, steps: int) -> None:
        """Take steps from the budget. Raises Refused if there are too few."""
        self._left -= steps
        if self._left < 0:
            raise Refused


def weight(value: object) -> int:
    """What a value weighs. Raises Refused above the limit, and for a value of another type.

    It looks at no more parts than the limit, also where a list contains the same list often.
    """
    total, waiting = 0, [value]
    while waiting:
        part = waiting.pop()
        parts = _parts(part)
        total += 1 + _own_weight(part)
        waiting += parts
        if total + len(waiting) > WEIGHT:
            raise Refused
    return total


def has_set(value: object) -> bool:
    """Whether there is a set in the value: its order differs from process to process."""
    parts = _parts(value)
    return type(value) is set or any(map(has_set, parts))


def same_value(left: object, right: object) -> bool:
    """Whether two values are equal and of one type. Whole numbers and floats are of one type.

    Floats are equal if they differ by rounding only. True is not 1.
    """
    if _is_number(left) and _is_number(right):
        return left == right or _is_close(left, right)
    if type(left) is not type(right):
        return False
    if isinstance(left, _ORDERED) and isinstance(right, _ORDERED):
        return len(left) == len(right) and all(map(same_value, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        same_keys = same_value(set(left), set(right))
        return same_keys and all(same_value(left[key], right[key]) for key in left)
    if isinstance(left, set) and isinstance(right, set):
        return {(type(item) is bool, item) for item in left} == {
            (type(item) is bool, item) for item in right
        }
    return left == right


def _parts(value: object) -> list[object]:
    if isinstance(value, (set, *_ORDERED)):
        if len(value) > WEIGHT:
            raise Refused
        return list(value)
    if isinstance(value, dict):
        if len(value) > WEIGHT:
            raise Refused
        return list(chain(value, value.values()))
    return []


def _own_weight(value: object) -> int:
    """The weight of a value without its parts."""
    match value:
        case str():
            return len(value)
        case int():
            bits = value.bit_length()
            if bits > BITS:
                raise Refused
            return bits // 64
        case _ if value is None or isinstance(value, (float, dict, set, *_ORDERED)):
            return 0
    raise Refused


def _is_number(value: object) -> bool:
    return type(value) is int or type(value) is float


def _is_close(left: object, right: object) -> bool:
    """Whether one is a float, and they differ by rounding only. NaN is the same as NaN."""
    if type(left) is int and type(right) is int:
        return False
    try:
        a, b = float(left), float(right)  # type: ignore[arg-type]
    except OverflowError:
        return False
    return math.isclose(a, b, rel_tol=1e-9) or (math.isnan(a) and math.isnan(b))
