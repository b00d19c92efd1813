"""Connections between raw clients and nodes: in memory, with everything that delays or ends them.

A `Link` has two ends. The node's is a `MemorySocket`, which behaves as the WebSocket of
`websockets` does as far as the server uses it. The client's is a `Peer`, which is called.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close

from simulator.environment import Environment

__all__ = ["Link", "MemorySocket", "Peer"]

HIGH_WATER = 4096
"""Bytes on their way to the client at which a write waits. Small, so that it happens."""


class Peer(Protocol):
    """The client's end of a link."""

    def received(self, text: str) -> None: ...

    def ended(self, code: int | None) -> None:
        """The link is over: with the code of a close frame, or without one."""


class Watch(Protocol):
    """Sees what a node does to one connection."""

    def taken(self, text: str | bytes) -> None: ...

    def sent(self, text: str) -> None: ...

    def closed(self, code: int, reason: str) -> None: ...


class Link:
    """One connection. ``latency``: seconds that one way takes. Each way keeps its order."""

    def __init__(self, environment: Environment, peer: Peer, latency: float) -> None:
        self.environment = environment
        self.latency = latency
        self.socket: MemorySocket | None = None
        self.is_open = True
        """As the client sees it."""
        self._peer = peer
        self._passes = True
        self._under_way: list[deque[Callable[[MemorySocket], None]]] = [deque(), deque()]
        """What has not arrived yet, up and down."""
        self._clear_at = [0.0, 0.0]
        """When the last of it arrives."""
        self._early: list[Callable[[MemorySocket], None]] = []
        """What arrived before the node had made its end."""
        self._stalled_until = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether each end can reach the other."""
        return self.is_open and self._passes and (self.socket is None or not self.socket.is_lost)

    # --- faults -----------------------------------------------------------------------------------

    def go_silent(self) -> None:
        """Nothing arrives at either end from now on, and none learns of it."""
        self._passes = False

    def stall(self, seconds: float) -> None:
        """Nothing arrives for so long; then everything does."""
        self._stalled_until = self.environment.now + seconds

    def cut(self) -> None:
        """Both ends learn at once that it is over; what was on its way is lost."""
        self.go_silent()
        if self.socket is not None:
            self.socket.lose()
        self.end(None)

    def die(self, *, swallow: bool) -> None:
        """The node's process is gone. ``swallow``: so is what it had written."""
        if self.socket is not None:
            self.socket.is_dead = True
        if swallow or self.socket is None:
            self.cut()
        else:
            self.carry_down(lambda: self.end(None))

    # --- the client's end -------------------------------------------------------------------------

    def send(self, text: str | bytes) -> None:
        self._carry(0, lambda socket: socket.take(text))

    def abandon(self) -> None:
        """Leave without a closing handshake."""
        self.is_open = False
        self._carry(0, lambda socket: socket.lose())

    def end(self, code: int | None) -> None:
        if self.is_open:
            self.is_open = False
            self._peer.ended(code)

    # --- the node's end ---------------------------------------------------------------------------

    def attach(self, socket: MemorySocket) -> None:
        self.socket = socket
        early, self._early = self._early, []
        for act in early:
            act(socket)

    def carry_down(self, act: Callable[[], None]) -> None:
        """Call ``act`` when what the node writes now arrives at the client, if it does."""
        self._carry(1, lambda _: act())

    def deliver(self, text: str) -> None:
        if self.is_open:
            self._peer.received(text)

    def send_pong(self) -> None:
        """The client answers a ping by itself."""
        self._carry(0, lambda socket: socket.hear())

    def _carry(self, way: int, act: Callable[[MemorySocket], None]) -> None:
        self._under_way[way].append(act)
        self._clear_at[way] = max(self._clear_at[way], self.environment.now + self.latency)
        self.environment.call_later(
            self._clear_at[way] - self.environment.now, lambda: self._arrive(way)
        )

    def _arrive(self, way: int) -> None:
        if self._stalled_until > self.environment.now:
            wait = self._stalled_until - self.environment.now
            self.environment.call_later(wait, lambda: self._arrive(way))
            return
        act = self._under_way[way].popleft()
        if self._passes and self.socket is not None:
            act(self.socket)
        elif self._passes:
            self._early.append(act)


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
        self.username = ""
        self.heard = link.environment.now
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
        self.heard = self._link.environment.now
        if not self.is_lost and not self.is_dead:
            self._watch.taken(text)
            self._frames.append(text)
            self._wake()

    def hear(self) -> None:
        """A pong of the client arrives."""
        self.heard = self._link.environment.now

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

    async def send(self, frame: bytes, *, text: bool) -> None:
        assert text, "frames are text"
        self._raise_if_lost()
        self._write(frame.decode())
        while self.on_its_way > HIGH_WATER:
            await self._wait()
            self._raise_if_lost()

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

    async def ping(self) -> object:
        self._raise_if_lost()
        self._link.carry_down(lambda: self._link.send_pong())
        return None

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
