"""Several nodes on one PostgreSQL: what learners of one see of the others."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.support.faults.database_gate import DatabaseGate
from tests.support.postgres import running_cluster
from tests.support.servers.peers import Script, gauge, peer, serving, until
from tests.support.servers.two_nodes import TwoNodes, start_two, whole
from tutor_widget.server import Server

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoNodes]:
    """Of all tests here: each has a session of its own."""
    with ExitStack() as stack:
        yield start_two(tmp_path_factory.mktemp("nodes"), stack)


_names = (f"session-{number}" for number in itertools.count())


@pytest.fixture
def session() -> str:
    return next(_names)


# --- replies --------------------------------------------------------------------------------------


async def test_a_reply_is_seen_as_it_grows_on_every_node(nodes: TwoNodes, session: str) -> None:
    """Also on one that does not make it; the event ends it everywhere."""
    async with peer(nodes.one.url) as asking, peer(nodes.two.url) as reading:
        await asking.hello(session, instance="a")
        await reading.hello(session, instance="b")
        await asking.say("send", id="m1", text=session)
        await reading.next("delta", text="one ")
        for number, word in ((1, "two "), (2, "three")):
            nodes.allow(session, number)
            assert (await reading.next("delta", text=word))["from"] == 4 * number
        nodes.allow(session)
        for client in (asking, reading):
            assert (await client.answer("m1"))["text"] == "one two three"


async def test_a_learner_who_changes_the_node_sees_the_reply_go_on(
    nodes: TwoNodes, session: str
) -> None:
    """The text so far comes, then the rest, although nobody listens at the node that writes."""
    async with peer(nodes.one.url) as client:
        await client.hello(session, instance="a", dial=1)
        await client.say("send", id="m1", text=session)
        nodes.allow(session, 1)
        await whole(client, "one two ")
    async with peer(nodes.two.url) as client:
        await client.hello(session, instance="a", dial=2)
        await whole(client, "one two ")
        nodes.allow(session, 2)
        assert (await client.next("delta"))["text"] == "three"
        nodes.allow(session)
        assert (await client.answer("m1"))["text"] == "one two three"


async def test_a_gap_heals(gate: DatabaseGate, session: str) -> None:
    """What was told while a node was cut off from the database comes when it is back."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    script = Script()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(serving(url, script, single_user=True))
        behind = gate.url(urlsplit(url).path[1:])
        two = await stack.enter_async_context(serving(behind, Script(), single_user=True))
        asking, reading = [
            await stack.enter_async_context(peer(server.url)) for server in (one, two)
        ]
        await asking.hello(session, instance="a")
        await reading.hello(session, instance="b")
        await asking.say("send", id="m1", text="hi")
        script.say("one ")
        await whole(reading, "one ")
        await gate.shut()
        script.say("two ")
        await asking.next("delta", text="two ")
        relayed = gauge(one, "relayed_total")
        await until(lambda: told_by(one) == 0)
        await gate.open()
        await until(lambda: two._store.peers._db is not None)  # type: ignore[attr-defined]
        script.say("three")
        await whole(reading, "one two three", "one ")
        assert gauge(one, "relayed_total") > relayed
        script.say(None)
        await reading.answer("m1")


def told_by(server: Server) -> int:
    """How much waits to be told to other nodes."""
    return len(server._store.peers._outbox._letters)  # type: ignore[attr-defined]


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[DatabaseGate]:
    async with DatabaseGate(running_cluster().folder) as made:
        yield made


# --- connections ----------------------------------------------------------------------------------


async def test_a_newer_connection_at_another_node_replaces_an_older_one(
    nodes: TwoNodes, session: str
) -> None:
    """With 4409, and a hello that comes late loses."""
    async with peer(nodes.one.url) as older, peer(nodes.two.url) as newer:
        await older.hello(session, instance="a", dial=1)
        await newer.hello(session, instance="a", dial=2)
        assert (await older.ending())[0] == 4409
        async with peer(nodes.one.url) as late:
            await late.say_hello(session, instance="a", dial=1)
            assert (await late.ending())[0] == 4409
        nodes.allow(session)
        await newer.say("send", id="m1", text=session)
        await newer.answer("m1")


async def test_no_more_than_eight_share_a_session_over_two_nodes(
    nodes: TwoNodes, session: str
) -> None:
    """One of nine gets 4429, at once or a moment later; the others stay."""
    async with AsyncExitStack() as stack:
        nine = [
            await stack.enter_async_context(peer((nodes.one, nodes.two)[number % 2].url))
            for number in range(9)
        ]
        for number, client in enumerate(nine):
            await client.say_hello(session, instance=f"i{number}")
        endings = {asyncio.create_task(client.ending()): client for client in nine}
        (ended,), others = await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        assert ended.result()[0] == 4429
        for reading in others:
            reading.cancel()
        await asyncio.wait(others)
        eight = [endings[reading] for reading in others]
        nodes.allow(session)
        await eight[0].say("send", id="m1", text=session)
        for client in eight:
            await client.answer("m1")


async def test_a_deleted_conversation_ends_on_every_node(nodes: TwoNodes, session: str) -> None:
    """All its connections are closed with 4410."""
    async with peer(nodes.one.url) as one, peer(nodes.two.url) as two:
        await one.hello(session, instance="a")
        await two.hello(session, instance="b")
        await one.say("erase")
        assert (await one.ending())[0] == (await two.ending())[0] == 4410


# --- coming back together -------------------------------------------------------------------------


async def test_learners_of_all_nodes_come_back_as_fast_as_they_are_taken(session: str) -> None:
    """Both nodes count all; a node that drains sends its own to the other at once."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(serving(url, Script(), welcomes=10.0, single_user=True))
            for _ in range(2)
        ]
        for server in (one, two):
            await until(lambda server=server: server._store.peers.nodes().ready == 2)  # type: ignore[misc]
        clients = [await stack.enter_async_context(peer(one.url)) for _ in range(5)]
        for number, client in enumerate(clients):
            await client.hello(f"{session}-{number}")
        await until(lambda: two._store.peers.nodes().learners == 5)
        async with peer(two.url) as client:
            assert (await client.hello(session))["spread"] == 6 / 20
        draining = asyncio.create_task(one.drain())
        for client in clients:
            bye = await client.next("bye")
            assert (bye["retry_after"], bye["spread"]) == (0, 5 / 10)
        await draining
        await until(lambda: not two._store.peers.nodes().other_is_ready)


async def test_a_node_that_was_started_is_known_to_one_that_leaves_then(session: str) -> None:
    """A rolling restart goes on when the new node is ready: nobody waits who is sent to it."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(serving(url, Script(), single_user=True))
        client = await stack.enter_async_context(peer(one.url))
        await client.hello(session)
        await stack.enter_async_context(serving(url, Script(), single_user=True))
        await one.drain()
        assert (await client.next("bye"))["retry_after"] == 0
