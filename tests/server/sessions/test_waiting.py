"""Replies that wait for their turn: places, stops, attempts and hand-overs while they wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.servers.peers import SESSION, Peer, Script, gauge, peer, serving, until
from tests.support.stores import begin
from tutor_widget.server import Server, SQLiteStore, TokenAuthenticator, Turn
from tutor_widget.server.sessions import slots
from tutor_widget.server.store import Claim

pytestmark = pytest.mark.timeout(150)
TOKENS = TokenAuthenticator({"many": "token-m", "one": "token-o"})


class Scarce(Script):
    """Makes one reply at a time."""

    parallel = 1


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places are told after 10 ms, and again after 50 ms."""
    monkeypatch.setattr(slots, "_FIRST", 0.01)
    monkeypatch.setattr(slots, "_AGAIN", 0.05)


def name(number: int) -> str:
    return f"{SESSION}-{number}"


async def learners(stack: AsyncExitStack, server: Server, count: int) -> list[Peer]:
    """Connections on sessions of their own, each with one message. They get in line in order."""
    peers: list[Peer] = []
    for number in range(count):
        client = await stack.enter_async_context(peer(server.url))
        await client.hello(name(number))
        await client.say("send", id="m1", text=f"text {number}")
        await client.next("event", id="m1")
        await client.next("answering")
        peers.append(client)
    return peers


async def test_a_reply_that_waits_tells_its_place_and_again_when_it_changes(tmp_path: Path) -> None:
    """It has no delta and no lease meanwhile; then it begins as any other."""
    script = Scarce()
    async with serving(tmp_path / "db", script) as server, AsyncExitStack() as stack:
        first, second, third = await learners(stack, server, 3)
        assert (second.last, third.last) == (
            {"type": "answering", "re": "m1", "place": 1},
            {"type": "answering", "re": "m1", "place": 2},
        )
        assert gauge(server, "queue") == 2
        script.say("one", None)
        assert (await first.answer("m1"))["text"] == "one"
        assert await second.read() == {"type": "answering", "re": "m1"}
        assert await third.read() == {"type": "answering", "re": "m1", "place": 1}
        script.say("two", None, "three", None)
        assert (await second.answer("m1"))["text"] == "two"
        assert await third.read() == {"type": "answering", "re": "m1"}
        assert (await third.answer("m1"))["text"] == "three"
        assert gauge(server, "queue") == 0


async def test_who_connects_while_a_reply_waits_is_told_its_place(tmp_path: Path) -> None:
    """After the replay. The welcome names no reply: none is under way."""
    script = Scarce()
    async with serving(tmp_path / "db", script) as server, AsyncExitStack() as stack:
        await learners(stack, server, 2)
        other = await stack.enter_async_context(peer(server.url))
        assert (await other.hello(name(1), instance="other"))["answering"] is None
        assert (await other.read())["id"] == "m1"
        assert await other.read() == {"type": "answering", "re": "m1", "place": 1}
        script.say("one", None, "two", None)
        assert (await other.answer("m1"))["text"] == "two"


async def test_a_stop_of_a_reply_that_waits_is_answered_at_once(tmp_path: Path) -> None:
    """Empty, without asking the tutor; those behind it move up, and its session's next has its
    place."""
    script = Scarce()
    async with serving(tmp_path / "db", script) as server, AsyncExitStack() as stack:
        first, second, third, fourth = await learners(stack, server, 4)
        await second.say("stop", re="m1")
        answer = await second.answer("m1")
        assert (answer["text"], answer["status"]) == ("", "stopped")
        assert await third.read() == {"type": "answering", "re": "m1", "place": 1}
        await third.say("send", id="m2", text="next")
        await third.next("event", id="m2")
        await third.say("stop", re="m1")
        assert (await third.answer("m1"))["status"] == "stopped"
        assert await third.next("answering") == {"type": "answering", "re": "m2", "place": 1}
        script.say("one", None, "three", None, "four", None)
        assert (await first.answer("m1"))["text"] == "one"
        assert (await third.answer("m2"))["text"] == "three"
        assert (await fourth.answer("m1"))["text"] == "four"
        assert [turn.message for turn in script.asked()] == ["text 0", "next", "text 3"]


