"""What the nodes of one database tell each other, and need not keep.

A *node* is a server process. Nodes that share a database learn from their store what is durable.
This is the rest: which instance of a client is connected to which session through which node, how
many learners there are, whether another node is ready to take them, and the pieces of replies under
way.

Nothing here is awaited on the way of a learner's message, and nothing depends on it: what is told
may be late, may come twice, or may be lost. A node that has gone is no longer told of within the
time of a lease. Whoever needs the truth reads the store.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Protocol

from msgspec import Struct

from tutor_widget.wire import Answering, Delta

from .records import SessionKey

__all__ = ["Alone", "Nodes", "Peers", "Piece", "Presence", "Present", "Wanted"]


class Presence(Struct, frozen=True, gc=False):
    """A connection to a session. Those of a session are in the order of their ``number``, which is
    the same on all nodes."""

    node: str
    instance: str
    dial: int
    number: int


class Present(Struct, frozen=True):
    """All connections to this session through living nodes, in order.

    Those of this node are as they are now: a change of them that is not told yet delays it.
    """

    key: SessionKey
    connections: tuple[Presence, ...]


class Piece(Struct, frozen=True, tag="piece"):
    """What ``node`` tells of the reply that it makes, under the claim with this fence."""

    key: SessionKey
    node: str
    fence: int
    frame: Answering | Delta


class Wanted(Struct, frozen=True, tag="wanted"):
    """``node`` lacks a piece of the reply that is made here, and wants all of its text so far."""

    key: SessionKey
    node: str


class Nodes(Struct, frozen=True):
    """What is known of all living nodes."""

    learners: int
    """Connections of learners, on this node too."""
    other_is_ready: bool
    """Whether another node takes connections."""
    ready: int = 1
    """How many nodes take connections, with this one; at least 1."""


class Peers(Protocol):
    """The other nodes on the database. Methods return at once; what they tell goes out soon."""

    node: str
    """The name of this node."""

    def enter(self, key: SessionKey, instance: str, dial: int) -> None:
        """A learner's connection began here. A later one of the instance replaces it.

        Afterwards, and whenever the connections to this session change, `messages` gives `Present`.
        """

    def leave(self, key: SessionKey, instance: str, dial: int) -> None:
        """The connection ended here, unless a later one has replaced it."""

    def follow(self, key: SessionKey) -> None:
        """Give `Present` of this session also while nobody is connected to it here."""

    def unfollow(self, key: SessionKey) -> None:
        """The session is not in memory here any more."""

    def tell(
        self, nodes: Collection[str], key: SessionKey, fence: int, frame: Answering | Delta
    ) -> None:
        """Show these nodes a frame of the reply that is made here."""

    def want(self, node: str, key: SessionKey) -> None:
        """Ask the node for all of the reply that it makes."""

    def ready(self, is_ready: bool) -> None:
        """Whether this node takes connections now. At first it does not."""

    async def told(self) -> None:
        """Returns when all that was to be told has gone out, and `nodes` is as it was then.

        Waits for a database that is away.
        """

    def nodes(self) -> Nodes:
        """What is known of the living nodes."""

    def messages(self) -> AsyncIterator[Present | Piece | Wanted]:
        """What the others tell. Ends when the store is closed. One consumer."""


class Alone:
    """The peers of a store whose nodes need not tell each other more than it does by itself.

    SQLite's: its processes are on one machine, and a learner's connections go to one of them.
    """

    node = ""

    def __init__(self) -> None:
        self._learners = 0

    def enter(self, key: SessionKey, instance: str, dial: int) -> None:
        self._learners += 1

    def leave(self, key: SessionKey, instance: str, dial: int) -> None:
        self._learners -= 1

    def follow(self, key: SessionKey) -> None:
        pass

    def unfollow(self, key: SessionKey) -> None:
        pass

    def tell(
        self, nodes: Collection[str], key: SessionKey, fence: int, frame: Answering | Delta
    ) -> None:
        pass

    def want(self, node: str, key: SessionKey) -> None:
        pass

    def ready(self, is_ready: bool) -> None:
        pass

    async def told(self) -> None:
        pass

    def nodes(self) -> Nodes:
        return Nodes(self._learners, other_is_ready=False)

    async def messages(self) -> AsyncIterator[Present | Piece | Wanted]:
        return
        yield  # an iterator without an item
