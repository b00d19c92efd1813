"""One WebSocket as the server uses it: a bounded queue out, proof of life in, an end that ends.

`websockets` by itself would wait for ever on a peer that stops reading: its keepalive and its
closing handshake both hang in a drain there. So nothing here waits for the peer but the one task
that writes, and `Outbound.look_after`, called from outside, judges by the clock.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import (
    ConnectionClosed,
    HeaderLineTooLong,
    RequestLineTooLong,
    TooManyHeaders,
)

from tutor_widget.errors import close_reason
from tutor_widget.server.settings import Settings

__all__ = ["Outbound", "Socket"]

_LOW: Final = 256 << 10
"""A replay goes on when no more than this waits."""
_LAST: Final = 100
"""Frames that are still read once a connection is to be closed."""
_UNREAD: Final[dict[type[Exception], int]] = {
    RequestLineTooLong: 414,
    HeaderLineTooLong: 431,
    TooManyHeaders: 431,
}
"""The statuses with which the library itself answers a request that it does not read to its end."""


class Socket(ServerConnection):
    """A connection that knows when it last heard from its peer (pongs never reach ``recv``).

    ``faulty(status, fault)`` is called once for what is no HTTP request that can be read. Such a
    one reaches no ``process_request``; the library answers some of them, and the others we do.
    """

    heard: float = 0.0
    faulty: Callable[[int, str], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.heard = self.loop.time()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        super().data_received(data)

    def send_data(self) -> None:
        if self.request is None and (error := self.protocol.handshake_exc) is not None:
            self._refuse_unread(error)
        super().send_data()

    def _refuse_unread(self, error: Exception) -> None:
        if isinstance(error.__cause__, EOFError):
            return  # it went without having said anything whole, as health checks of TCP do
        tell, self.faulty = self.faulty, None
        if tell is None:
            return
        status = _UNREAD.get(type(error), 400)
        tell(status, type(error.__cause__ or error).__name__)
        if status == 400:  # the library ends the connection without a word
            response = self.protocol.reject(HTTPStatus.BAD_REQUEST, "This is no HTTP request.\n")
            self.transport.write(response.serialize())


class Outbound:
    """Writes to one client in order, without ever making the caller wait."""

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
        """Code and reason with which the link was or is being closed from here."""
        return self._end

    def send(self, frame: bytes) -> None:
        """Queue one frame. A client for which too much waits is dropped (it reads too slowly)."""
        if self._end is not None:
            return
        self._queue.append(frame)
        self._waiting += len(frame)
        if self._waiting + self._buffered() > self._settings.backlog:
            self.abort(1008, "reads too slowly")
        self._wake.set()

    async def drained(self) -> None:
        """Wait until little waits, or the link is closing."""
        while self._waiting > _LOW and self._end is None:
            self._room.clear()
            await self._room.wait()

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued was written, and by force if that takes too long."""
        if self._end is None:
            self._end = (code, close_reason(reason))
            self._loop.call_later(self._settings.closing, self._socket.transport.abort)
        self._wake.set()
        self._room.set()

    def abort(self, code: int, reason: str) -> None:
        """Cut the connection: its peer is dead or does not read, so there is nobody to tell."""
        if self._end is None:
            self._end = (code, reason)
        self._queue.clear()
        self._waiting = 0
        self._room.set()
        self._writer.cancel()
        self._socket.transport.abort()

    def look_after(self, now: float) -> None:
        """Ping after silence, give up after more of it, drop a peer that takes too little."""
        silence = now - self._socket.heard
        if self._buffered() > self._settings.backlog:
            # The library answers every ping at once, read or not: pongs wait here alone.
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
        """Release everything. The socket is closed or cut when this returns.

        To be called by the reader, once it has stopped reading.
        """
        if self._end is None:
            self.close(1000, "")
        if self._socket.transport.is_closing():
            self._writer.cancel()
        # The peer's own close comes behind what it has said: read that, and forget it. Of a flood
        # no more is read; it is cut when the time for closing is over.
        with contextlib.suppress(ConnectionClosed):
            for _ in range(_LAST):
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
