"""Which credentials are the same: a cell's that runs again, and never those of two people."""

from __future__ import annotations

import contextlib
import functools
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tutor_widget.client.net import credentials
from tutor_widget.client.net.credentials import Credentials

CELL = """
def make(given="x", *, other=None):
    def token(mode="r", *, again=0):
        def inner(): return given
        if other: return other()
        return inner() + box["now"]
    return token

token = make()
lazy = lambda: box["now"]

async def waiting():
    return box["now"]

def recursive(n=3):
    return recursive(n - 1) if n else box["now"]

def nested():
    def again(n): return again(n - 1) if n else "x"
    return lambda: again(3)

loop = nested()
"""


def run(cell: str, namespace: dict[str, Any], above: int = 0) -> dict[str, Any]:
    """What the cell defines; ``above`` lines stand before it, so it is compiled elsewhere."""
    exec(compile("\n" * above + cell, f"<cell {above}>", "exec"), namespace)
    return dict(namespace)


@pytest.mark.parametrize("name", ["token", "lazy", "waiting", "recursive", "loop"])
def test_a_function_that_the_same_code_defines_anew_is_the_same(name: str) -> None:
    """Wherever the code stands; in another namespace it is another."""
    notebook: dict[str, Any] = {"box": {"now": "a"}}
    one, again = run(CELL, notebook), run(CELL, notebook, above=7)
    assert one[name] is not again[name]
    assert Credentials(one[name]) == Credentials(again[name])
    assert hash(Credentials(one[name])) == hash(Credentials(again[name]))
    elsewhere = run(CELL, dict(notebook))
    assert Credentials(one[name]) != Credentials(elsewhere[name])


def of(token: object) -> Callable[[], object]:
    return lambda: token


def with_default(token: object) -> Callable[..., object]:
    return lambda token=token: token


def with_keyword(token: object) -> Callable[..., object]:
    def source(*, token: object = token) -> object:
        return token

    return source


def through(token: object) -> Callable[[], object]:
    """The token is two functions away."""
    return of(of(token))


def partial(token: object) -> Callable[[], object]:
    return functools.partial(with_keyword(0), token=token)


def partial_by_place(token: object) -> Callable[[], object]:
    return functools.partial(str, token)


@pytest.mark.parametrize(
    "make", [of, with_default, with_keyword, through, partial, partial_by_place]
)
def test_functions_differ_by_what_they_hold(make: Callable[[object], Any]) -> None:
    """Closure, defaults and a partial's parts: equal contents, equal credentials."""
    assert Credentials(make("alice's")) == Credentials(make("alice's"))
    assert Credentials(make("alice's")) != Credentials(make("bob's"))
    assert Credentials(make(Path("a"))) == Credentials(make(Path("a")))
    assert Credentials(make(1)) != Credentials(make(True))


def test_functions_of_other_code_differ() -> None:
    """One constant, one name or one argument is enough."""
    sources: list[Callable[..., object]] = [
        lambda: "a",
        lambda: "b",
        lambda: of,
        lambda: partial,
        lambda x="a": x,
    ]
    assert len({Credentials(source) for source in sources}) == len(sources)


def test_what_may_change_counts_by_identity() -> None:
    """Two empty boxes are equal today, and hold two people's tokens tomorrow."""
    box: dict[str, str] = {}
    assert Credentials(of(box)) == Credentials(of(box))
    assert Credentials(of(box)) != Credentials(of({}))
    key = Credentials(of(box))
    before = hash(key)
    box["token"] = "new"
    assert hash(key) == before
    assert key == Credentials(of(box))


class Hostile:
    """Cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("a user's mistake")

    def __hash__(self) -> int:
        return 1


class Unhashable(Hostile):
    """Nor hashed."""

    def __hash__(self) -> int:
        raise RuntimeError("a user's mistake")


@pytest.mark.parametrize("kind", [Hostile, Unhashable])
def test_what_cannot_be_compared_is_different(kind: type) -> None:
    """And raises nothing."""
    assert Credentials(of(kind())) != Credentials(of(kind()))
    one = of(kind())
    assert Credentials(one) == Credentials(one)


class Login:
    """An object that gives tokens; all are equal, and none is the other."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Login)

    def __hash__(self) -> int:
        return 1

    def token(self) -> str:
        return "x"

    def __call__(self) -> str:
        return "x"


