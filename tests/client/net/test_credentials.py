"""Which credentials are the same: a cell's that runs again, and never those of two people."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

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
    credentials = Credentials(source)
    assert "s3cret" not in f"{credentials!r} {credentials!s} {credentials._parts!r}"


def test_the_attributes_of_a_function_count() -> None:
    """It may refer to itself, and read its token there."""

    def make(who: object) -> Any:
        def token() -> Any:
            return vars(token)["who"]

        token.who = who  # type: ignore[attr-defined]
        return token

    assert Credentials(make("alice")) == Credentials(make("alice"))
    assert Credentials(make("alice")) != Credentials(make("bob"))
    assert Credentials(make(["alice"])) != Credentials(make(["alice"]))


# --- fingerprints -------------------------------------------------------------------------------

KEY = b"k" * 32


@pytest.mark.parametrize("name", ["token", "lazy", "waiting", "recursive", "loop"])
def test_a_function_of_a_cell_has_one_fingerprint_in_every_process(name: str) -> None:
    """It depends on the code and its contents, not on where and when the cell ran."""
    one, other = (
        Credentials(run(CELL, {"__name__": "__main__", "box": {}}, above)[name]) for above in (0, 9)
    )
    assert one != other  # two namespaces: two processes
    assert one.fingerprint(KEY) == other.fingerprint(KEY) is not None


def test_fingerprints_of_different_credentials_differ() -> None:
    """Values, closures, code, and modules all count; so does the key."""
    closed = [lambda token=token: token for token in ("a", "b")]
    sources: list[Any] = ["a", "b", *closed, lambda: "a", lambda: "b", lambda: "a" in {"a", "b"}]
    sources.append(functools.partial(str, "a"))
    elsewhere = run("f = lambda: 'a'", {"__name__": "elsewhere"})["f"]
    found = [Credentials(source).fingerprint(KEY) for source in (*sources[:-1], elsewhere)]
    assert None not in found
    assert len(set(found)) == len(found)
    assert Credentials("a").fingerprint(b"other") not in found
    assert Credentials().fingerprint(KEY) == ""


def test_what_compares_by_identity_has_no_fingerprint() -> None:
    """A list may hold another token in a minute, an object may be anybody's."""
    held = ["a"]
    for source in (lambda: held[0], [].copy, object(), functools.partial(str, "a")):
        assert Credentials(source).fingerprint(KEY) is None
