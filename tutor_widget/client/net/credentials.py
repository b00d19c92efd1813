"""The credentials of a chat, for comparison.

Two chats of one server and session share a connection if their credentials are equal. So equality
must never hold for two accounts, and should hold for a cell that is run again:

none        the environment's: one value, since a token that the environment renews is still its own
a string    by value
a function  by its parts, because a cell that is run again defines its function anew: the same code
            regardless of its place, the same globals, and equal contents of closure, defaults,
            keyword defaults and attributes. ``def of(t): return lambda: t`` gives other
            credentials for another t. A bound method compares by its object's identity, a
            `functools.partial` by its parts
the rest    by identity

Contents are read once, when the credentials are made, so that equality never changes later.
Hashable contents compare by value: by Python's contract they do not change. A list that is equal
now may hold another token in a minute, so it compares by identity. An ``==`` that raises means
different.

None of it goes into a file, a log, a trait or a repr, but for a digest under a key of the user's
(`Credentials.fingerprint`), by which another process recognises the same credentials.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

from tutor_widget.secret import Secret

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
_PLAIN: Final = (str, bytes, int, float, complex, bool, type(None), type(...))
"""Types whose repr is the same in each process and determines the value."""


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

    def fingerprint(self, key: bytes) -> str | None:
        """A digest that another process with this key computes for the same credentials.

        "" for the environment's. None if a part is compared by identity, or by an ``==`` of a type
        that is not Python's: no other process can tell whether its own are the same.
        """
        if self == Credentials():
            return ""
        try:
            written = _written(self._parts).encode("utf-8", "surrogatepass")
        except (TypeError, RecursionError):
            return None
        return hmac.new(key, written, hashlib.sha256).hexdigest()[:32]


class _Identity:
    """Equal only to the same object."""

    __slots__ = ("_of",)

    def __init__(self, of: object) -> None:
        self._of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self._of is other._of

    def __hash__(self) -> int:
        return id(self._of)


class _Globals(_Identity):
    """The global names of a module. Another process knows them by the module's name."""

    __slots__ = ()

    @property
    def module(self) -> object:
        return self._of.get("__name__") if isinstance(self._of, dict) else None


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

    @property
    def of(self) -> object:
        return self._of


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
                _Globals(value.__globals__),
                *contents,
                _parts(value.__defaults__, seen),
                *_items(value.__kwdefaults__ or {}, seen),
                "attributes",
                *_items(vars(value), seen),
            )
        case CodeType():
            return ("code", *(_parts(getattr(value, name), seen) for name in _CODE))
        case MethodType():
            return ("method", _Identity(value.__self__), _parts(value.__func__, seen))
        case functools.partial() if type(value) is functools.partial:
            arguments = (_parts(argument, seen) for argument in value.args)
            return (
                "partial",
                _parts(value.func, seen),
                *arguments,
                "keywords",
                *_items(value.keywords, seen),
            )
        case tuple() if type(value) is tuple:
            return ("tuple", *(_parts(item, seen) for item in value))
        case _ if callable(value):
            return _Identity(value)
    try:
        return _Value(value)
    except Exception:  # noqa: BLE001 - what cannot be hashed may change
        return _Identity(value)


def _items(named: dict[str, Any], seen: dict[int, int]) -> Iterator[tuple[str, Any]]:
    return ((name, _parts(value, seen)) for name, value in sorted(named.items()))


def _cell(cell: Any, seen: dict[int, int]) -> Any:
    try:
        return _parts(cell.cell_contents, seen)
    except ValueError:  # an empty cell: its variable has no value yet
        return _Identity(cell)


def _written(part: object) -> str:
    """The parts as text that is equal for equal parts only. Raises TypeError for what compares by
    identity."""
    match part:
        case tuple():
            return f"({','.join(map(_written, part))})"
        case _Globals(module=str() as name):
            return f"globals:{name!r}"
        case _Value(of=value):
            return _written_value(value)
        case str() | int():  # a mark of `_parts`, or the number of a function met before
            return f"mark:{part!r}"
    raise TypeError(type(part).__name__)


def _written_value(value: object) -> str:
    if isinstance(value, Secret):
        return _written_value(value.reveal())
    if type(value) is frozenset:  # the constant of `x in {1, 2}`; it has no order
        return f"frozenset({','.join(sorted(map(_written_value, value)))})"
    if type(value) in _PLAIN:
        return f"{type(value).__name__}:{value!r}"
    raise TypeError(type(value).__name__)
