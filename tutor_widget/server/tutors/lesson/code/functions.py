"""Functions, methods and operators that evaluated code may use, each with a look at its cost.

What would make a large value is refused before it is made: ``"a" * 10**9``, ``9 ** 9 ** 9``.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from .values import BITS, WEIGHT, Refused, has_set, weight

__all__ = ["COMPARISONS", "FUNCTIONS", "ITERATORS", "OPERATORS", "UNARY", "items", "method", "text"]

Function = Callable[..., Any]

ITERATORS: Final = frozenset(
    {"all", "any", "join", "list", "max", "min", "set", "sorted", "sum", "tuple"}
)
"""Functions and methods that may get a generator, such as ``sum(n for n in values)``."""


def items(values: Any) -> list[Any]:
    """The items of a value, in their order. Raises Refused for a set, which has none."""
    if type(values) is set:
        raise Refused
    return list(values)


def text(value: Any) -> str:
    """The value as ``str`` gives it."""
    if has_set(value):
        raise Refused
    return str(value)


def method(of: Any, name: str) -> Function:
    """The method of a value. Raises Refused for one that is not on the list."""
    if name not in _METHODS.get(type(of), ()):
        raise Refused
    if name == "join":
        return lambda parts: _join(of, parts)
    if name == "replace":
        return lambda *args: _replace(of, *args)
    found: Function = getattr(of, name)
    return found


def _join(separator: str, parts: Any) -> str:
    values = items(parts)
    if weight(values) + len(separator) * len(values) > WEIGHT:
        raise Refused
    return separator.join(values)


def _replace(whole: str, *args: Any) -> str:
    match args:
        case (str() as old, str() as new, *_):
            if len(whole) + whole.count(old) * len(new) > WEIGHT:
                raise Refused
    return whole.replace(*args)


def _range(*args: int) -> range:
    made = range(*args)
    try:
        size = len(made)
    except OverflowError:
        raise Refused from None
    if size > WEIGHT:
        raise Refused
    return made


def _round(value: Any, *digits: Any) -> Any:
    # round(1, -10**9) computes 10 ** 10**9.
    if any(isinstance(number, int) and abs(number) > WEIGHT for number in digits):
        raise Refused
    return round(value, *digits)


def _multiplied(left: Any, right: Any) -> Any:
    for whole, times in ((left, right), (right, left)):
        if isinstance(whole, str | list | tuple) and isinstance(times, int):
            if weight(whole) * times > WEIGHT:
                raise Refused
        elif isinstance(whole, int) and isinstance(times, int):
            _fits(whole.bit_length() + times.bit_length())
    return left * right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _fits(left.bit_length() * right)
    return left**right


def _shifted(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _fits(left.bit_length() + right)
    return left << right


def _remainder(left: Any, right: Any) -> Any:
    if isinstance(left, str):  # "%1000000000d" % 1
        raise Refused
    return left % right


def _inverted(value: Any) -> Any:
    if isinstance(value, bool):  # Python warns of it
        raise Refused
    return ~value


def _is(left: Any, right: Any) -> bool:
    # Whether two equal numbers or texts are one object differs between Pythons.
    if not any(value is None or isinstance(value, bool) for value in (left, right)):
        raise Refused
    return left is right


def _fits(bits: int) -> None:
    if bits > BITS:
        raise Refused


FUNCTIONS: Final[Mapping[str, Function]] = {
    **{function.__name__: function for function in (abs, all, any, bool, chr, divmod, float, int)},
    **{function.__name__: function for function in (len, max, min, ord, set, sorted, sum)},
    "list": lambda *args: list(*map(items, args)),
    "tuple": lambda *args: tuple(*map(items, args)),
    "str": lambda value="": text(value),
    "range": _range,
    "round": _round,
}
_STR: Final = """
    capitalize casefold count endswith find index isalnum isalpha isdigit islower isnumeric isspace
    istitle isupper join lower lstrip partition removeprefix removesuffix replace rfind rindex
    rpartition rsplit rstrip split splitlines startswith strip swapcase title upper
"""
_METHODS: Final[Mapping[type, frozenset[str]]] = {
    str: frozenset(_STR.split()),
    list: frozenset({"copy", "count", "index"}),
    tuple: frozenset({"count", "index"}),
    range: frozenset({"count", "index"}),
    dict: frozenset({"copy", "get", "items", "keys", "values"}),
    set: frozenset({"copy", "difference", "intersection", "isdisjoint", "issubset", "issuperset",
                    "symmetric_difference", "union"}),
    float: frozenset({"is_integer"}),
}  # fmt: skip
OPERATORS: Final[Mapping[type[ast.operator], Function]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: _multiplied,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: _remainder,
    ast.Pow: _power,
    ast.LShift: _shifted,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
UNARY: Final[Mapping[type[ast.unaryop], Function]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: _inverted,
}
COMPARISONS: Final[Mapping[type[ast.cmpop], Function]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: _is,
    ast.IsNot: lambda left, right: not _is(left, right),
}