def test_methods_and_objects_count_by_their_identity() -> None:
    """Whatever an object thinks of its equality."""
    one, other = Login(), Login()
    assert Credentials(one.token) == Credentials(one.token)
    assert Credentials(one.token) != Credentials(other.token)
    assert Credentials(one) == Credentials(one)
    assert Credentials(one) != Credentials(other)


ANEW = """
import functools

class Auth:
    limit = 3

    def __init__(self, who=None):
        super().__init__()
        self.who, self.cache, self.itself = who, {}, self

    def get(self):
        return self.cache.setdefault("token", self.who)

    __call__ = get

    @classmethod
    def make(cls):
        return cls.limit

class Slotted:
    __slots__ = ("who",)

    def __init__(self, who):
        self.who = who

    def get(self):
        return self.who

def over(box):
    def token():
        return box["token"]
    return token

def cached(who):
    @functools.lru_cache
    def token():
        return who
    return token

def idiom(who):
    def token(cache=[]):
        return who
    return token

def marked(who):
    def token():
        return token.who
    token.who = who
    return token

def made(who):
    auth = Auth(who)
    return lambda: auth.get()
"""

MAKERS: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "method": lambda cell, who: cell["Auth"](who).get,
    "slots": lambda cell, who: cell["Slotted"](who).get,
    "callable": lambda cell, who: cell["Auth"](who),
    "closure": lambda cell, who: cell["made"](who),
    "dict": lambda cell, who: cell["over"]({"token": who}),
    "list": lambda cell, who: cell["over"]([{who}, bytearray(b"x")]),
    "cache": lambda cell, who: cell["cached"](who),
    "default": lambda cell, who: cell["idiom"](who),
    "attribute": lambda cell, who: cell["marked"](who),
    "partial": lambda cell, who: functools.partial(cell["Auth"](who).get),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_what_may_change_is_the_same_when_a_cell_defines_it_anew(make: Callable[..., Any]) -> None:
    """Its contents say whose it is, and its use in the meantime changes nothing."""
    notebook: dict[str, Any] = {}
    first = make(run(ANEW, notebook), "alice")
    one = Credentials(first)
    before = hash(one)
    if callable(first):
        with contextlib.suppress(Exception):
            first()  # fills what it caches
    assert (Credentials(first), hash(one)) == (one, before)
    assert Credentials(make(run(ANEW, notebook, above=7), "alice")) == one
    assert hash(Credentials(make(run(ANEW, notebook, above=9), "alice"))) == before
    assert Credentials(make(run(ANEW, notebook), "bob")) != one
    assert Credentials(make(run(ANEW, dict(notebook)), "alice")) != one


@pytest.mark.parametrize("make", [make for name, make in MAKERS.items() if name != "attribute"])
def test_two_of_one_run_are_two_accounts(make: Callable[..., Any]) -> None:
    """They are equal now, and may sign in as two people in a minute. Defined anew, the first is
    again the first and the second the second."""
    notebook: dict[str, Any] = {}
    runs = []
    for _ in range(3):
        cell = run(ANEW, notebook)
        sources = [make(cell, None), make(cell, None)]
        runs.append([Credentials(source) for source in sources])
        assert runs[-1][0] != runs[-1][1]
    assert runs[0] == runs[1] == runs[2]
    assert runs[0][1] != runs[1][0]


def test_a_class_whose_code_was_changed_is_another() -> None:
    """By a constant, an attribute, a method or a base."""
    cells = [
        ANEW,
        ANEW.replace("limit = 3", "limit = 4"),
        ANEW.replace('"token", self.who', '"token2", self.who'),
        ANEW.replace("class Auth:", "class Auth(Exception):"),
        ANEW.replace("    __call__ = get", "    __call__ = get; again = get"),
    ]
    notebook: dict[str, Any] = {}
    found = [Credentials(run(cell, notebook)["Auth"]("x").get) for cell in cells]
    assert all(one != other for at, one in enumerate(found) for other in found[:at])
    makes = [Credentials(run(ANEW, notebook)["Auth"].make) for _ in range(2)]
    assert makes[0] == makes[1]


