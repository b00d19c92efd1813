"""The model of a store that simulated nodes share: what becomes of its commits, news and peers."""

from __future__ import annotations

from asyncio import Task
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any
from unittest.mock import patch

import pytest

from simulator.environment import Environment
from simulator.nodes.loop import SimulatedLoop
from simulator.nodes.memory.board import Entered
from simulator.nodes.memory.database import Database
from simulator.nodes.memory.store import MemoryStore
from simulator.nodes.memory.weather import Weather
from tutor_widget.server.store import Head, Kept, Message
from tutor_widget.server.store.peers import Piece, Present, Wanted
from tutor_widget.wire import Delta

DELTA = Delta(id="_r", re="m1", from_=0, text="a")


class World(Environment):
    """A database with one session, and processes on it."""

    def __init__(self) -> None:
        super().__init__()
        self.database = Database(self.wall_clock, lambda: "epoch")
        head = self.database.create_session("ada", "algebra", frozenset(), 0)
        assert isinstance(head, Head)
        self.key = head.key
        self.a, self.b = Process(self), Process(self)
        self.run(1)

    @property
    def log(self) -> list[str]:
        return [event.id for event in self.database.sessions[self.key].events]


class Process:
    """A process with a store, and what that has told it."""

    def __init__(self, world: World) -> None:
        self.weather = Weather()
        self.changes: list[object] = []
        self.told: list[Present | Piece | Wanted] = []
        self.loop = SimulatedLoop(world, 0.0)  # type: ignore[abstract]
        self._world = world
        self.loop.create_task(self._open())
        world.run(0.1)

    async def _open(self) -> None:
        self.store = MemoryStore(self._world.database, self.weather, self._world)
        self.loop.create_task(self._follow_changes())
        self.loop.create_task(self._follow_peers())

    async def _follow_changes(self) -> None:
        async for changed in self.store.changes():
            self.changes.append(changed)

    async def _follow_peers(self) -> None:
        async for message in self.store.peers.messages():
            self.told.append(message)

    def call(self, act: Callable[[MemoryStore], Awaitable[Any]]) -> Task[Any]:
        async def run() -> Any:
            return await act(self.store)

        return self.loop.create_task(run())

    def say(self, *ids: str) -> list[Task[Any]]:
        """Append these messages."""
        key = self._world.key

        def append(id: str) -> Task[Any]:
            return self.call(lambda store: store.append(key, Message(id, "hi")))

        return [append(id) for id in ids]

    def connect(self, instance: str, dial: int = 1) -> None:
        self.loop.call_soon(self.store.peers.enter, self._world.key, instance, dial)

    @property
    def present(self) -> list[str]:
        """The connections that were told last, as ``instance`` and ``dial``."""
        newest = [one for one in self.told if isinstance(one, Present)][-1]
        return [f"{one.instance}{one.dial}" for one in newest.connections]

    @property
    def pieces(self) -> list[Piece | Wanted]:
        return [one for one in self.told if not isinstance(one, Present)]


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.a.loop.abandon()
    made.b.loop.abandon()


# --- commits --------------------------------------------------------------------------------------


def test_what_a_killed_process_has_sent_happens(world: World) -> None:
    """It is told to the others, though the process never learns of it."""
    world.a.weather.delay = 0.5
    (saying,) = world.a.say("m1")
    world.run(0)
    world.a.loop.kill()
    world.run(10)
    assert world.log == ["m1"]
    assert not saying.done()
    assert world.b.changes == [frozenset({world.key})]


def test_commits_whose_answer_is_lost_are_proven_after_an_outage(world: World) -> None:
    """All writes of the batch have happened once, and each call gets its own result."""
    world.a.weather.lost_answers = 1.0
    saying = world.a.say("m1", "m2")
    world.run(0.1)
    world.a.weather.away_until = world.now + 20
    assert world.log == ["m1", "m2"]
    world.run(19)
    assert not any(one.done() for one in saying)
    world.run(5)
    outcomes = [one.result() for one in saying]
    assert all(isinstance(kept, Kept) and kept.fresh for kept in outcomes)
    assert world.log == ["m1", "m2"]


def test_a_node_without_its_database_knows_it(world: World) -> None:
    """Also one that has nothing to write."""
    world.a.weather.away_until = world.now + 20
    world.run(19)
    assert world.a.store.stalled() > 17
    world.run(3)
    assert world.a.store.stalled() == 0


def test_a_lost_notification_is_made_good_by_a_poll(world: World) -> None:
    """Once, and no commit of its own is told to a node."""
    world.b.weather.deafness = 1.0
    world.a.say("m1")
    world.run(0.01)
    assert world.b.changes == []
    world.run(3)
    assert world.b.changes == [frozenset({world.key})]
    assert world.a.changes == []


# --- peers ----------------------------------------------------------------------------------------


