"""What a process that serves nobody writes for people, and answers whose time is over.

It has a store of its own on the servers' database, whatever its engine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.postgres import running_cluster
from tests.support.servers.peers import PATIENCE, SESSION, Peer, Script, peer, serving
from tests.support.servers.processes import Tutor
from tests.support.stores import head_of, log_of, says
from tutor_widget.server import Server, Store, Turn, open_store
from tutor_widget.server.store import Answer, Answered, Erased, Head, Kept
from tutor_widget.server.tutors.echo import EchoTutor
from tutor_widget.wire import Event

pytestmark = pytest.mark.timeout(180)

SOON = 2.0
"""Seconds in which learners see what another process writes."""
INSTEAD = "Please ask your teacher."


class Cautious(Script):
    """Its answers to what has "?" in it need approval."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        turn.hold = "?" in turn.message
        async for piece in super().reply(turn):
            yield piece


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each engine in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tutor.sqlite'}"
    cluster = running_cluster()
    return cluster.make_database(cluster.template)


@pytest_asyncio.fixture
async def other(url: str) -> AsyncIterator[Store]:
    """The store of the process that serves nobody."""
    store = await open_store(url)
    yield store
    await store.close()


async def found(store: Store) -> Head:
    """The session, which a server has made."""
    head = await store.find_session("", SESSION)
    assert isinstance(head, Head)
    return head


async def hold(store: Store, seconds: float | None, otherwise: str | None = None) -> int:
    """Write a message with a held answer; the session's key. No server can claim it before."""
    head = await store.create_session("", SESSION)
    assert isinstance(head, Head)
    kept = await store.append(head.key, says("m1"), claims=True)
    assert isinstance(kept, Kept)
    assert kept.claim is not None
    answer = Answer("_m1", "m1", "secret", "complete")
    assert await store.hold(kept.claim, answer, seconds, otherwise)
    return head.key


async def answered(store: Store, key: int) -> list[Event]:
    """The log, once nothing waits in it."""
    async with asyncio.timeout(PATIENCE):
        changes = aiter(store.changes())
        while (await head_of(store, key)).waiting:
            await anext(changes)
    return [*await log_of(store, key)]


# --- what people write ----------------------------------------------------------------------------


async def test_an_answer_is_approved_by_another_process(url: str, other: Store) -> None:
    """Each learner gets it once, behind its state, and the next message is answered."""
    script = Cautious()
    async with serving(url, script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="why?")
        (await script.turns.get()).state["step"] = 2
        script.say("because", None)
        await client.next("answering", held=True)
        await client.say("send", id="m2", text="and then")
        await client.next("event", id="m2")
        (held,) = await other.held()
        assert (held.question, held.text, held.name) == ("why?", "because", SESSION)
        approved = await other.approve(held.key, "m1", "better", by="Ms Grey")
        assert isinstance(approved, Answered)
        assert await client.read() == {"type": "state", "rev": 1, "state": {"step": 2}}
        assert (await client.read())["text"] == "better"
        assert not await server.approve("", SESSION, "m1")
        assert (await script.turns.get()).message == "and then"
        script.say("that", None)
        assert (await client.answer("m2"))["seq"] == 4
        async with peer(server.url) as late:
            await late.hello(instance="late")
            texts = [event["text"] for event in await late.events(4)]
            assert texts == ["why?", "and then", "better", "that"]


async def test_a_report_is_answered_by_another_process(url: str, other: Store) -> None:
    """Its notice reaches the learner, who may report the message again."""
    async with serving(url, EchoTutor(pace=0)) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        reported = (await client.answer("m1"))["id"]
        await client.say("report", id=reported, reason="wrong")
        await client.next("reported")
        (report,) = await other.reports(0, 9)
        await other.notice(report.key, "_n", "Ms Grey", "You are right.", answers=reported)
        assert (await client.next("event", role="notice"))["by"] == "Ms Grey"
        assert (await other.reports(0, 9))[0].state == "answered"
        await other.settle_report(report.key, reported, "closed")
        await client.say("report", id=reported, reason="still wrong")
        await client.next("reported")
        (report,) = await other.reports(0, 9)
        assert (report.state, report.reason) == ("open", "still wrong")


