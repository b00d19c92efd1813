"""How long a source of tokens may take, on a clock that jumps whenever nothing is to be done."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.support.driver import Driver
from tutor_widget.client.net.endpoint import Place, Remote
from tutor_widget.client.net.token_source import SOURCE_WITHIN, BadToken
from tutor_widget.errors import Refused, Unreachable
from tutor_widget.secret import Secret
from tutor_widget.session import Phase
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev
from tutor_widget.session.machine import LOCATE_WITHIN, OPEN_WITHIN


class Jumping(asyncio.SelectorEventLoop):
    """A loop that waits for nothing: where it would, its clock jumps there."""

    def __init__(self) -> None:
        self.now = 0.0
        loop = self

        class Selector(selectors.DefaultSelector):
            def select(self, timeout: float | None = None) -> list[Any]:
                found: list[Any] = super().select(0)
                if timeout is not None and not found:
                    loop.now += timeout
                return found

        super().__init__(Selector())

    def time(self) -> float:
        return self.now


def source(seconds: float) -> Callable[[], Awaitable[str]]:
    """One that takes so long."""

    async def token() -> str:
        await asyncio.sleep(seconds)
        return "secret"

    return token


def locate(seconds: float) -> tuple[Secret | None, float]:
    """The token that such a source leads to, and when."""
    remote = Remote("wss://example.org/", source(seconds))
    with asyncio.Runner(loop_factory=Jumping) as runner:
        token = runner.run(remote.locate()).token
        return token, runner.get_loop().time()


def test_a_source_may_take_ten_seconds() -> None:
    """And then the tutor has all of its own ten to answer."""
    token, now = locate(9.9)
    assert token == "secret"
    driver = Driver().start()
    assert not any(isinstance(effect, do.Abort) for effect in driver.tick(after=now))
    driver.happens(ev.Located(1))
    assert do.Abort() not in driver.tick(after=OPEN_WITHIN - 0.1)
    assert do.Abort() in driver.tick(after=0.1)


def test_a_source_that_takes_longer_is_unreachable() -> None:
    """The status says so, and not that the tutor does not answer."""
    with pytest.raises(Unreachable, match="Signing in"):
        locate(10.1)
    # The session waits a little longer than that, to be told so.
    assert 10.0 == SOURCE_WITHIN < LOCATE_WITHIN


def test_a_source_that_does_not_let_itself_be_cancelled_is_left_behind() -> None:
    """Else the chat would renew its token forever, and no button would help."""

    async def stubborn() -> str:
        while True:
            try:
                await asyncio.sleep(1_000)
            except asyncio.CancelledError:
                if loop.time() > 100:  # the end of this test
                    raise

    with asyncio.Runner(loop_factory=Jumping) as runner:
        loop = runner.get_loop()
        remote = Remote("wss://example.org/", stubborn)
        assert runner.run(remote.renew(None)) == "unreachable"
        assert 10 <= loop.time() < 11
        runner.run(asyncio.sleep(100))


async def test_a_source_that_wants_the_program_to_end_ends_nothing() -> None:
    """Neither an async one nor one that is called on a thread."""

    async def leaves() -> str:
        raise SystemExit(3)

    for source in (leaves, lambda: exec("raise KeyboardInterrupt")):
        assert await Remote("wss://example.org/", source).renew(None) == "unreachable"


def test_a_way_that_never_ends_is_given_up() -> None:
    """Whatever it is that locates: the session does not wait forever."""
    driver = Driver().start()
    assert do.Abort() in driver.tick(after=LOCATE_WITHIN)
    assert driver.session.phase is Phase.WAITING


async def test_a_source_that_fails_while_it_renews_is_asked_again() -> None:
    """It is unreachable, not without a token: the next time it may have another."""
    answers: list[str | Exception] = ["old", OSError(), "new", "new"]

    def token() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    target = Remote("wss://example.org/", token)
    assert await target.locate() == Place("wss://example.org/", Secret("old"))
    assert await target.renew(Secret("old")) == "unreachable"
    assert await target.renew(Secret("old")) == "new"
    assert await target.renew(Secret("new")) == "none"  # the same one again is no other


async def test_a_refused_token_is_not_sent_again() -> None:
    """Whatever its source says when it is asked for another: the next dial asks it once more."""
    answers: list[str | Exception] = ["old", OSError(), OSError(), "new"]

    def token() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    target = Remote("wss://example.org/", token)
    assert (await target.locate())[1] == "old"
    assert await target.renew(Secret("old")) == "unreachable"
    with pytest.raises(Unreachable):
        await target.locate()
    assert (await target.locate())[1] == "new"
    answers[:] = ["new", "newer"]
    assert await target.renew(Secret("new")) == "none"
    assert (await target.locate())[1] == "newer"


async def test_a_token_that_another_session_renewed_is_used() -> None:
    """Several sessions share a source: only the first that is refused asks it."""
    answers = ["old", "new"]
    target = Remote("wss://example.org/", lambda: answers.pop(0))
    assert (await target.locate())[1] == "old"
    assert await target.renew(Secret("old")) == "new"
    assert await target.renew(Secret("old")) == "new"
    assert (await target.locate())[1] == "new"


async def test_a_late_answer_replaces_no_newer_one() -> None:
    """A source asked twice may answer the first question last."""
    first, second = asyncio.Event(), asyncio.Event()
    questions = iter([(first, "stale"), (second, "newest")])

    async def token() -> str:
        gate, answer = next(questions)
        await gate.wait()
        return answer

    target = Remote("wss://example.org/", token)
    late = asyncio.create_task(target.renew(None))
    await asyncio.sleep(0)
    now = asyncio.create_task(target.locate())
    await asyncio.sleep(0)
    second.set()
    assert (await now)[1] == "newest"
    first.set()
    await late
    assert (await target.locate())[1] == "newest"


RUBBISH: list[Any] = [7, b"secret", "", "two words", "line\n", "schl\xfcssel", "\0", ["secret"]]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=repr)
async def test_what_is_no_token_is_said_to_be_none(rubbish: Any) -> None:
    """At the first dial and at a renewal, without its value; later the function is asked again."""
    answers = [rubbish, "good", rubbish, "new"]
    target = Remote("wss://example.org/", lambda: answers.pop(0))
    with pytest.raises(BadToken, match="The function given as token returned no token"):
        await target.locate()
    assert await target.locate() == Place("wss://example.org/", Secret("good"))
    assert await target.renew(Secret("good")) == "rubbish"
    assert await target.locate() == Place("wss://example.org/", Secret("new"))


async def test_a_variable_that_holds_no_token_is_said_to_hold_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not the address that is wrong; a renewal finds no other token there."""
    monkeypatch.setenv("TUTOR_CHAT_URL", "wss://example.org/")
    monkeypatch.setenv("TUTOR_CHAT_TOKEN", "two words")
    target = Remote("wss://example.org/")
    with pytest.raises(BadToken, match="environment variable") as caught:
        await target.locate()
    assert "two words" not in str(caught.value)
    assert await target.renew(None) == "none"


def test_a_wrong_token_in_the_program_is_refused_at_once() -> None:
    """The program that passed it learns of it, and not its value."""
    with pytest.raises(Refused, match="no token can have") as caught:
        Remote("wss://example.org/", "two words")
    assert "two words" not in str(caught.value)