def test_nodes_see_connections_in_one_order(world: World) -> None:
    """As they came, with the later one of an instance only."""
    for process, instance, dial in [(world.a, "x", 1), (world.b, "y", 1), (world.a, "x", 2)]:
        process.connect(instance, dial)
        world.run(0.2)
    assert world.a.present == world.b.present == ["y1", "x2"]


def test_a_killed_node_is_gone_within_its_lease(world: World) -> None:
    """The others are told; and what a frozen one had comes back with it."""
    world.a.connect("x")
    world.b.connect("y")
    world.run(1)
    world.a.loop.freeze(20)
    world.run(15)
    assert world.b.present == ["y1"]
    world.run(10)
    assert world.a.present == world.b.present == ["y1", "x1"]
    world.a.loop.kill()
    world.run(15)
    assert world.b.present == ["y1"]


def test_presence_is_written_anew_where_the_database_lost_it(world: World) -> None:
    """It is not kept through a crash."""
    world.a.connect("x")
    world.b.connect("y")
    world.run(1)
    world.database.board.clear()
    world.run(5)
    assert sorted(world.a.present) == sorted(world.b.present) == ["x1", "y1"]


def test_presence_that_was_not_heard_is_read_again(world: World) -> None:
    """At the next sign of life."""
    world.b.connect("y")
    world.run(1)
    world.b.weather.deafness = 1.0
    world.a.connect("x")
    world.run(0.2)
    assert world.b.present == ["y1"]
    world.run(4)
    assert world.b.present == ["y1", "x1"]


def test_presence_that_is_told_before_an_earlier_write_is_answered_is_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is newer than that answer, and nobody tells it again."""
    monkeypatch.setattr(world.b.weather, "draw", lambda mean: mean)
    world.b.weather.delay = 0.5
    world.b.connect("y")
    world.run(0.6)  # it is written, and the answer is on its way
    world.b.weather.delay = 0.0
    world.a.connect("x")
    world.run(0.2)
    assert not any(isinstance(one, Present) for one in world.b.told)
    world.run(0.5)
    assert world.b.present == ["y1", "x1"]


def test_presence_that_could_not_be_read_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the next sign of life, also if the database was there for those before and after."""
    world.b.connect("y")
    world.run(0.2)
    monkeypatch.setattr(world.b.weather, "draw", lambda mean: mean)
    world.b.weather.gossip = 0.3
    world.a.connect("x")
    world.run(0.1)
    world.b.weather.away_until = world.now + 0.5
    world.run(0.6)
    assert world.b.present == ["y1"]
    world.run(4)
    assert world.b.present == ["y1", "x1"]


def test_presence_that_changes_before_a_change_from_here_is_answered_is_read_again(
    world: World,
) -> None:
    """The answer is older, and no other change need follow."""
    board, weather, node = world.database.board, world.a.weather, world.a.store.peers.node
    put = board.put

    def answer_late(writer: str, connections: Mapping[int, Mapping[str, Entered]]) -> None:
        put(writer, connections)
        if writer == node and world.key in connections and not weather.delay:
            weather.delay = 5.0
            world.call_later(0, lambda: setattr(weather, "delay", 0.0))
            world.b.connect("y")

    world.run(10)  # who has met the others reads nothing of its own accord
    with patch.object(board, "put", answer_late):
        world.a.connect("x")
        world.run(0.1)
    assert not [one for one in world.a.told if isinstance(one, Present)]
    world.run(60)
    assert world.a.present == world.b.present == ["x1", "y1"]


def test_pieces_arrive_twice_or_not_at_all(world: World) -> None:
    """They go to the node that is named, and count."""
    world.b.connect("y")
    world.a.connect("x")
    world.run(1)
    nodes = frozenset({world.b.store.peers.node})

    def tell() -> None:
        world.a.loop.call_soon(world.a.store.peers.tell, nodes, world.key, 1, DELTA)
        world.run(1)

    world.a.weather.rumours = 1.0
    tell()
    assert world.b.pieces == [Piece(world.key, world.a.store.peers.node, 1, DELTA)] * 2
    world.a.weather.deafness = 1.0
    tell()
    assert len(world.b.pieces) == 2
    assert world.database.board.pieces == 2
    assert world.a.pieces == []


def test_a_piece_that_goes_to_nobody_or_is_of_another_is_a_fault(world: World) -> None:
    """Of a reply that another node makes, or for a node without a connection."""
    faults: list[str] = []
    world.database.board.complain = faults.append
    world.a.connect("x")
    world.run(1)
    world.a.loop.call_soon(world.a.store.peers.tell, {"store-2"}, world.key, 1, DELTA)
    world.run(1)
    assert faults == [
        "store-1 tells a piece of a reply that it does not make",
        "a piece for store-2, through which nobody is connected",
    ]


def test_nodes_count_learners_and_know_who_is_ready(world: World) -> None:
    """From the last sign of life."""
    world.a.connect("x")
    world.b.connect("y")
    world.b.loop.call_soon(world.b.store.peers.ready, True)
    world.run(4)
    known = world.a.store.peers.nodes()
    assert (known.learners, known.other_is_ready) == (2, True)
