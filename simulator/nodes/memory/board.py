"""Which nodes there are, and who is connected through them: the part of the database that is not
kept.

Each method is one transaction. What a node has written counts while the node shows that it lives.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

from tutor_widget.server.store.peers import Piece, Presence, Present, Wanted
from tutor_widget.server.store.records import SessionKey

__all__ = ["Board", "Entered", "Living", "Post"]

_LEASE: Final = 10.0
"""Seconds that a node lives without a sign."""


class Entered(NamedTuple):
    """A connection as its own node knows it. ``serial`` tells those of one dial apart."""

    dial: int
    serial: int


class Living(NamedTuple):
    """What a node has said of itself, and until when it holds."""

    until: float
    learners: int
    is_ready: bool


class Post(Protocol):
    """A process that is told something."""

    def changed(self, key: SessionKey) -> None:
        """The connections to this session have changed."""

    def take(self, message: Piece | Wanted) -> None:
        """Another node has sent this."""


class Board:
    """The rows of all nodes. ``clock`` returns the database's time in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.posts: dict[str, Post] = {}
        """The processes, by the names of their nodes."""
        self.version = 0
        """Grows with each change of a row."""
        self.pieces = 0
        """Pieces of replies that went to another node."""
        self.complain: Callable[[str], None] = lambda fault: None
        self._clock = clock
        self._numbers = itertools.count(1)
        self._nodes: dict[str, Living] = {}
        self._rows: dict[SessionKey, dict[tuple[str, str], tuple[Entered, int]]] = {}
        """By session, then by node and instance: the connection, and its number."""

    def beat(self, node: str, learners: int, *, is_ready: bool) -> tuple[bool, dict[str, Living]]:
        """A sign of life. Returns whether the node's rows still count, and all living nodes."""
        now = self._clock()
        for name in [name for name, one in self._nodes.items() if one.until <= now]:
            self.remove(name)
        is_known = node in self._nodes
        self._nodes[node] = Living(now + _LEASE, learners, is_ready)
        return is_known, dict(self._nodes)

    def put(self, node: str, connections: Mapping[SessionKey, Mapping[str, Entered]]) -> None:
        """Replace what the node has written of these sessions."""
        for key, entered in connections.items():
            self._put(node, key, entered)

    def _put(self, node: str, key: SessionKey, entered: Mapping[str, Entered]) -> None:
        rows = self._rows.setdefault(key, {})
        before = {place: row for place, row in rows.items() if place[0] == node}
        after = {
            (node, instance): before[node, instance]
            if before.get((node, instance), (None,))[0] == one
            else (one, next(self._numbers))
            for instance, one in entered.items()
        }
        if before != after:
            self._rows[key] = {p: row for p, row in rows.items() if p[0] != node} | after
            self._tell(key)

    def remove(self, node: str) -> None:
        """The node is gone, or shows no sign of life."""
        self._nodes.pop(node, None)
        for key, rows in self._rows.items():
            if any(name == node for name, _ in rows):
                self._put(node, key, {})

    def clear(self) -> None:
        """The database has started anew, and has nothing of this any more."""
        self._nodes.clear()
        self._rows.clear()
        self.version += 1

    def present(self, key: SessionKey) -> Present:
        """The connections to the session through living nodes, in the order of their numbers."""
        now = self._clock()
        rows = [
            Presence(node, instance, one.dial, number)
            for (node, instance), (one, number) in self._rows.get(key, {}).items()
            if node in self._nodes and self._nodes[node].until > now
        ]
        return Present(key, tuple(sorted(rows, key=lambda row: row.number)))

    def _tell(self, key: SessionKey) -> None:
        self.version += 1
        for post in list(self.posts.values()):
            post.changed(key)
