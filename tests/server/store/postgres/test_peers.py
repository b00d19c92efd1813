"""What nodes tell each other through PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.support.faults.database_gate import DatabaseGate
from tests.support.postgres import Cluster, run_beside
from tests.support.servers.peers import PATIENCE, until
from tutor_widget.server.store.peers import Piece, Presence, Present, Wanted
from tutor_widget.server.store.postgres import PostgreSQLStore
from tutor_widget.server.store.postgres import peers as module
from tutor_widget.server.store.postgres.connections import Database
from tutor_widget.server.store.postgres.peers import PostgreSQLPeers
from tutor_widget.server.store.records import Head
from tutor_widget.wire import MAX_REPLY, Answering, Delta

Message = Present | Piece | Wanted


@dataclass
class Node:
    """A node, and all that it was told."""

    peers: PostgreSQLPeers
    heard: list[Message] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        async for message in self.peers.messages():
            self.heard.append(message)
            self._more.set()

    async def hears(self, matches: Callable[[Message], bool]) -> Message:
        """Wait until it was told such a message; the last one."""
        async with asyncio.timeout(PATIENCE):
            while not (found := [one for one in self.heard if matches(one)]):
                self._more.clear()
                await self._more.wait()
        return found[-1]

    async def sees(self, key: int, *who: tuple[str, str, int]) -> None:
        """Wait until it was told that these (node, instance, dial) are connected, in order."""
        async with asyncio.timeout(PATIENCE):
            while self.seen(key) != list(who):
                self._more.clear()
                await self._more.wait()

    async def sees_all(self, key: int, *who: tuple[str, str, int]) -> None:
        """The same, in any order."""
        await until(lambda: sorted(self.seen(key)) == sorted(who))

    def knows_another(self) -> bool:
        return self.peers.nodes().other_is_ready

    def seen(self, key: int) -> list[tuple[str, str, int]]:
        told = [one for one in self.heard if isinstance(one, Present) and one.key == key]
        return [_who(one) for one in told[-1].connections] if told else []


def _who(one: Presence) -> tuple[str, str, int]:
    return one.node, one.instance, one.dial


@dataclass
class Network:
    """Makes nodes, and closes them at the end of the test."""

    url: str
    nodes: list[Node] = field(default_factory=list)
    listening: list[asyncio.Task[None]] = field(default_factory=list)

    def node(self, name: str, url: str = "") -> Node:
        node = Node(PostgreSQLPeers(Database(url or self.url), name))
        self.nodes.append(node)
        self.listening.append(asyncio.create_task(node.listen()))
        return node


@pytest_asyncio.fixture
async def network(url: str) -> AsyncIterator[Network]:
    made = Network(url)
    yield made
    await asyncio.gather(*(node.peers.close() for node in made.nodes))
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*made.listening)


@pytest_asyncio.fixture
async def pair(network: Network) -> tuple[Node, Node]:
    """Two nodes that follow session 1 and know of each other."""
    nodes = network.node("one"), network.node("two")
    for node in nodes:
        node.peers.follow(1)
        node.peers.ready(True)
    for node in nodes:
        await until(node.knows_another)
    return nodes


def value(network: Network, query: str) -> object:
    """What the database says."""

    async def ask() -> object:
        db = await Database(network.url).connect()
        try:
            return await db.fetchval(query)
        finally:
            await db.close(timeout=5)

    return run_beside(ask)


def piece(text: str, from_: int = 0) -> Delta:
    return Delta(id="_r", re="m1", from_=from_, text=text)


async def test_every_node_knows_who_is_connected_to_what_it_follows(
    pair: tuple[Node, Node],
) -> None:
    """In one order, with its own; and when somebody leaves."""
    one, two = pair
    one.peers.enter(1, "a", 1)
    await two.sees(1, ("one", "a", 1))
    two.peers.enter(1, "b", 3)
    one.peers.enter(2, "c", 1)
    for node in pair:
        await node.sees(1, ("one", "a", 1), ("two", "b", 3))
    one.peers.leave(1, "a", 1)
    for node in pair:
        await node.sees(1, ("two", "b", 3))
    assert not two.seen(2)
    two.peers.follow(2)
    await two.sees(2, ("one", "c", 1))


async def test_a_later_connection_of_an_instance_replaces_it(pair: tuple[Node, Node]) -> None:
    """It is behind the others then, also with the same dial; the end of the older one is none."""
    one, two = pair
    one.peers.enter(1, "a", 1)
    one.peers.enter(1, "b", 1)
    await two.sees(1, ("one", "a", 1), ("one", "b", 1))
    one.peers.enter(1, "a", 2)
    one.peers.leave(1, "a", 1)
    await two.sees(1, ("one", "b", 1), ("one", "a", 2))
    one.peers.leave(1, "b", 1)
    one.peers.enter(1, "b", 1)
    await two.sees(1, ("one", "a", 2), ("one", "b", 1))
    assert one.peers.nodes().learners == 2


async def test_nodes_know_how_many_learners_there_are_and_who_is_ready(
    pair: tuple[Node, Node],
) -> None:
    """Those of other nodes with their own."""
    one, two = pair
    one.peers.enter(5, "a", 1)
    one.peers.enter(6, "a", 1)
    two.peers.enter(7, "a", 1)
    for node in pair:
        await until(lambda node=node: node.peers.nodes().learners == 3)  # type: ignore[misc]
        assert node.peers.nodes().ready == 2
    two.peers.ready(False)
    await until(lambda: not one.peers.nodes().other_is_ready)
    assert one.peers.nodes().ready == two.peers.nodes().ready == 1
    assert two.peers.nodes().other_is_ready


async def test_deltas_that_join_arrive_as_one_and_only_where_they_are_told(
    network: Network, pair: tuple[Node, Node]
) -> None:
    """Also with U+0000, and with what JSON escapes; frames of other sessions keep apart."""
    one, two = pair
    three = network.node("three")
    three.peers.follow(1)
    three.peers.ready(True)
    await until(lambda: one.peers.nodes().ready == 3)
    one.peers.tell({"two"}, 1, 4, Answering(re="m1"))
    one.peers.tell({"two"}, 1, 4, piece('\0"\\\x1a'))
    one.peers.tell({"two"}, 2, 9, piece("else"))
    one.peers.tell({"two"}, 1, 4, piece("é🙂", 4))
    one.peers.want("two", 8)
    await two.hears(lambda message: isinstance(message, Wanted))
    told = [message for message in two.heard if not isinstance(message, Present)]
    assert told == [
        Piece(1, "one", 4, Answering(re="m1")),
        Piece(1, "one", 4, piece('\0"\\\x1aé🙂')),
        Piece(2, "one", 9, piece("else")),
        Wanted(8, "one"),
    ]
    two.peers.want("three", 1)
    await three.hears(lambda message: isinstance(message, Wanted))
    assert not any(isinstance(message, Piece) for message in three.heard)


@pytest.mark.parametrize("text", ["x" * MAX_REPLY, "🙂" * MAX_REPLY, "\0é" * (MAX_REPLY // 2)])
async def test_the_longest_text_arrives_whole(pair: tuple[Node, Node], text: str) -> None:
    """Although a notification has room for 8,000 bytes."""
    one, two = pair
    one.peers.tell({"two"}, 1, 4, piece(text))
    heard = await two.hears(lambda message: isinstance(message, Piece))
    assert isinstance(heard, Piece)
    assert heard.frame == piece(text)


async def test_many_sessions_that_change_at_once_are_all_told(pair: tuple[Node, Node]) -> None:
    """More than a notification can name."""
    one, two = pair
    two.peers.follow(123_456_789_123)
    for key in range(123_456_788_000, 123_456_789_124):
        one.peers.enter(key, "a", 1)
    await two.sees(123_456_789_123, ("one", "a", 1))


async def test_a_node_that_was_killed_is_told_of_no_more(
    network: Network, pair: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its lease is over; its rows are deleted. It counts nowhere then."""
    one, two = pair
    two.peers.enter(1, "a", 1)
    await one.sees(1, ("two", "a", 1))
    assert two.peers._running is not None
    two.peers._running.cancel()
    monkeypatch.setattr(module, "_BEAT", 0.1)
    value(network, "UPDATE nodes SET until = 0 WHERE node = 'two' RETURNING 1")
    one.peers.enter(2, "b", 1)
    await one.sees(1)
    assert one.peers.nodes().learners == 1
    assert value(network, "SELECT count(*) FROM presence") == 1


