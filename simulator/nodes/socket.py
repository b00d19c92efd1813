"""The node's end of a link, which behaves as the WebSocket of `websockets`.

As far as the server uses it: reading, writing against a full pipe, closing, aborting, pings.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close
from websockets.protocol import State

from simulator.nodes.link import Link
from tutor_widget.server.auth import Account

__all__ = ["MemorySocket", "Watch"]

HIGH_WATER = 4096
"""Bytes on their way to the client at which a write waits. Small, so that it happens."""


class Watch(Protocol):
    """Sees what a node does to one connection."""

    def taken(self, text: str | bytes) -> None: ...

    def sent(self, text: str) -> None: ...

    def closed(self, code: int, reason: str) -> None: ...


class Transport:
    """What the server uses of an asyncio transport."""

    def __init__(self, socket: MemorySocket) -> None:
        self._socket = socket

    def abort(self) -> None:
        self._socket.abort()

    def is_closing(self) -> bool:
        return self._socket.is_lost

    def get_write_buffer_size(self) -> int:
        return self._socket.on_its_way


class MemorySocket:
    """The node's end of a link. Make it while the node's loop runs.

    ``watch`` sees what the node writes, in order.
    """

    def __init__(self, link: Link, watch: Watch) -> None:
        self.account = Account("")
        self.owner = ""
        self.facts: dict[str, str] = {}
        self.heard = asyncio.get_running_loop().time()
        self.close_code: int | None = None
        self.transport = Transport(self)
        self.is_lost = False
        self.on_its_way = 0
        """Bytes that the client has not received yet."""
        self.is_dead = False
        """The process is gone: nothing is written any more."""
        self._link = link
        self._watch = watch
        self._loop = asyncio.get_running_loop()
        self._frames: deque[str | bytes] = deque()
        self._waiting: list[Future[None]] = []
        self._sent: Close | None = None
        link.attach(self)

    # --- what the client does ---------------------------------------------------------------------

    def take(self, text: str | bytes) -> None:
        """A frame of the client arrives."""
        self.heard = self._loop.time()
        if not self.is_lost and not self.is_dead:
            self._watch.taken(text)
            self._frames.append(text)
            self._wake()

    def hear(self) -> None:
        """A pong of the client arrives."""
        self.heard = self._loop.time()

    def lose(self) -> None:
        """The connection has ended at this end."""
        if not self.is_lost:
            self.is_lost = True
            self.close_code = self._sent.code if self._sent else 1006
            self._wake()

    # --- what the server does ---------------------------------------------------------------------

    async def recv(self) -> str | bytes:
        while not self._frames:
            self._raise_if_lost()
            await self._wait()
        return self._frames.popleft()

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        try:
            while True:
                yield await self.recv()
        except ConnectionClosedOK:
            return

    @property
    def state(self) -> State:
        if self.is_lost:
            return State.CLOSED
        return State.OPEN if self._sent is None else State.CLOSING

    def let_go_of_request(self) -> None:
        pass

    def write(self, frames: Sequence[bytes]) -> None:
        if self.state is State.OPEN:
            for frame in frames:
                self._write(frame.decode())

    def write_ping(self) -> None:
        if self.state is State.OPEN:
            self._link.carry_down(lambda: self._link.send_pong())

    async def drain(self) -> None:
        while self.on_its_way > HIGH_WATER and not self.is_lost:
            await self._wait()

    async def wait_closed(self) -> None:
        while not self.is_lost:
            await self._wait()

    async def close(self, code: int, reason: str) -> None:
        """Send a close frame, and wait until the client has answered it or the end is here."""
        if self.is_lost or self._sent is not None:
            return
        assert len(reason.encode()) <= 123
        self._sent = Close(code, reason)
        link = self._link

        def arrive() -> None:
            link.end(code)
            link.abandon()

        if not self.is_dead:
            self._watch.closed(code, reason)
            link.carry_down(arrive)
        while not self.is_lost:
            await self._wait()

    def abort(self) -> None:
        if not self.is_lost:
            self.lose()
            link = self._link
            if not self.is_dead:
                link.carry_down(lambda: link.end(None))

    def _write(self, text: str) -> None:
        size = len(text.encode())

        def arrive() -> None:
            self.on_its_way -= size
            self._wake()
            self._link.deliver(text)

        if not self.is_dead:
            self._watch.sent(text)
            self.on_its_way += size
            self._link.carry_down(arrive)

    async def _wait(self) -> None:
        waiting: Future[None] = self._loop.create_future()
        self._waiting.append(waiting)
        try:
            await waiting
        finally:
            self._waiting.remove(waiting)

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def _raise_if_lost(self) -> None:
        if self.is_lost and self._sent is not None:
            closed = (
                ConnectionClosedOK if self._sent.code in (1000, 1001) else ConnectionClosedError
            )
            raise closed(self._sent, self._sent, rcvd_then_sent=False)
        if self.is_lost:
            raise ConnectionClosedError(None, None)
