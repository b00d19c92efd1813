"""The credentials of a chat, for comparison within this process only.

Two chats of one server and session share a connection if their credentials are equal. So equality
must never hold for two accounts, and should hold for a cell that is run again:

none        the environment's: one value, since a token that the environment renews is still its own
a string    by value
a function  by its parts, because a cell that is run again defines its function anew: the same code
            regardless of its place, the same globals, and equal contents of closure, defaults and
            keyword defaults. ``def of(t): return lambda: t`` gives other credentials for another t.
            A bound method compares by its object's identity, a `functools.partial` by its parts
the rest    by identity

Contents are read once, when the credentials are made, so that equality never changes later.
Hashable contents compare by value: by Python's contract they do not change. A list that is equal
now may hold another token in a minute, so it compares by identity. An ``==`` that raises means
different.

None of it goes into a file, a log, a trait or a repr.
"""

from __future__ import annotations

import functools
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

_CODE: Final = (
    "co_code",
    "co_consts",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_flags",
    "co_exceptiontable",
)
"""What determines the behaviour of code: everything but its name and its place."""


class Credentials:
    """See the module. ``source`` is a token, a function that returns one, or None."""

    __slots__ = ("_parts",)

    def __init__(self, source: object = None) -> None:
        try:
            self._parts = _parts(source, {})
        except RecursionError:  # functions that refer to each other without end
            self._parts = _Identity(source)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)


class _Identity:
    """Equal only to the same object."""

    __slots__ = ("_of",)

    def __init__(self, of: object) -> None:
        self._of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self._of is other._of

    def __hash__(self) -> int:
        return id(self._of)


class _Value:
    """Equal to an equal value of the same type. Raises if the value cannot be hashed."""

    __slots__ = ("_hash", "_of")

    def __init__(self, of: object) -> None:
        self._of = of
        self._hash = hash(of)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Value) or type(self._of) is not type(other._of):
            return False
        try:
            return bool(self._of is other._of or self._of == other._of)
        except Exception:  # noqa: BLE001 - a class that is not ours compares
            return False

    def __hash__(self) -> int:
        return self._hash


def _parts(value: Any, seen: dict[int, int]) -> Any:
    """The parts that the value is compared by: nested tuples of `_Identity` and `_Value`.

    ``seen`` numbers the functions met so far: one may refer to itself, or occur often.
    """
    if isinstance(value, FunctionType | MethodType | functools.partial | CodeType):
        if id(value) in seen:
            return seen[id(value)]
        seen[id(value)] = len(seen)
    match value:
        case FunctionType():
            contents = (_cell(cell, seen) for cell in value.__closure__ or ())
            return (
                "function",
                _parts(value.__code__, seen),
                _Identity(value.__globals__),
                *contents,
                _parts(value.__defaults__, seen),
                *((n, _parts(v, seen)) for n, v in sorted((value.__kwdefaults__ or {}).items())),
            )
        case CodeType():
            return ("code", *(_parts(getattr(value, name), seen) for name in _CODE))
        case MethodType():
            return ("method", _Identity(value.__self__), _parts(value.__func__, seen))
        case functools.partial() if type(value) is functools.partial:
            keywords = ((n, _parts(v, seen)) for n, v in sorted(value.keywords.items()))
            arguments = (_parts(argument, seen) for argument in value.args)
            return ("partial", _parts(value.func, seen), *arguments, "keywords", *keywords)
        case tuple() if type(value) is tuple:
            return ("tuple", *(_parts(item, seen) for item in value))
        case _ if callable(value):
            return _Identity(value)
    try:
        return _Value(value)
    except Exception:  # noqa: BLE001 - what cannot be hashed may change
        return _Identity(value)


def _cell(cell: Any, seen: dict[int, int]) -> Any:
    try:
        return _parts(cell.cell_contents, seen)
    except ValueError:  # an empty cell: its variable has no value yet
        return _Identity(cell)
