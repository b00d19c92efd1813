"""How connections come in: at an address, or by pairs of sockets that nobody else can reach."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, cast
from weakref import WeakSet

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from tutor_widget.network import silent_logger
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import BadSetting
from tutor_widget.wire import MAX_CLIENT_FRAME, SUBPROTOCOL

from .handshake import Handshake
from .metrics_page import answer_metrics_only
from .sockets import Sockets

__all__ = ["CannotListen", "Pairs", "listen", "listen_for_metrics"]

_OPEN_TIMEOUT: Final = 10
"""Seconds from a connection to the end of its handshake."""
_silent: Final = silent_logger("tutor_widget.server.websockets")


class CannotListen(BadSetting):
    """The server cannot listen on its address. The text says why, and what to do."""

    def __init__(self, host: str, port: int, error: OSError | ValueError) -> None:
        match error:
            case socket.gaierror():
                advice = "This name has no address here. Name an address of this machine."
            case OSError(errno=errno.EADDRINUSE):
                advice = "Is another server running there? Take another port, or 0 for a free one."
            case OSError(errno=errno.EADDRNOTAVAIL):
                advice = "This machine has no such address. Name one that it has, or 127.0.0.1."
            case OSError(errno=errno.EACCES | errno.EPERM):
                advice = "This user may not listen there. Take a port from 1024 on."
            case _:
                advice = "Take another host or port."
        why = getattr(error, "strerror", None) or error
        super().__init__(f"cannot listen on {host} port {port}: {why}. {advice}")


class Pairs:
    """In the place of an ``asyncio.Server``: each connection is a pair of connected sockets.

    So no other user and no other program of this machine can reach the server. ``protocol``
    returns what handles the server's end of a connection. Make it on the loop.
    """

    sockets: tuple[socket.socket, ...] = ()
    """There is no address to connect to."""

    def __init__(self, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._is_open = True
        self._ours: WeakSet[socket.socket] = WeakSet()

    async def connect(self) -> socket.socket:
        """The client's end of a new connection. Raises ConnectionRefusedError once closed."""
        if not self._is_open:
            raise ConnectionRefusedError("the server is closed")
        theirs, ours = socket.socketpair()
        try:
            await self._loop.connect_accepted_socket(self._protocol, ours)
        except BaseException:  # also when the dial is given up meanwhile
            theirs.close()
            ours.close()
            raise
        self._ours.add(ours)
        return theirs

    def abandon(self) -> None:
        """In a forked child: close our copies of the sockets, or the parent's could not end."""
        for sock in self._ours:
            sock.close()

    def close(self) -> None:
        """Take no new connections."""
        self._is_open = False

    def is_serving(self) -> bool:
        return self._is_open

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    async def wait_closed(self) -> None:
        """Returns at once: `websockets` waits for the connections."""


async def listen(
    address: tuple[str, int] | None,
    handle: Callable[[ServerConnection], Awaitable[None]],
    handshake: Handshake,
    sockets: Sockets,
    close_timeout: float,
) -> Server:
    """Take connections at host and port, or with None only by `Pairs.connect`.

    Raises CannotListen if the system refuses the address.
    """
    host, port = address or (None, None)
    options: dict[str, Any] = {
        "ping_interval": None,  # `Outbound` pings, and tells silence from a full pipe
        "close_timeout": close_timeout,
        "max_queue": 1,  # the next frames wait at the client
    }
    listening = serve(
        handle,
        host,
        port,
        process_request=handshake,
        process_response=handshake.review,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        compression=None,
        open_timeout=_OPEN_TIMEOUT,
        max_size=MAX_CLIENT_FRAME,
        create_connection=cast("type[ServerConnection]", sockets),  # any callable will do
        server_header=None,
        logger=_silent,
        **options,
    )
    if address is None:
        listening.create_server = partial(_pairs, sockets, listening, options)
    try:
        return await listening
    except (OSError, ValueError) as error:  # ValueError: no valid host name
        raise CannotListen(str(host), port or 0, error) from error


async def listen_for_metrics(host: str, port: int, metrics: Metrics) -> Server:
    """Serve the page of metrics, and no other, at host and port. Close what is returned.

    Raises CannotListen if the system refuses the address.
    """
    try:
        return await serve(
            _take_nobody,
            host,
            port,
            process_request=partial(answer_metrics_only, metrics=metrics),
            open_timeout=_OPEN_TIMEOUT,
            server_header=None,
            logger=_silent,
        )
    except (OSError, ValueError) as error:  # ValueError: no valid host name
        raise CannotListen(host, port, error) from error


async def _take_nobody(connection: ServerConnection) -> None:
    """No handshake gets this far."""


async def _pairs(sockets: Sockets, listening: Server, options: dict[str, Any]) -> Any:
    """`Pairs` of the same connections that `serve` makes for an ``asyncio.Server``."""

    def protocol() -> ServerConnection:
        rules = ServerProtocol(
            subprotocols=[Subprotocol(SUBPROTOCOL)], max_size=MAX_CLIENT_FRAME, logger=_silent
        )
        return sockets(rules, listening, **options)

    return Pairs(protocol)
