"""What waits for one client, bounded. It detects a dead client, and ends in bounded time.

`websockets` by itself waits forever on a peer that stops reading: its keepalive and its closing
handshake both wait in a drain there. So frames are written without waiting, and `Outbound.check`,
called at intervals, judges by the clock.

All frames of one turn of the event loop and of the next one are one write (`Turns`), because a
write is a system call, which costs more than all that is done for a frame before it. The next one
is included because a reply begins in the turn after its message was committed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final

from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from tutor_widget.errors import close_reason
from tutor_widget.server.settings import Settings

from .socket import Socket

__all__ = ["Outbound", "Turns"]

_LAST_FRAMES: Final = 100
"""Frames of the client that are still read, and ignored, after the connection is closed here."""


class Turns:
    """The turns of the event loop, for all connections of a server.

    A callback of the loop for each turn, and none for each connection.
    """

    def __init__(self) -> None:
        self._newer: list[Callable[[], None]] = []
        self._older: list[Callable[[], None]] = []
        """What is to be called at the next turn."""

    def after_next(self, write: Callable[[], None]) -> None:
        """Call ``write`` when this turn and the next one are over."""
        if not self._newer and not self._older:
            asyncio.get_running_loop().call_soon(self._turn)
        self._newer.append(write)

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        due, self._older, self._newer = self._older, self._newer, []
        if self._older:
            loop.call_soon(self._turn)
        for write in due:
            try:
                write()
            except Exception as error:  # noqa: BLE001  # the others are written all the same
                loop.call_exception_handler({"message": "a write failed", "exception": error})


class Outbound:
    """Writes frames to one client, in order. Its callers never wait for the client."""

    def __init__(self, socket: Socket, settings: Settings, turns: Turns) -> None:
        self._socket = socket
        self._settings = settings
        self._turns = turns
        self._loop = asyncio.get_running_loop()
        self._frames: list[bytes] = []
        """The frames of this turn of the loop and the one before, not written yet."""
        self._size = 0
        self._room = 0
        """The size that they may have, beside what waits for the client already."""
        self._written = 0
        self._end: tuple[int, str] | None = None
        self._pinged = 0.0
        self._progress = (0, self._loop.time())
        self._closing: asyncio.Task[None] | None = None

    @property
    def closing(self) -> tuple[int, str] | None:
        """Code and reason with which the server closes or closed the connection, or None."""
        return self._end

    def send(self, frame: bytes) -> None:
        """Queue one frame. Drops a client that reads too slowly (protocol.md §5)."""
        if self._end is not None:
            return
        if not self._frames:
            self._turns.after_next(self._write)
            self._room = self._settings.backlog - self._buffered()
        self._frames.append(frame)
        self._size += len(frame)
        if self._size > self._room:
            self.abort(1008, "reads too slowly")

    async def drained(self) -> None:
        """Wait until the client has taken nearly all, or the connection is lost."""
        self._write()
        await self._socket.drain()

    def close(self, code: int, reason: str) -> None:
        """Close behind the last frame, or cut the connection if that takes too long."""
        if self._end is None:
            self._end = (code, close_reason(reason))
            self._write()
            self._loop.call_later(self._settings.closing, self._socket.transport.abort)
            self._closing = self._loop.create_task(self._socket.close(*self._end))

    def abort(self, code: int, reason: str) -> None:
        """Cut the connection without a close frame: the client is dead or does not read."""
        if self._end is None:
            self._end = (code, reason)
        self._frames.clear()
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
            self._socket.write_ping()
        taken, since = self._progress
        if taken != self._taken() or not self._buffered():
            self._progress = (self._taken(), now)
        elif now - since >= self._settings.stuck:
            self.abort(1006, "takes nothing")

    async def end(self) -> None:
        """Close the connection and release everything. The socket is closed when this returns.

        The reader calls this after its last read.
        """
        if self._socket.state is not State.CLOSED:
            self.close(1000, "")
        # The client's close frame comes behind its last frames: read and ignore those. Of a flood
        # no more is read, and the connection is cut when the time for closing is over.
        with contextlib.suppress(ConnectionClosed):
            for _ in range(_LAST_FRAMES):
                await self._socket.recv()
        await self._socket.wait_closed()
        if self._closing is not None:
            await self._closing

    def _buffered(self) -> int:
        return self._socket.transport.get_write_buffer_size()

    def _taken(self) -> int:
        """How far the client has taken what was written for it, in bytes."""
        return self._written - self._buffered()

    def _write(self) -> None:
        self._socket.write(self._frames)
        self._written += self._size
        self._frames.clear()
        self._size = 0
