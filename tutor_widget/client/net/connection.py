"""One connection over `websockets`, or the attempt at one: the boundary to the library.

Here every exception of the library and of the system becomes an `Ending`; none goes further. A
`Connection` reports what happens as events of the session, under its dial number, on its loop:

    Located       URL and token are known; the connection is being made
    Opened        the handshake succeeded and `tutor.v1` was selected
    Heard         bytes came, of any kind
    Received      a frame came (frames of unknown types are left out)
    Pinged        the ping was written behind so many bytes
    Dropped       it is over: exactly once, and last

A receiver that raises loses the connection: it gets a `Dropped`, as for any other ending.

Keepalive, retries and timeouts are the session's; the library's are off.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from tutor_widget.client.loop import report_error
from tutor_widget.errors import ProtocolError, Refused, Unreachable, close_reason
from tutor_widget.network import silent_logger
from tutor_widget.secret import Secret
from tutor_widget.session import Ending, Kind
from tutor_widget.session import events as ev
from tutor_widget.wire import (
    MAX_SERVER_FRAME,
    SUBPROTOCOL,
    ClientFrame,
    decode_server,
    encode,
    is_utf8,
)

from .address import is_local
from .answer import Answer
from .audience import redirected
from .endpoint import Place
from .failures import closure, failure, proxy_failure, refusal, undialled
from .proxy import Proxy, proxy_for
from .reach import EYEBALLS, host_to_dial, is_no_tls, tls_for
from .token_source import BadToken

ANSWER_WITHIN: Final = 9.5
"""Seconds to an HTTP answer: just less than the session grants, to say what came instead."""
CLOSE_WITHIN: Final = 3.0
MAX_REDIRECTS: Final = 5
BACKLOG: Final = 16 << 20
"""Bytes that may wait to be written: more is pongs for a server that reads none."""
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

_silent: Final = silent_logger("tutor_widget.websockets")

Locate = Callable[[], Coroutine[Any, Any, Place]]
Notify = Callable[[ev.OfDial], None]


class _Socket(ClientConnection):
    """Reports every byte: pongs never reach `recv`, but are proof of life.

    ``answer`` has the answer to the handshake. `receive` says which messages are binary, since
    `recv` returns them all as bytes.
    """

    heard: Callable[[], None] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answer = Answer()
        # The opcodes of the messages that `receive` has yet to return, incomplete ones included.
        self._opcodes: deque[Opcode] = deque()

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._opcodes.append(event.opcode)
        super().process_event(event)

    async def receive(self) -> tuple[bytes, bool]:
        """The next message, and whether it is binary. Raises ConnectionClosed after the last."""
        # As bytes: one wide character would make 32 MiB of 8 before they are looked at.
        message = await self.recv(decode=False)
        return message, self._opcodes.popleft() is Opcode.BINARY

    @property
    def has_begun(self) -> bool:
        """Whether the way to the server is open, with TLS where it is asked for."""
        return hasattr(self, "transport")

    def data_received(self, data: bytes) -> None:
        if self.heard is not None:
            self.heard()
        super().data_received(self.answer.feed(data))
        if self.transport.get_write_buffer_size() > BACKLOG:
            self.transport.abort()


class _Connect(connect):
    """One attempt. Follows redirects only to where the token may go too (`audience`)."""

    def __init__(
        self,
        place: Place,
        proxy: Proxy | None,
        tls: ssl.SSLContext | None,
        connected: socket.socket | None,
    ) -> None:
        self.seen: _Socket | None = None
        self._by = proxy
        self._redirected = 0
        way = EYEBALLS | host_to_dial(place.url) if connected is None else {"sock": connected}
        super().__init__(
            place.url,
            create_connection=self._make,  # type: ignore[arg-type]
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers=None if place.token is None else _authorization(place.token),
            compression=None,  # 15 KiB a connection instead of 50; text this short gains nothing
            proxy=None if proxy is None else proxy.url.reveal(),
            ssl=tls,
            **way,
            logger=_silent,
            open_timeout=ANSWER_WITHIN,
            ping_interval=None,
            close_timeout=CLOSE_WITHIN,
            max_size=MAX_SERVER_FRAME,
            max_queue=0,  # none waits while one is read: each may have 8 MiB
        )

    def _make(self, *args: Any, **kwargs: Any) -> _Socket:
        self.seen = _Socket(*args, **kwargs)
        return self.seen

    def process_redirect(self, exc: Exception) -> Exception | str:
        """The URL to follow, or the error if the redirect must not be followed."""
        if not isinstance(exc, InvalidStatus) or exc.response.status_code not in _REDIRECTS:
            return exc
        location = None if self.seen is None else self.seen.answer.header("location")
        self._redirected += 1
        if not location or self._redirected > MAX_REDIRECTS:
            return exc
        if (there := redirected(self.uri, location)) is None:
            return exc
        self.seen = None
        return there

    async def ending(self, error: Exception) -> Ending:
        """How the attempt ended that raised this."""
        if self.seen is None:
            return failure(error) if self._by is None else proxy_failure(error, self._by)
        answer = self.seen.answer
        if (status := answer.refusal) is not None:
            return refusal(status, answer, self.uri)
        if answer.is_tls:
            return Ending(Kind.LOST, cause="tls_expected")
        is_in_tls = self.uri.startswith("wss:") and not self.seen.has_begun
        if is_in_tls and await is_no_tls(error, self.uri if self._by is None else None):
            return Ending(Kind.LOST, cause="no_tls")
        return failure(error)


def _authorization(token: Secret) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}


class _BadFrame(Exception):
    """A frame that breaks the protocol; code and reason of the close that follows."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Connection:
    """See the module. Make it on the loop; it dials at once.

    ``locate`` returns where to; ``notify`` takes the events of dial number ``dial``.
    """

    def __init__(self, dial: int, locate: Locate, notify: Notify) -> None:
        self._dial = dial
        self._locate = locate
        self._notify: Notify | None = notify  # None: nothing more is reported
        self._socket: _Socket | None = None
        self._writes: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[None] | None = None
        self._task = asyncio.create_task(self._run())

    # --- what the session asks for --------------------------------------------------------------

    def transmit(self, frame: ClientFrame) -> None:
        """Write a frame behind those written before, without waiting for a stuck socket."""
        if (ws := self._socket) is not None:
            data = encode(frame)
            self._write(lambda: ws.send(data))

    def ping(self) -> None:
        """Write a ping, and report behind how many bytes."""
        if (ws := self._socket) is not None:
            self._write(lambda: self._ping(ws))

    async def _ping(self, ws: _Socket) -> None:
        backlog = ws.transport.get_write_buffer_size()
        self._report_safely(ev.Pinged(self._dial, backlog))
        await ws.ping()

    def _write(self, writing: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def write() -> None:
            # The reader sees the same ending, and reports it.
            with contextlib.suppress(WebSocketException, OSError):
                await writing()

        # Tasks start in the order of their creation, and `send` writes before it first waits.
        task = asyncio.create_task(write())
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)

    def close(self, code: int, reason: str) -> None:
        """Close with a close frame, within `CLOSE_WITHIN` s. Nothing more is reported."""
        self._notify = None
        self._closing = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        if (ws := self._socket) is not None:
            # The library's own timeout does not hold against a peer that stopped reading.
            with contextlib.suppress(WebSocketException, OSError, TimeoutError):
                if self._writes:
                    await asyncio.wait(self._writes, timeout=CLOSE_WITHIN)
                await asyncio.wait_for(ws.close(code, close_reason(reason)), CLOSE_WITHIN)
        self.abort()

    async def closed(self) -> None:
        """Wait until a `close` is done."""
        if self._closing is not None:
            await self._closing

    def abort(self) -> None:
        """Drop it without a close frame. Nothing more is reported."""
        self._notify = None
        if (ws := self._socket) is not None:
            _reset(ws)
        for write in self._writes:
            write.cancel()
        self._task.cancel()

    def abandon(self) -> None:
        """In a forked child: close our copy of the socket, or the parent's could not end."""
        if (ws := self._socket) is not None:
            with contextlib.suppress(OSError):
                os.close(ws.transport.get_extra_info("socket").fileno())

    # --- from dial to ending --------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            ending = await self._live()
        except BadToken as error:
            ending = undialled(Kind.TOKEN, error)
        except Refused as error:  # the address, or the variable that names a proxy
            ending = undialled(Kind.MALFORMED, error)
        except Unreachable as error:
            ending = undialled(Kind.LOST, error)
        except Exception as error:  # noqa: BLE001 - the session must learn that reading ended
            _log(error)
            ending = Ending(Kind.LOST)
        self._end(ending)

    def _end(self, ending: Ending) -> None:
        notify, self._notify = self._notify, None
        if self._socket is not None:
            _reset(self._socket)
        if notify is not None:
            try:
                notify(ev.Dropped(self._dial, ending))
            except Exception as error:  # noqa: BLE001 - there is no caller to raise it in
                _log(error)

    def _report(self, event: ev.OfDial) -> None:
        if self._notify is not None:
            self._notify(event)

    def _report_safely(self, event: ev.OfDial) -> None:
        """Report where nothing may be raised: from the transport, from a write."""
        try:
            self._report(event)
        except Exception as error:  # noqa: BLE001 - see `_run`
            _log(error)
            self._end(Ending(Kind.LOST))

    async def _live(self) -> Ending:
        opened = await self._open()
        if isinstance(opened, Ending):
            return opened
        ws = self._socket = opened
        if self._notify is None:
            return Ending(Kind.LOST)
        if ws.subprotocol != SUBPROTOCOL:
            return Ending(Kind.NO_SUBPROTOCOL)
        ws.heard = lambda: self._report_safely(ev.Heard(self._dial))
        self._report(ev.Opened(self._dial))
        return await self._read(ws)

    async def _open(self) -> _Socket | Ending:
        place = await self._locate()
        self._report(ev.Located(self._dial))
        proxy = None if is_local(place.url) else proxy_for(place.url)
        opening: _Connect | None = None
        try:
            tls = await tls_for(place.url)
            connected = None if place.connect is None else await place.connect()
            opening = _Connect(place, proxy, tls, connected)
            await opening
        except Exception as error:  # noqa: BLE001 - library, TLS, system: all end the attempt
            return failure(error) if opening is None else await opening.ending(error)
        assert opening.seen is not None
        assert opening.seen.request is not None
        opening.seen.request.headers.pop("Authorization", None)
        return opening.seen

    async def _read(self, ws: _Socket) -> Ending:
        code, reason = 1000, ""
        try:
            while True:
                # No variable keeps the frame: the next one may have 8 MiB as well.
                self._take(*await ws.receive())
        except _BadFrame as bad:
            code, reason = bad.code, bad.reason  # frees the frame before we wait
        except ConnectionClosed as over:
            return closure(over)
        return await self._break(ws, code, reason)

    def _take(self, message: bytes, is_binary: bool) -> None:
        if self._notify is None:
            return  # a close is under way, and needs us to go on reading
        if is_binary:
            raise _BadFrame(1003, "binary frames are not spoken here")
        try:
            frame = decode_server(message)
        except ProtocolError as error:
            if not is_utf8(message):
                raise _BadFrame(1007, "not UTF-8") from None
            raise _BadFrame(1002, str(error)) from None
        if frame is not None:
            self._report(ev.Received(self._dial, frame))

    async def _break(self, ws: _Socket, code: int, reason: str) -> Ending:
        with contextlib.suppress(WebSocketException, OSError, TimeoutError):
            await asyncio.wait_for(ws.close(code, close_reason(reason)), CLOSE_WITHIN)
        return Ending(Kind.BROKEN, code, reason)


def _log(error: Exception) -> None:
    """Log where it was raised, but not its text: that may be a learner's, or a token."""
    wordless = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
    report_error("A connection was given up over an error in this program", wordless)


def _reset(ws: _Socket) -> None:
    """Drop the connection so that nothing still in the buffers is delivered later."""
    with contextlib.suppress(OSError, AttributeError):
        raw = ws.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    ws.transport.abort()
    # These are never read, and the library's reference cycles would keep them for long.
    ws.recv_messages.frames.queue.clear()
