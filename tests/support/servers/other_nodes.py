"""Other nodes that a test scripts: what a server tells them, and what they tell it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection

from tutor_widget.server.store import SessionKey
from tutor_widget.server.store.peers import Nodes, Piece, Presence, Present, Wanted
from tutor_widget.wire import Answering, Delta

__all__ = ["HERE", "THERE", "OtherNodes"]

HERE, THERE = "here", "there"
"""The node under test, and another one."""


class OtherNodes:
    """The `Peers` of a server. It notes what is told, and tells what the test says."""

    node = HERE

    def __init__(self) -> None:
        self.here: list[tuple[SessionKey, str, int]] = []
        """The connections through this node."""
        self.followed: set[SessionKey] = set()
        self.frames: asyncio.Queue[tuple[set[str], int, Answering | Delta]] = asyncio.Queue()
        """Nodes, fence and frame of each call of `tell`."""
        self.wanted: asyncio.Queue[tuple[str, SessionKey]] = asyncio.Queue()
        self.announced: list[bool] = []
        """What `ready` was called with, without repeats."""
        self.known = Nodes(0, other_is_ready=False)
        self._messages: asyncio.Queue[Present | Piece | Wanted] = asyncio.Queue()

    def say(self, *messages: Present | Piece | Wanted) -> None:
        """Let the server hear this."""
        for message in messages:
            self._messages.put_nowait(message)

    def present(self, key: SessionKey, *connections: tuple[str, str, int]) -> None:
        """Let these (node, instance, dial) be connected, in this order."""
        numbered = enumerate(connections, 1)
        self.say(Present(key, tuple(Presence(*one, number) for number, one in numbered)))

    def enter(self, key: SessionKey, instance: str, dial: int) -> None:
        self.here.append((key, instance, dial))

    def leave(self, key: SessionKey, instance: str, dial: int) -> None:
        self.here.remove((key, instance, dial))

    def follow(self, key: SessionKey) -> None:
        self.followed.add(key)

    def unfollow(self, key: SessionKey) -> None:
        self.followed.remove(key)

    def tell(
        self, nodes: Collection[str], key: SessionKey, fence: int, frame: Answering | Delta
    ) -> None:
        self.frames.put_nowait((set(nodes), fence, frame))

    async def told(self) -> None:
        pass

    def want(self, node: str, key: SessionKey) -> None:
        self.wanted.put_nowait((node, key))

    def ready(self, is_ready: bool) -> None:
        if self.announced[-1:] != [is_ready]:
            self.announced.append(is_ready)

    def nodes(self) -> Nodes:
        return self.known

    async def messages(self) -> AsyncIterator[Present | Piece | Wanted]:
        while True:
            yield await self._messages.get()