async def test_a_node_that_stood_still_too_long_writes_all_anew(
    network: Network, pair: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others had deleted what it had written."""
    one, two = pair
    two.peers.enter(1, "a", 1)
    await one.sees(1, ("two", "a", 1))
    value(
        network,
        "WITH gone AS (DELETE FROM nodes WHERE node = 'two' RETURNING node)"
        " DELETE FROM presence WHERE node = 'two' RETURNING 1",
    )
    monkeypatch.setattr(module, "_BEAT", 0.1)
    one.peers.enter(1, "b", 1)
    await one.sees_all(1, ("one", "b", 1), ("two", "a", 1))


async def test_what_was_missed_during_an_outage_is_made_up_for(
    network: Network, gate: DatabaseGate
) -> None:
    """What others told, and what there was to tell. Nodes that nobody hears of are not ready."""
    here = network.node("here", gate.url(urlsplit(network.url).path[1:]))
    there = network.node("there")
    for node in (here, there):
        node.peers.follow(1)
    here.peers.enter(1, "a", 1)
    await there.sees(1, ("here", "a", 1))
    await gate.shut()
    here.peers.leave(1, "a", 1)
    here.peers.enter(1, "b", 1)
    there.peers.enter(1, "c", 1)
    await there.sees(1, ("here", "a", 1), ("there", "c", 1))
    await gate.open()
    for node in (here, there):
        await node.sees(1, ("there", "c", 1), ("here", "b", 1))


async def test_a_database_that_lost_all_of_it_is_told_all_of_it(
    network: Network, cluster: Cluster, pair: tuple[Node, Node]
) -> None:
    """As after a crash of PostgreSQL: the tables are empty, and every connection was cut."""
    one, two = pair
    one.peers.enter(1, "a", 1)
    two.peers.enter(1, "b", 1)
    await one.sees_all(1, ("one", "a", 1), ("two", "b", 1))
    one.heard.clear()
    cluster.execute(
        "TRUNCATE presence, nodes",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        url=network.url,
    )
    await one.sees_all(1, ("one", "a", 1), ("two", "b", 1))


async def test_a_fault_of_ones_own_ends_nothing(
    pair: tuple[Node, Node], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the log. The node connects anew and tells all, as after an outage."""
    one, two = pair
    notify = PostgreSQLPeers._notify

    async def fail(*_arguments: object, **_options: object) -> None:
        monkeypatch.setattr(PostgreSQLPeers, "_notify", notify)
        raise KeyError("a fault")

    monkeypatch.setattr(PostgreSQLPeers, "_notify", fail)
    one.peers.enter(1, "a", 1)
    await two.sees(1, ("one", "a", 1))
    (line,) = [one for one in caplog.records if one.getMessage() == "store failed"]
    assert vars(line)["fields"]["error"] == "KeyError"


async def test_a_node_that_ends_leaves_nothing(network: Network, pair: tuple[Node, Node]) -> None:
    """Its last words are told, its connections count no more, and its messages end."""
    one, two = pair
    two.peers.enter(1, "a", 1)
    await one.sees(1, ("two", "a", 1))
    two.peers.tell({"one"}, 1, 4, piece("last"))
    await two.peers.close()
    await one.hears(lambda message: isinstance(message, Piece))
    assert value(network, "SELECT count(*) FROM nodes WHERE node = 'two'") == 0
    assert value(network, "SELECT count(*) FROM presence") == 0


async def test_nobody_waits_for_a_flush(network: Network, pair: tuple[Node, Node]) -> None:
    """The tables are in no write-ahead log, so that writing them is cheap."""
    kind = "SELECT string_agg(relpersistence::text, '') FROM pg_class WHERE relname IN"
    assert value(network, f"{kind} ('nodes', 'presence')") == "uu"


async def test_a_conversation_that_is_open_through_another_node_does_not_expire(
    network: Network,
) -> None:
    """One to which nobody is connected does."""
    other = network.node("b")
    store = await PostgreSQLStore.open_url(network.url)
    try:
        heads = [await store.create_session("ada", name) for name in ("open", "left")]
        is_open = heads[0]
        assert isinstance(is_open, Head)
        other.peers.enter(is_open.key, "i", 1)
        await other.sees(is_open.key, ("b", "i", 1))
        assert await store.expire(0) == 1
        assert isinstance(await store.find_session("ada", "open"), Head)
        assert await store.find_session("ada", "left") is None
    finally:
        await store.close()
