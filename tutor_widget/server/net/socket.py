"""The WebSocket of `websockets`, with what the library does not report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import HeaderLineTooLong, RequestLineTooLong, TooManyHeaders
from websockets.protocol import State

__all__ = ["Socket"]

_UNREAD: Final[dict[type[Exception], int]] = {
    RequestLineTooLong: 414,
    HeaderLineTooLong: 431,
    TooManyHeaders: 431,
}
"""The statuses with which the library itself answers a request that it does not read to its end."""


class Socket(ServerConnection):
    """A WebSocket that records when its peer was last heard (pongs never reach ``recv``).

    A request that cannot be read as HTTP reaches no ``process_request``. For such a request
    ``faulty(status, fault)`` is called once. The library answers some of them; this class answers
    the others 400.

    `write` and `write_ping` wait for nothing, unlike the library's ``send`` and ``ping``.
    """

    # The library's connection has so many attributes that one more in its dict costs 1.5 KiB.
    __slots__ = ("faulty", "heard", "username")

    heard: float
    """When the last byte arrived, by the loop's clock."""
    faulty: Callable[[int, str], None] | None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.heard = self.loop.time()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        super().data_received(data)

    def write(self, frames: Sequence[bytes]) -> None:
        """Write text frames, in one go. They are dropped if the connection is closing."""
        if frames and self.protocol.state is State.OPEN:
            for frame in frames:
                self.protocol.send_text(frame)
            self.transport.write(b"".join(self.protocol.data_to_send()))

    def write_ping(self) -> None:
        """Write a ping. Its pong counts as heard, as every other byte does."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_ping(b"")
            self.send_data()

    def forget_headers(self) -> None:
        """Drop the headers, which the library keeps: they take 3 KiB, and may hold a token."""
        for message in (self.request, self.response):
            if message is not None:
                message.headers.clear()

    def send_data(self) -> None:
        if self.request is None and (error := self.protocol.handshake_exc) is not None:
            self._refuse_unread(error)
        super().send_data()

    def _refuse_unread(self, error: Exception) -> None:
        if isinstance(error.__cause__, EOFError):
            return  # it closed before a whole request, as TCP health checks do
        report, self.faulty = self.faulty, None
        if report is None:
            return
        status = _UNREAD.get(type(error), 400)
        report(status, type(error.__cause__ or error).__name__)
        if status == 400:  # here the library ends the connection without an answer
            response = self.protocol.reject(HTTPStatus.BAD_REQUEST, "This is no HTTP request.\n")
            self.transport.write(response.serialize())