LIMITS = {
    "class of another cell": "token = Other().get",
    "library object": "import decimal\ntoken = decimal.Context().copy",
    "lock": "import threading\nclass A:\n def __init__(s): s.lock = threading.Lock()\n"
    " def get(s): pass\ntoken = A().get",
    "dataclass": "import dataclasses\n@dataclasses.dataclass\nclass A:\n who: str\n"
    " def get(s): pass\ntoken = A('x').get",
    "hidden contents": "class A(dict):\n def get(s): pass\ntoken = A().get",
    "other cell's list": "token = other([])",
    "very large": "class A:\n def __init__(s): s.all = list(range(100_000))\n"
    " def get(s): pass\ntoken = A().get",
}


@pytest.mark.parametrize("cell", LIMITS.values(), ids=LIMITS)
def test_the_limits_of_what_is_defined_anew(cell: str) -> None:
    """Nothing shows that these are the same, so they are not; a function around them is."""
    notebook = run("class Other:\n def get(s): pass\ndef other(box): return lambda: box", {})
    one, again = (Credentials(run(cell, notebook)["token"]) for _ in range(2))
    assert one != again
    around = cell.replace("token = ", "auth = ") + "\ndef token(): return auth()"
    one, again = (Credentials(run(around, notebook)["token"]) for _ in range(2))
    assert one == again


def test_what_refers_to_itself_in_many_ways_is_compared_once() -> None:
    """Each level refers to the one below twice: all ways together are 2⁶⁰."""
    cell = """
class Node:
    def __init__(self, one, other): self.one, self.other, self.itself = one, other, self
    def get(self): pass
node = None
for _ in range(60):
    node = Node(node, node)
"""
    notebook: dict[str, Any] = {}
    one, again = (Credentials(run(cell, notebook)["node"].get) for _ in range(2))
    assert one == again
    other = Credentials(run(cell.replace("node = None", "node = 1"), notebook)["node"].get)
    assert one != other


def test_code_that_is_gone_is_forgotten() -> None:
    """A cell run a hundred times leaves nothing behind."""
    notebook: dict[str, Any] = {}
    for _ in range(20):
        Credentials(run(ANEW, notebook)["Auth"]().get)
    gc.collect()
    Credentials(run(ANEW, notebook)["Auth"]().get)
    # Other tests' code may still be alive; of this one's, only the last run is.
    alive = [code for ref, _ in credentials._compilations.values() if (code := ref()) is not None]
    assert len(alive) == len(credentials._compilations)
    assert sum(code.co_name == "__init__" for code in alive) < 10


def test_strings_and_none() -> None:
    """A string by value; none, whose token is the environment's, is one value and no string."""
    assert Credentials("a" * 3) == Credentials("".join("aaa"))
    assert Credentials("a") != Credentials("b")
    assert Credentials() == Credentials(None)
    assert len({Credentials(None), Credentials("None"), Credentials("")}) == 3


def test_a_variable_without_a_value_yet_is_different() -> None:
    """Nobody knows what it will hold."""

    def make() -> Callable[[], object]:
        token = "x"

        def source() -> str:
            return token  # noqa: F821

        del token
        return source

    assert Credentials(make()) != Credentials(make())


def test_functions_without_an_end_are_compared_by_identity() -> None:
    """A chain that is too long to follow costs nothing but that."""
    source: Callable[[], object] = of("x")
    for _ in range(100_000):
        source = of(source)
    assert Credentials(source) == Credentials(source)


def test_many_ways_to_one_function_are_walked_once() -> None:
    """Each level refers to the one below twice: all ways together are 2⁶⁰."""

    def both(one: Any, other: Any) -> Callable[[], object]:
        return lambda: (one, other)

    def build() -> Any:
        source: Any = of("x")
        for _ in range(60):
            source = both(source, source)
        return source

    assert Credentials(build()) == Credentials(build())


@pytest.mark.parametrize("source", ["s3cret", of("s3cret"), functools.partial(str, "s3cret")])
def test_no_repr_shows_a_secret(source: Any) -> None:
    """Of the credentials, or of any part of them."""
    made = Credentials(source)
    assert "s3cret" not in f"{made!r} {made!s} {made._parts!r}"
