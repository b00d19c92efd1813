"""The credentials of a chat, for comparison within this process only.

Two chats of one server and session share a connection if their credentials are equal. So equality
must never hold for two accounts, and should hold for a cell that is run again:

none        the environment's: one value, since a token that the environment renews is still its own
a string    by value
a function  by its parts: the same code regardless of its place, the same globals, and equal
            contents of closure, defaults, keyword defaults and attributes. ``def of(t): return
            lambda: t`` gives other credentials for another t
a method    by its object and its function; a `functools.partial` by its parts
an object   whose class a cell defines, a class, a list, a dict, a set, a function with a cache: by
            identity, or *defined anew*, see below
the rest    hashable contents by value (by Python's contract they do not change), all else by
            identity

What may change is no proof: a list that is equal now may hold another token in a minute, and two
objects of one class may sign in as two people. But a cell that is run again compiles its code
anew, and its objects take the place of the earlier ones. So what may change counts as the same if
it was *defined anew*: by equal code of another compilation, with equal contents, as the same one in
the order in which chats used what that compilation made. The code is that of the function that
holds it, or of its class. Two objects of one compilation are never equal.

Contents are read once, when an object is first met, so that equality never changes later. An ``==``
that raises means different.

None of it goes into a file, a log, a trait or a repr.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
import weakref
from itertools import count
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
_CONTAINERS: Final = (list, dict, set, bytearray)
_NO_BEHAVIOUR: Final = frozenset(
    "__dict__ __weakref__ __doc__ __firstlineno__ __static_attributes__ __annotations__"
    " __annotate_func__ __annotations_cache__".split()
)
"""What a class holds besides what it does."""
MOST_PARTS: Final = 20_000
"""An object with more parts is compared by identity: reading them takes time."""
_Cached: Final = type(functools.cache(len))
_IS_HEAP_TYPE: Final = 1 << 9


class Credentials:
    """See the module. ``source`` is a token, a function that returns one, or None."""

    __slots__ = ("_parts",)

    def __init__(self, source: object = None) -> None:
        try:
            self._parts: Any = _Reader(count()).parts(source, None)
        except (RecursionError, _TooMuch):  # functions that refer to each other without end
            self._parts = _Identity(source)

    def __eq__(self, other: object) -> bool:
        try:
            return isinstance(other, Credentials) and bool(self._parts == other._parts)
        except RecursionError:
            return False

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


class _TooMuch(Exception):
    """There is more to compare than `MOST_PARTS`."""


class _Made:
    """What a compilation made, and what may change: equal to what another made in its place."""

    __slots__ = ("__weakref__", "_of", "contents", "number")

    def __init__(self, of: object, number: int) -> None:
        self._of = of  # kept, so that its id is not given again
        self.number = number
        self.contents: Any = self  # until they are read: then equal to no other

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, _Made) or self.number != other.number:
            return False
        if self.contents is self or other.contents is other:
            return False
        return _comparison.equal(self, other)

    def __hash__(self) -> int:
        return hash((_Made, self.number))


class _Comparison(threading.local):
    """The comparison under way.

    What is made may refer to itself, or be referred to often. So each pair is compared once, and a
    pair under way counts as equal until a difference is found.
    """

    def __init__(self) -> None:
        self._assumed: dict[tuple[int, int], None] = {}  # in the order in which they were
        self._different: set[tuple[int, int]] = set()

    def equal(self, one: _Made, other: _Made) -> bool:
        """Whether the contents of both are equal."""
        pair = (id(one), id(other))
        if pair in self._different:
            return False
        if pair in self._assumed:
            return True
        before = len(self._assumed)
        self._assumed[pair] = None
        try:
            equal = bool(one.contents == other.contents)
            if not equal:
                self._different.add(pair)
                while len(self._assumed) > before:
                    self._assumed.popitem()
            return equal
        finally:
            if before == 0:
                self._assumed.clear()
                self._different.clear()


_comparison: Final = _Comparison()


class _Compilation:
    """What one compilation of a piece of code has made so far."""

    def __init__(self) -> None:
        self.count = 0
        self.made: weakref.WeakValueDictionary[int, _Made] = weakref.WeakValueDictionary()


_lock: Final = threading.RLock()
_compilations: Final[dict[int, tuple[weakref.ref[CodeType], _Compilation]]] = {}
"""By the id of the code: equal code of two compilations is two keys."""


def _compilation(code: CodeType) -> _Compilation:
    found = _compilations.get(id(code))
    if found is None or found[0]() is not code:
        found = _compilations[id(code)] = (weakref.ref(code), _Compilation())
        for key in [key for key, (alive, _) in _compilations.items() if alive() is None]:
            del _compilations[key]
    return found[1]


class _Reader:
    """Reads the parts that values are compared by: nested tuples of the classes above."""

    def __init__(self, steps: count[int]) -> None:
        self._steps = steps
        # Of the functions met so far, their numbers: one may refer to itself, or occur often.
        self._seen: dict[int, int] = {}

    def parts(self, value: Any, maker: CodeType | None) -> Any:
        """The parts of the value. ``maker``: the code of the function or class that holds it."""
        if next(self._steps) > MOST_PARTS:
            raise _TooMuch
        if isinstance(value, FunctionType | MethodType | functools.partial | CodeType):
            if id(value) in self._seen:
                return self._seen[id(value)]
            self._seen[id(value)] = len(self._seen)
        match value:
            case FunctionType():
                return self._function(value)
            case CodeType():
                return ("code", *(self.parts(getattr(value, name), None) for name in _CODE))
            case MethodType():
                owner = self._made(value.__self__, _code_of(value.__self__))
                return ("method", owner, self.parts(value.__func__, None))
            case functools.partial() if type(value) is functools.partial:
                return ("partial", *self._partial(value))
            case tuple() if type(value) is tuple:
                return ("tuple", *(self.parts(item, maker) for item in value))
            case list() | dict() | set() | bytearray() if type(value) in _CONTAINERS:
                return self._made(value, maker)
            case _ if callable(value) or _inherits(type(value), "__hash__"):
                return self._made(value, _code_of(value))
        try:
            return _Value(value)
        except Exception:  # noqa: BLE001 - what cannot be hashed may change
            return _Identity(value)

    def _function(self, function: FunctionType) -> Any:
        code = function.__code__
        cells = (self._cell(cell, code) for cell in function.__closure__ or ())
        return (
            "function",
            self.parts(code, None),
            _Identity(function.__globals__),
            *cells,
            self.parts(function.__defaults__, code),
            *self._items(function.__kwdefaults__ or {}, code),
            "attributes",
            *self._items(vars(function), code),
        )

    def _cell(self, cell: Any, maker: CodeType) -> Any:
        try:
            return self.parts(cell.cell_contents, maker)
        except ValueError:  # an empty cell: its variable has no value yet
            return _Identity(cell)

    def _partial(self, partial: functools.partial[Any]) -> Any:
        maker = _code_of(partial.func)
        yield self.parts(partial.func, maker)
        yield from (self.parts(argument, maker) for argument in partial.args)
        yield "keywords"
        yield from self._items(partial.keywords, maker)

    def _items(self, of: dict[str, Any], maker: CodeType | None) -> Any:
        return ((name, self.parts(value, maker)) for name, value in sorted(of.items()))

    # --- what may change ------------------------------------------------------------------------

    def _made(self, value: Any, maker: CodeType | None) -> Any:
        if maker is None:
            return _Identity(value)
        with _lock:
            compilation = _compilation(maker)
            made = compilation.made.get(id(value))
            if made is None:
                made = _Made(value, compilation.count)
                compilation.count += 1
                compilation.made[id(value)] = made
                # What cannot be read is equal to no other.
                with contextlib.suppress(Exception):
                    made.contents = _Reader(self._steps)._contents(value, maker)
            return made

    def _contents(self, value: Any, maker: CodeType) -> Any:
        match value:
            case list():
                return ("list", *(self.parts(item, maker) for item in value))
            case set():
                return ("set", frozenset(self.parts(item, maker) for item in value))
            case dict():
                pairs = [(self.parts(k, maker), self.parts(v, maker)) for k, v in value.items()]
                return ("dict", frozenset(pairs))
            case bytearray():
                return ("bytearray", bytes(value))
            case _Cached():
                attributes = self._items(vars(value), maker)
                return ("cached", *value.cache_parameters().values(), *attributes)
            case type():
                return ("class", *self._class(value, maker))
            case _:
                return ("object", self.parts(type(value), maker), *self._state(value, maker))

    def _class(self, of: type, maker: CodeType) -> Any:
        yield of.__qualname__
        yield from (self.parts(base, None) for base in of.__bases__)
        for name, value in sorted(vars(of).items()):
            if name not in _NO_BEHAVIOUR:
                yield name
                yield self._attribute(value, maker)

    def _attribute(self, value: Any, maker: CodeType) -> Any:
        match value:
            case staticmethod() | classmethod():
                return (type(value).__name__, self.parts(value.__func__, None))
            case property():
                accessors = (value.fget, value.fset, value.fdel)
                return ("property", *(self.parts(function, None) for function in accessors))
            case _ if type(value).__name__ == "member_descriptor":
                return "slot"
            case _:
                return self.parts(value, maker)

    def _state(self, value: Any, maker: CodeType) -> Any:
        state = object.__getstate__(value)
        for attributes in state if isinstance(state, tuple) else (state,):
            yield tuple(self._items(attributes or {}, maker))


def _code_of(value: Any) -> CodeType | None:
    """The code that stands for the compilation which made this value; None: no cell is known to.

    An object's is that of its class, if all that it holds is in its attributes.
    """
    match value:
        case FunctionType():
            return value.__code__
        case MethodType():
            return _code_of(value.__self__)
        case _Cached():
            return _code_of(value.__wrapped__)
        case type():
            members = (getattr(member, "__func__", member) for member in vars(value).values())
            functions = [member for member in members if isinstance(member, FunctionType)]
            return functions[0].__code__ if functions and not _is_imported(functions[0]) else None
    kind = type(value)
    is_plain = _inherits(kind, "__new__") and all(
        base is object or ("__module__" in vars(base) and base.__flags__ & _IS_HEAP_TYPE)
        for base in kind.__mro__
    )
    return _code_of(kind) if is_plain else None


def _is_imported(function: FunctionType) -> bool:
    """Whether the function is a module's, which is compiled once: a cell's code is no module's."""
    module = sys.modules.get(function.__globals__.get("__name__", ""))
    return module is not None and vars(module) is function.__globals__ and bool(module.__spec__)


def _inherits(kind: type, method: str) -> bool:
    """Whether the class has this method from `object`."""
    return getattr(kind, method) is getattr(object, method)
