"""The bounded queue of frames to one client. It detects a dead client, and ends in bounded time.

`websockets` by itself waits forever on a peer that stops reading: its keepalive and its closing
handshake both wait in a drain there. So only the task that writes waits for the peer, and
`Outbound.check`, called at intervals, judges by the clock.
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
        self._end: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._pinged = 0.0
        self._ping: asyncio.Task[object] | None = None
        self._progress = (0, 0, self._loop.time())
        self._writer = self._loop.create_task(self._write())

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
        if self._waiting + self._buffered() > self._settings.backlog:
            self.abort(1008, "reads too slowly")
        self._wake.set()

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
        self._wake.set()
        self._room.set()

    def abort(self, code: int, reason: str) -> None:
        """Cut the connection without a close frame: the client is dead or does not read."""
        if self._end is None:
            self._end = (code, reason)
        self._queue.clear()
        self._waiting = 0
        self._room.set()
        self._writer.cancel()
        self._socket.transport.abort()

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
            self._ping = self._loop.create_task(self._send_ping())
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
        if self._socket.transport.is_closing():
            self._writer.cancel()
        # The client's close frame comes behind its last frames: read and ignore those. Of a flood
        # no more is read, and the connection is cut when the time for closing is over.
        with contextlib.suppress(ConnectionClosed):
            for _ in range(_LAST_FRAMES):
                await self._socket.recv()
        with contextlib.suppress(asyncio.CancelledError):
            await self._writer
        if self._ping is not None:
            self._ping.cancel()
        self._socket.transport.abort()

    def _pending(self) -> int:
        return self._waiting + self._buffered()

    def _buffered(self) -> int:
        return self._socket.transport.get_write_buffer_size()

    async def _send_ping(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._socket.ping()

    async def _write(self) -> None:
        try:
            while self._queue or self._end is None:
                if not self._queue:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                frame = self._queue.popleft()
                await self._socket.send(frame, text=True)
                self._waiting = max(0, self._waiting - len(frame))
                self._written += len(frame)
                if self._waiting <= _LOW:
                    self._room.set()
            await self._socket.close(*self._end)
        except ConnectionClosed:
            pass
        finally:
            self._room.set()
