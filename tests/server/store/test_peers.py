"""The contract of peers, on the engines whose nodes tell each other something: one is the model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.servers.peers import until
from tutor_widget.server import Store
from tutor_widget.server.store.peers import Peers, Piece, Present, Wanted
from tutor_widget.wire import Answering

pytestmark = pytest.mark.parametrize("engine", ["postgres", "memory"], indirect=True)


class Node:
    """The peers of a store, and all that they told."""

    def __init__(self, peers: Peers) -> None:
        self.peers = peers
        self.heard: list[Present | Piece | Wanted] = []
        self.listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self.peers.messages():
            self.heard.append(message)

    async def sees(self, *who: tuple[Node, str, int]) -> None:
        """Wait until these are told to be connected to session 1, in this order."""
        expected = [(node.peers.node, instance, dial) for node, instance, dial in who]
        await until(lambda: self._seen() == expected)

    def _seen(self) -> list[tuple[str, str, int]]:
        told = [one for one in self.heard if isinstance(one, Present) and one.key == 1]
        newest = told[-1].connections if told else ()
        return [(one.node, one.instance, one.dial) for one in newest]


@pytest_asyncio.fixture
async def pair(store: Store, other: Store) -> AsyncIterator[tuple[Node, Node]]:
    """Two nodes that follow session 1 and know of each other."""
    nodes = Node(store.peers), Node(other.peers)
    for node in nodes:
        node.peers.follow(1)
        node.peers.ready(True)
    for node in nodes:
        await until(lambda node=node: node.peers.nodes().other_is_ready)  # type: ignore[misc]
    yield nodes
    for node in nodes:
        node.listening.cancel()


async def test_connections_are_told_in_one_order(pair: tuple[Node, Node]) -> None:
    """A later one of an instance replaces it, also with the same dial."""
    one, two = pair
    one.peers.enter(1, "a", 1)
    await two.sees((one, "a", 1))
    two.peers.enter(1, "b", 1)
    for node in pair:
        await node.sees((one, "a", 1), (two, "b", 1))
    one.peers.enter(1, "a", 2)
    one.peers.leave(1, "a", 1)
    for node in pair:
        await node.sees((two, "b", 1), (one, "a", 2))
    two.peers.leave(1, "b", 1)
    two.peers.enter(1, "b", 1)
    for node in pair:
        await node.sees((one, "a", 2), (two, "b", 1))
    assert one.peers.nodes().ready == 2
    two.peers.leave(1, "b", 1)
    await one.sees((one, "a", 2))


async def test_a_piece_goes_to_the_node_that_is_named(pair: tuple[Node, Node]) -> None:
    """And so does the wish for one."""
    one, two = pair
    two.peers.enter(1, "b", 1)
    await one.sees((two, "b", 1))
    one.peers.tell({two.peers.node}, 1, 4, Answering(re="m1"))
    two.peers.want(one.peers.node, 1)
    piece, wanted = Piece(1, one.peers.node, 4, Answering(re="m1")), Wanted(1, two.peers.node)
    await until(lambda: piece in two.heard and wanted in one.heard)
    assert piece not in one.heard