async def test_an_account_with_many_sessions_delays_another_by_one_reply(tmp_path: Path) -> None:
    """The other account came last and is served second."""
    script = Scarce()
    async with (
        serving(tmp_path / "db", script, authenticator=TOKENS) as server,
        AsyncExitStack() as stack,
    ):
        for number in range(20):
            client = await stack.enter_async_context(peer(server.url, "token-m"))
            await client.hello(f"s{number}")
            await client.say("send", id="m1", text=f"many {number}")
            await client.next("answering")
        one = await stack.enter_async_context(peer(server.url, "token-o"))
        await one.hello("s")
        await one.say("send", id="m1", text="one")
        assert (await one.next("answering"))["place"] == 2
        script.say("a", None, "b", None, "c", None)
        assert (await one.answer("m1"))["text"] == "c"
        assert [turn.message for turn in script.asked()][:3] == ["many 0", "many 1", "one"]


async def test_a_message_that_only_waited_is_in_its_first_attempt(tmp_path: Path) -> None:
    """No attempt is counted, and no lease taken, however often its server has died meanwhile."""
    database = tmp_path / "db"
    for dial in range(1, 5):
        async with serving(database, Scarce()) as server, AsyncExitStack() as stack:
            busy, waiting = [await stack.enter_async_context(peer(server.url)) for _ in range(2)]
            await busy.hello(name(0), dial=dial)
            await busy.say("send", id=f"m{dial}", text="busy")
            await busy.next("answering", re="m1")
            await waiting.hello(name(1), dial=dial)
            await waiting.say("send", id="m1", text="waiting")
            await waiting.next("answering", place=1)
    store = await SQLiteStore.open_file(database)
    claim = await store.claim((await begin(store, name=name(1))).key)
    assert isinstance(claim, Claim)
    assert claim.attempt == 1
    await store.close()


async def test_a_server_that_drains_leaves_what_waits_to_the_next(tmp_path: Path) -> None:
    """It begins none of it, and does not wait for it."""
    script = Scarce()
    async with serving(tmp_path / "db", script, drain=30.0) as server, AsyncExitStack() as stack:
        second = (await learners(stack, server, 2))[1]
        closing = asyncio.create_task(server.drain())
        assert (await second.ending())[0] == 1012
        script.say("one", None, "two", None)
        await closing
        assert [turn.message for turn in script.asked()] == ["text 0"]
    async with serving(tmp_path / "db", attempts=1) as server, peer(server.url) as client:
        await client.hello(name(1), dial=2)
        assert (await client.answer("m1"))["text"] == "text 1"


async def test_another_node_may_answer_what_waits_here(tmp_path: Path) -> None:
    """Then the session leaves the queue here, and its listeners get the answer."""
    script = Scarce()
    async with serving(tmp_path / "db", script) as server, AsyncExitStack() as stack:
        first, second, third = await learners(stack, server, 3)
        async with serving(tmp_path / "db"):
            assert (await second.answer("m1"))["text"] == "text 1"
            assert (await third.answer("m1"))["text"] == "text 2"
        await until(lambda: gauge(server, "queue") == 0)
        script.say("one", None)
        assert (await first.answer("m1"))["text"] == "one"


async def test_a_tutor_without_a_limit_makes_all_replies_at_once(tmp_path: Path) -> None:
    """Nobody waits: each has its first piece before any has ended."""

    class Ample:
        def __init__(self) -> None:
            self.begun = 0
            self.all_begun = asyncio.Event()

        async def reply(self, turn: Turn) -> AsyncIterator[str]:
            self.begun += 1
            if self.begun == 12:
                self.all_begun.set()
            yield "one "
            await self.all_begun.wait()
            yield "two"

    async with serving(tmp_path / "db", Ample()) as server, AsyncExitStack() as stack:
        for client in await learners(stack, server, 12):
            assert "place" not in client.last
            assert (await client.answer("m1"))["text"] == "one two"
