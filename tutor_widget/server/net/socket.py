"""The WebSocket of `websockets`, with what the library does not report."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final, Literal

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.exceptions import HeaderLineTooLong, RequestLineTooLong, TooManyHeaders
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import State

from tutor_widget.server.auth import Account

__all__ = ["Socket", "framed"]

_UNREAD: Final[dict[type[Exception], int]] = {
    RequestLineTooLong: 414,
    HeaderLineTooLong: 431,
    TooManyHeaders: 431,
}
"""The statuses with which the library itself answers a request that it does not read to its end."""
_MOST_UNREAD: Final = 16 << 10
"""Bytes of a request that is not complete: a request line and headers of 8 KiB each."""
_LARGE: Final = 4 << 10
"""Bytes of a frame that is not kept until the next one."""
Progress = Literal["connected", "read", "lost"]
_LET_GO: Final = Request("", Headers())
"""Takes the place of a request that was answered: its headers need memory, and hold a token."""


def framed(text: bytes) -> bytes:
    """One unmasked text frame with the whole message (RFC 6455 §5.2)."""
    if (size := len(text)) < 126:
        return bytes((0x81, size)) + text
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text


class Socket(ServerConnection):
    """A WebSocket that records when its peer was last heard (pongs never reach ``recv``).

    A request that cannot be read as HTTP reaches no ``process_request``. For such a request
    ``faulty(socket, status, fault)`` is called once. The library answers some of them; this class
    answers the others 400.

    `write` and `write_ping` wait for nothing, unlike the library's ``send`` and ``ping``.
    """

    # The library's connection has so many attributes that one more in its dict costs 1.5 KiB.
    __slots__ = ("_faulty", "_on_progress", "_unread", "account", "heard", "owner", "trace")

    def __init__(
        self,
        *arguments: Any,
        faulty: Callable[[Socket, int, str], None],
        on_progress: Callable[[Socket, Progress], None],
        **keywords: Any,
    ) -> None:
        """``on_progress`` is called when it was connected, read its request, and was lost."""
        super().__init__(*arguments, **keywords)
        self.account = Account("")
        """The account that the credentials of the handshake prove."""
        self.owner = ""
        """The owner of the limits: the account, or the client's address where there are none."""
        self.heard = 0.0
        """When the last byte arrived, by the loop's clock."""
        self.trace: str | None = None
        """The id of the trace of which the handshake said that it is part."""
        self._faulty: Callable[[Socket, int, str], None] | None = faulty
        self._on_progress = on_progress
        self._unread = 0

    @property
    def facts(self) -> dict[str, str]:
        """What names it in the log: a random id, and its trace where it has one."""
        known = {"connection": self.id.hex[:8]}
        return known if self.trace is None else known | {"trace": self.trace}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.heard = self.loop.time()
        super().connection_made(transport)
        self._on_progress(self, "connected")

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._on_progress(self, "lost")

    def data_received(self, data: bytes) -> None:
        self.heard = self.loop.time()
        waited = self.request is None
        super().data_received(data)
        if waited and self.request is not None:
            self._on_progress(self, "read")
        elif waited:
            self._unread += len(data)
            if self._unread > _MOST_UNREAD and self.protocol.handshake_exc is None:
                # Only the library's parser can end the request. It answers 431.
                self.protocol.parser.throw(TooManyHeaders("too many bytes"))
                self.send_data()

    def process_event(self, event: Any) -> None:
        # The library's parser refers to the last frame until the next one comes, so an idle peer
        # could keep a megabyte here.
        if isinstance(event, Frame) and len(event.data) > _LARGE:
            whole, event = event, replace(event)
            whole.data = b""
        super().process_event(event)

    def let_go_of_request(self) -> None:
        """Release the request and its answer, when the handshake is over.

        The library's parser refers to the request until the end. So its headers are emptied.
        """
        if self.request is not None:
            self.request.headers.clear()
        self.request, self.response = _LET_GO, None

    def write(self, frames: Sequence[bytes]) -> None:
        """Write text frames, in one go. They are dropped if the connection is closing.

        Not by the library's ``send_text``, which takes longer than all else that is done for a
        frame. No extension is negotiated, and no message is sent in fragments.
        """
        if frames and self.protocol.state is State.OPEN:
            self.transport.write(b"".join(map(framed, frames)))

    def write_ping(self) -> None:
        """Write a ping. Its pong counts as heard, as every other byte does."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_ping(b"")
            self.send_data()

    def send_data(self) -> None:
        if self.request is None and (error := self.protocol.handshake_exc) is not None:
            self._refuse_unread(error)
        super().send_data()

    def _refuse_unread(self, error: Exception) -> None:
        if isinstance(error.__cause__, EOFError):
            return  # it closed before a whole request, as TCP health checks do
        report, self._faulty = self._faulty, None
        if report is None:
            return
        status = _UNREAD.get(type(error), 400)
        report(self, status, type(error.__cause__ or error).__name__)
        if status == 400:  # here the library ends the connection without an answer
            response = self.protocol.reject(HTTPStatus.BAD_REQUEST, "This is no HTTP request.\n")
            self.transport.write(response.serialize())
