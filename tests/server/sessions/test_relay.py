"""What crosses between nodes: who is connected elsewhere, and frames of replies.

The server and its clients are real, and other nodes are played by the test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.servers.other_nodes import HERE, THERE, OtherNodes
from tests.support.servers.peers import PATIENCE, SESSION, Peer, Script, gauge, peer, until
from tests.support.stores import append, claim, says
from tutor_widget.server import Server, Settings, SQLiteStore
from tutor_widget.server.store import Answer, Claim
from tutor_widget.server.store.peers import Nodes, Piece, Wanted
from tutor_widget.wire import Answering, Delta

pytestmark = pytest.mark.timeout(150)


@dataclass
class World:
    """A server, the nodes that the test plays, its tutor, and a store as another node has it."""

    server: Server
    others: OtherNodes
    tutor: Script
    store: SQLiteStore

    @property
    def key(self) -> int:
        (live,) = self.server._registry.sessions
        return live.key


@asynccontextmanager
async def world_in(folder: Path, tutor: Script | None = None) -> AsyncIterator[World]:
    tutor = tutor or Script()
    own, other = [await SQLiteStore.open_file(folder / "db") for _ in range(2)]
    own.peers = others = OtherNodes()
    settings = Settings(rate=0, new_sessions=0, drain=0, tick=0.05, linger=0.05)
    async with Server(own, tutor, settings) as server:
        yield World(server, others, tutor, other)
    await own.close()
    await other.close()


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def client(world: World) -> AsyncIterator[Peer]:
    """A client with the instance ``a`` and the dial 2."""
    async with peer(world.server.url) as made:
        await made.hello(instance="a", dial=2)
        yield made


# --- who ------------------------------------------------------------------------------------------


async def test_connections_are_told_as_they_come_and_go(world: World) -> None:
    """An instance that comes again has one; a session is followed while it is in memory."""
    async with peer(world.server.url) as first, peer(world.server.url) as second:
        await first.hello(instance="a", dial=1)
        await second.hello(instance="b", dial=1)
        key = world.key
        assert world.others.here == [(key, "a", 1), (key, "b", 1)]
        async with peer(world.server.url) as again:
            await again.hello(instance="a", dial=2)
            assert world.others.here == [(key, "b", 1), (key, "a", 2)]
            assert (await first.ending())[0] == 4409
        await until(lambda: world.others.here == [(key, "b", 1)])
        assert world.others.followed == {key}
    await until(lambda: not world.others.here and not world.others.followed)


@pytest.mark.parametrize(
    "connections",
    [
        [(HERE, "a", 2), (THERE, "a", 3)],
        [(THERE, "a", 3), (HERE, "a", 2)],
        [(THERE, "a", 3)],
        [(HERE, "a", 2), (THERE, "a", 2)],
    ],
)
async def test_a_newer_connection_elsewhere_replaces_the_one_here(
    world: World, client: Peer, connections: list[tuple[str, str, int]]
) -> None:
    """With a higher dial, or with the same one and a later hello."""
    world.others.present(world.key, *connections)
    assert (await client.ending())[0] == 4409
    assert not world.others.here


@pytest.mark.parametrize(
    "connections",
    [
        [(HERE, "a", 2), (THERE, "a", 1)],
        [(THERE, "a", 2), (HERE, "a", 2)],
        [(THERE, "a", 2)],
        [(THERE, "b", 9)],
        [],
    ],
)
async def test_an_older_connection_elsewhere_leaves_the_one_here(
    world: World, client: Peer, connections: list[tuple[str, str, int]]
) -> None:
    """And those of other instances do, however high their dials."""
    world.others.present(world.key, *connections)
    await heard(world)
    await client.say("send", id="m1", text="hi")
    world.tutor.say("ho", None)
    assert (await client.answer("m1"))["text"] == "ho"


@pytest.mark.parametrize(("dial", "code"), [(4, 4409), (5, 0)])
async def test_a_late_hello_loses_against_a_newer_connection_elsewhere(
    world: World, client: Peer, dial: int, code: int
) -> None:
    """Of equal dials the later hello wins."""
    world.others.present(world.key, (HERE, "a", 2), (THERE, "b", 5))
    async with peer(world.server.url) as late:
        await heard(world)
        await late.say_hello(instance="b", dial=dial)
        if code:
            assert (await late.ending())[0] == code
        else:
            await late.next("welcome")


async def test_eight_instances_share_a_session_over_all_nodes(world: World, client: Peer) -> None:
    """Who comes then is refused. An instance that changes its node counts once."""
    others = [(THERE, f"b{n}", 1) for n in range(6)]
    world.others.present(world.key, (THERE, "a", 1), *others, (HERE, "a", 2))
    await heard(world)
    async with peer(world.server.url) as eighth, peer(world.server.url) as ninth:
        await eighth.hello(instance="c", dial=1)
        await ninth.say_hello(instance="d", dial=1)
        assert (await ninth.ending())[0] == 4429
    async with peer(world.server.url) as moved:
        await moved.hello(instance="b0", dial=2)


async def test_the_ninth_instance_is_dropped_by_its_own_node(world: World, client: Peer) -> None:
    """When more come at once than there is room for, the first eight stay."""
    others = [(THERE, f"b{n}", 1) for n in range(8)]
    world.others.present(world.key, *others[:7], (HERE, "a", 2), others[7])
    await heard(world)
    await client.say("send", id="m1", text="hi")
    world.tutor.say("ho", None)
    await client.answer("m1")
    world.others.present(world.key, *others, (HERE, "a", 2))
    assert (await client.ending())[0] == 4429


async def heard(world: World) -> None:
    """Wait until all that the test has said was heard."""
    await until(world.others._messages.empty)


# --- frames that are told -------------------------------------------------------------------------


async def test_nothing_is_told_where_nobody_listens(world: World, client: Peer) -> None:
    """The nodes of the learners make their replies, so nearly none is."""
    world.others.present(world.key, (HERE, "a", 2))
    await client.say("send", id="m1", text="hi")
    world.tutor.say("one", " two", None)
    await client.answer("m1")
    assert world.others.frames.empty()
    assert gauge(world.server, "relayed_total") == 0


async def test_a_node_that_appears_is_told_the_text_so_far_first(
    world: World, client: Peer
) -> None:
    """Then each piece; and none when its last listener has gone."""
    await client.say("send", id="m1", text="hi")
    world.tutor.say("one ", "two ")
    await client.next("delta", text="two ")
    world.others.present(world.key, (HERE, "a", 2), (THERE, "b", 1))
    nodes, fence, frame = await world.others.frames.get()
    assert isinstance(frame, Delta)
    assert (nodes, frame.from_, frame.text) == ({THERE}, 0, "one two ")
    world.tutor.say("three")
    assert await world.others.frames.get() == ({THERE}, fence, piece(8, "three", frame.id))
    assert gauge(world.server, "relayed_total") == 2
    world.others.present(world.key, (HERE, "a", 2))
    await heard(world)
    world.tutor.say("four", None)
    await client.answer("m1")
    assert world.others.frames.empty()


async def test_a_node_that_lacks_a_piece_is_told_all_again(world: World, client: Peer) -> None:
    """While the reply is made here, if it has a listener; also that one was begun."""
    world.others.present(world.key, (HERE, "a", 2), (THERE, "b", 1))
    await heard(world)
    await client.say("send", id="m1", text="hi")
    nodes, fence, frame = await told(world)
    assert (nodes, frame) == ({THERE}, Answering(re="m1"))
    world.others.say(Wanted(world.key, THERE))
    assert await told(world) == ({THERE}, fence, Answering(re="m1"))
    world.tutor.say("one ", "two")
    await client.next("delta", text="two")
    assert [(await told(world))[0] for _ in range(2)] == [{THERE}] * 2
    world.others.say(Wanted(world.key, "third"), Wanted(world.key, THERE))
    nodes, _, frame = await told(world)
    assert isinstance(frame, Delta)
    assert (nodes, frame.from_, frame.text) == ({THERE}, 0, "one two")
    world.tutor.say(None)
    await client.answer("m1")
    world.others.say(Wanted(world.key, THERE))
    await heard(world)
    assert world.others.frames.empty()


async def told(world: World) -> tuple[set[str], int, Answering | Delta]:
    async with asyncio.timeout(PATIENCE):
        return await world.others.frames.get()


async def test_what_waits_is_told_to_nobody(tmp_path: Path) -> None:
    """A place in the queue is that of this node, and a held answer is in the store."""

    class Scarce(Script):
        parallel = 1

    async with (
        world_in(tmp_path, Scarce()) as world,
        peer(world.server.url) as client,
        peer(world.server.url) as busy,
    ):
        await client.hello(instance="a", dial=2)
        world.others.present(world.key, (HERE, "a", 2), (THERE, "b", 1))
        await heard(world)
        await busy.hello(f"{SESSION}-2")
        await busy.say("send", id="m1", text="hi")
        await busy.next("answering")
        await client.say("send", id="m1", text="hi")
        await client.next("answering", place=1)
        (await world.tutor.turns.get()).hold = True
        world.tutor.say(None)
        (await world.tutor.turns.get()).hold = True
        world.tutor.say("because", None)
        await client.next("answering", held=True)
        assert (await told(world))[2] == Answering(re="m1")
        assert world.others.frames.empty()


# --- frames that are heard ------------------------------------------------------------------------


def piece(from_: int, text: str, reply_id: str = "_r", re: str = "m1") -> Delta:
    return Delta(id=reply_id, re=re, from_=from_, text=text)


async def answering_there(world: World, client: Peer) -> Claim:
    """Another node answers the message m1, which is known here."""
    key = world.key
    written = world.store.append(key, says("m1"))
    claimed = await claim(world.store, key)
    await written
    await client.next("event", id="m1")
    return claimed


async def test_a_gap_is_asked_for_once_and_heals(world: World, client: Peer) -> None:
    """Of the node that makes the reply. The listeners get no piece that does not join."""
    fence = (await answering_there(world, client)).fence
    key = world.key

    def hear(frame: Answering | Delta) -> None:
        world.others.say(Piece(key, THERE, fence, frame))

    hear(piece(0, "one "))
    await client.next("delta")
    hear(piece(8, "three "))
    hear(piece(14, "four "))
    assert await world.others.wanted.get() == (THERE, key)
    hear(piece(0, "one two three four "))
    hear(piece(19, "five"))
    texts = [(await client.next("delta"))["text"] for _ in range(2)]
    assert texts == ["two three four ", "five"]
    assert world.others.wanted.empty()
    hear(piece(30, "seven"))
    assert await world.others.wanted.get() == (THERE, key)


async def test_what_comes_twice_or_late_is_not_asked_for(world: World, client: Peer) -> None:
    """Of an older claim, of a reply that is whole here, of an answer that is known."""
    claimed = await answering_there(world, client)
    key, fence = world.key, claimed.fence
    world.others.say(
        Piece(key, THERE, fence, piece(0, "one ")),
        Piece(key, THERE, fence, piece(4, "two")),
        Piece(key, THERE, fence, piece(4, "two")),
        Piece(key, THERE, fence - 1, piece(9, "old", "_o")),
    )
    await client.next("delta", text="two")
    await world.store.answer(claimed, Answer("_r", "m1", "one two", "complete"))
    await client.answer("m1")
    world.others.say(Piece(key, THERE, fence, piece(7, "!")))
    await heard(world)
    assert world.others.wanted.empty()
    assert client.seen.count("delta") == 2


async def test_a_piece_that_comes_before_its_message_is_asked_for_after_it(
    world: World, client: Peer
) -> None:
    """The message may be read later than the piece is heard."""
    key = world.key
    world.others.say(Piece(key, THERE, 7, piece(0, "one ")))
    await heard(world)
    assert world.others.wanted.empty()
    await append(world.store, key, says("m1"))
    await client.next("event", id="m1")
    assert await world.others.wanted.get() == (THERE, key)


async def test_what_is_heard_is_told_to_nobody(world: World, client: Peer) -> None:
    """Neither when it comes, nor to a node that appears or asks."""
    fence = (await answering_there(world, client)).fence
    world.others.present(world.key, (HERE, "a", 2), ("third", "c", 1))
    world.others.say(Piece(world.key, THERE, fence, piece(0, "one ")))
    await client.next("delta")
    world.others.present(world.key, (HERE, "a", 2), ("fourth", "d", 1))
    world.others.say(Wanted(world.key, "third"))
    await heard(world)
    assert world.others.frames.empty()


# --- coming back together -------------------------------------------------------------------------


async def test_learners_come_back_as_fast_as_all_nodes_take_them(world: World) -> None:
    """The learners of all nodes, by those that take some."""
    world.others.known = Nodes(4000, other_is_ready=True, ready=2)
    async with peer(world.server.url) as client:
        assert (await client.hello())["spread"] == 4000 / (2 * 800)
    world.others.known = Nodes(10**9, other_is_ready=True, ready=2)
    async with peer(world.server.url) as client:
        assert (await client.hello(dial=2))["spread"] == 300


async def test_who_is_sent_away_goes_to_another_node_at_once(world: World, client: Peer) -> None:
    """If one is ready: in the time that the learners of this node need. Others know before."""
    await until(lambda: world.others.announced == [True])
    world.others.known = Nodes(4000, other_is_ready=True, ready=1)
    draining = asyncio.create_task(world.server.drain())
    bye = await client.next("bye")
    assert (bye["retry_after"], bye["spread"]) == (0, pytest.approx(1 / 800, abs=0.0006))
    assert world.others.announced == [True, False]
    await draining