async def test_learners_see_soon_what_another_process_writes(url: str, other: Store) -> None:
    """The least of several, since others may be busy: it is a matter of polling, not of work."""
    async with serving(url, EchoTutor(pace=0)) as server, peer(server.url) as client:
        await client.hello()
        key = (await found(other)).key
        took = []
        for number in range(3):
            began = time.monotonic()
            await other.notice(key, f"_n{number}", "Ms Grey", "Look at page 3.")
            await client.next("event", id=f"_n{number}")
            took.append(time.monotonic() - began)
        print(f"\nseen after {min(took):.2f} to {max(took):.2f} s")
        assert min(took) < SOON


# --- what goes out by itself ----------------------------------------------------------------------


async def two_servers(stack: AsyncExitStack, url: str) -> list[tuple[Server, Peer]]:
    """Each with a learner of the session."""
    made = []
    for name in ("here", "there"):
        server = await stack.enter_async_context(serving(url, Cautious(), single_user=True))
        client = await stack.enter_async_context(peer(server.url))
        await client.hello(instance=name)
        made.append((server, client))
    return made


@pytest.mark.parametrize("otherwise", [None, INSTEAD])
async def test_an_answer_whose_time_is_over_goes_out_once(
    url: str, other: Store, otherwise: str | None
) -> None:
    """Though all nodes look for it: as it is, or with the text for that; in nobody's name."""
    async with AsyncExitStack() as stack:
        servers = await two_servers(stack, url)
        key = await hold(other, 0.1, otherwise)
        for _, client in servers:
            assert (await client.answer("m1"))["text"] == (otherwise or "secret")
        assert [event.id for event in await answered(other, key)] == ["m1", "_m1"]
        entries = await other.entries(key, 1, 9)
        assert not isinstance(entries, Erased)
        edited = otherwise is not None
        assert [entry.record for entry in entries] == [{"approved": {"by": None, "edited": edited}}]
        for server, client in servers:
            assert not await server.approve("", SESSION, "m1")
            await client.say("older", before=9, limit=9)
            page = await client.next("page")
            assert [event["id"] for event in page["events"]] == ["m1", "_m1"]


async def test_it_goes_out_where_nobody_is_connected(url: str, other: Store) -> None:
    """The time may have ended while no server ran."""
    key = await hold(other, 0.0)
    assert await other.overdue() == [("", SESSION, "m1")]
    async with serving(url):
        assert [event.id for event in await answered(other, key)] == ["m1", "_m1"]


async def test_a_person_may_be_faster_than_the_time(url: str, other: Store) -> None:
    """Then nothing goes out by itself any more."""
    async with serving(url, Cautious()) as server, peer(server.url) as client:
        await client.hello()
        key = await hold(other, 3600, INSTEAD)
        await client.next("answering", held=True)
        await other.approve(key, "m1", by="Ms Grey")
        assert (await client.answer("m1"))["text"] == "secret"
        await server._registry.publish_overdue()
        assert len(await log_of(other, key)) == 2


async def test_it_goes_out_whoever_dies(url: str, other: Store, tmp_path: Path) -> None:
    """A server is killed while it waits, and the one that is left publishes it: one event."""
    with ExitStack() as stack:
        first, second = [
            stack.enter_context(Tutor(tmp_path / "tutor.sqlite", "--tutor=echo", url=url))
            for _ in range(2)
        ]
        async with peer(first.url) as here, peer(second.url) as there:
            await here.hello(instance="here")
            await there.hello(instance="there")
            key = await hold(other, 1.0)
            for client in (here, there):
                await client.next("answering", held=True)
            first.kill()
            assert (await there.answer("m1"))["text"] == "secret"
        assert [event.id for event in await answered(other, key)] == ["m1", "_m1"]
