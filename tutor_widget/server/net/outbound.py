"""The bounded queue of frames to one client. It detects a dead client, and ends in bounded time.

`websockets` by itself waits forever on a peer that stops reading: its keepalive and its closing
handshake both wait in a drain there. So nothing here waits for the peer: the socket calls back when
it takes more, and `Outbound.check`, called at intervals, judges by the clock.

All frames of one turn of the event loop are one write, because a write is a system call, which
costs more than all that is done for a frame before it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Final

from websockets.exceptions import ConnectionClosed

from tutor_widget.errors import close_reason
from tutor_widget.server.settings import Settings

from .socket import Socket

__all__ = ["Outbound"]

_LOW: Final = 256 << 10
"""Bytes in the queue at which `Outbound.drained` returns."""
_BURST: Final = 64 << 10
"""Bytes of frames in one write, and a frame more at most."""
_LAST_FRAMES: Final = 100
"""Frames of the client that are still read, and ignored, after the connection is closed here."""


class Outbound:
    """Writes frames to one client, in order. Its callers never wait for the client."""

    def __init__(self, socket: Socket, settings: Settings) -> None:
        self._socket = socket
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._queue: deque[bytes] = deque()
        self._waiting = 0
        self._written = 0
        self._is_due = False
        self._end: tuple[int, str] | None = None
        self._room = asyncio.Event()
        self._pinged = 0.0
        self._progress = (0, 0, self._loop.time())
        self._closing: asyncio.Task[None] | None = None
        socket.on_room = self._write

    @property
    def closing(self) -> tuple[int, str] | None:
        """Code and reason with which the server closes or closed the connection, or None."""
        return self._end

    def send(self, frame: bytes) -> None:
        """Queue one frame. Drops a client that reads too slowly (protocol.md §5)."""
        if self._end is not None:
            return
        self._queue.append(frame)
        self._waiting += len(frame)
        if self._pending() > self._settings.backlog:
            self.abort(1008, "reads too slowly")
        self._write_soon()

    async def drained(self) -> None:
        """Wait until the queue is short, or the connection is closing."""
        while self._waiting > _LOW and self._end is None:
            self._room.clear()
            await self._room.wait()

    def close(self, code: int, reason: str) -> None:
        """Close once the queue is written, or cut the connection if that takes too long."""
        if self._end is None:
            self._end = (code, close_reason(reason))
            self._loop.call_later(self._settings.closing, self._socket.transport.abort)
            self._write_soon()
        self._room.set()

    def abort(self, code: int, reason: str) -> None:
        """Cut the connection without a close frame: the client is dead or does not read."""
        if self._end is None:
            self._end = (code, reason)
        self._socket.transport.abort()
        self._drop_queue()

    def check(self, now: float) -> None:
        """Ping after silence; drop the client after more silence, or if it takes too little."""
        silence = now - self._socket.heard
        if self._buffered() > self._settings.backlog:
            # The library queues a pong for each ping, and only this check bounds those.
            self.abort(1008, "reads too slowly")
        elif silence >= self._settings.silence:
            self.abort(1006, "silent")
        elif silence >= self._settings.ping and now - self._pinged >= self._settings.ping:
            self._pinged = now
            self._socket.write_ping()
        written, buffered, since = self._progress
        if (written, buffered) != (self._written, self._buffered()) or not self._pending():
            self._progress = (self._written, self._buffered(), now)
        elif now - since >= self._settings.stuck:
            self.abort(1006, "takes nothing")

    async def end(self) -> None:
        """Close the connection and release everything. The socket is closed when this returns.

        The reader calls this after its last read.
        """
        if self._end is None:
            self.close(1000, "")
        # The client's close frame comes behind its last frames: read and ignore those. Of a flood
        # no more is read, and the connection is cut when the time for closing is over.
        with contextlib.suppress(ConnectionClosed):
            for _ in range(_LAST_FRAMES):
                await self._socket.recv()
        await self._socket.wait_closed()
        if self._closing is not None:
            await self._closing

    def _pending(self) -> int:
        return self._waiting + self._buffered()

    def _buffered(self) -> int:
        return self._socket.transport.get_write_buffer_size()

    def _write_soon(self) -> None:
        """Write at the next turn of the loop, with all that is queued until then."""
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._write)

    def _write(self) -> None:
        """Write what the socket takes, and close it behind the last frame."""
        self._is_due = False
        if self._socket.transport.is_closing():
            self._drop_queue()
            return
        while self._queue and not self._socket.paused:
            burst = self._next_burst()
            self._socket.write(burst)
            self._written += sum(map(len, burst))
        if self._waiting <= _LOW:
            self._room.set()
        if self._end is not None and not self._queue and self._closing is None:
            self._closing = self._loop.create_task(self._socket.close(*self._end))

    def _next_burst(self) -> list[bytes]:
        burst: list[bytes] = []
        size = 0
        while self._queue and size < _BURST:
            burst.append(frame := self._queue.popleft())
            size += len(frame)
        self._waiting -= size
        return burst

    def _drop_queue(self) -> None:
        self._queue.clear()
        self._waiting = 0
        self._room.set()
