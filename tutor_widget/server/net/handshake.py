"""The answer to each HTTP request: paths, health, origins, credentials.

Answers are short plain sentences. No answer and no log line repeats anything of the request. A
request that breaks HTTP or RFC 6455 is *faulty*: it is answered 400, or with the more precise
status that HTTP has for it. Any other exception is the server's own fault and is answered 503.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, cast
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from tutor_widget.network import is_loopback
from tutor_widget.server.auth import Authenticator, Denied
from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.wire import SUBPROTOCOL

from .address import client_address, is_one_of
from .metrics_page import metrics_page
from .request import (
    FaultyRequestError,
    check_size,
    host_of,
    is_forwarded,
    joined,
    only_value,
    path_of,
    subprotocols,
    trace_of,
)
from .socket import Socket

__all__ = ["Handshake"]

_CHECKED_WITHIN: Final = 8.0
"""Seconds for the check of credentials, so that the client gets an answer within ten."""
_OTHER_HOST: Final = (
    "This server is for this machine, as localhost. A proxy in front of it has to be named with "
    "--trusted-proxies.\n"
)
_FAULTY: Final = "This is no valid WebSocket handshake.\n"
_SENTENCES: Final = {
    405: "Only GET is answered here.\n",
    426: "A tutor is spoken to over a WebSocket: open this address with TutorChat.\n",
    505: "A WebSocket needs HTTP/1.1.\n",
}
"""Replace the library's own texts, which quote the request."""


class Handshake:
    """Decides on each HTTP request. An accepted request becomes a WebSocket.

    ``why_not()`` returns why no connection can be opened now, or None: a sentence for learners.
    ``why_unready()`` returns why clients should be routed elsewhere, or None: a sentence for
    operators. ``on_loopback`` says that the server listens for this machine only:
    then it answers to no other name, which a page may have made point here (DNS rebinding).
    """

    def __init__(
        self,
        settings: Settings,
        authenticator: Authenticator,
        metrics: Metrics,
        why_not: Callable[[], str | None],
        why_unready: Callable[[], str | None],
        *,
        on_loopback: bool,
    ) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self._metrics = metrics
        self._why_not = why_not
        self._why_unready = why_unready
        self._on_loopback = on_loopback
        self._pages = {urlsplit(origin).hostname for origin in settings.origins}
        """The hosts whose pages may connect."""
        self._under_way = 0
        """Handshakes whose credentials are being checked."""

    async def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        """For ``process_request``: an answer, or None to go on with the handshake.

        Stores account and owner of the limits in the connection, a `Socket`. Raises nothing.
        """
        socket = cast("Socket", connection)
        socket.trace = trace_of(request.headers)
        try:
            return await self._decide(socket, request)
        except FaultyRequestError as error:
            self.note_faulty(socket, error.status, error.fault)
            text = f"This request is faulty: {error.fault}.\n"
            return self._answer(connection, error.status, text)
        except Exception as error:  # noqa: BLE001  # every other exception is the server's fault
            return self._answer_own_fault(connection, error)

    def review(
        self, connection: ServerConnection, request: Request, response: Response
    ) -> Response | None:
        """For ``process_response``: replace what the library answers by itself with our form."""
        if response.status_code == 101 or not connection.protocol.accept_called:
            return None
        if response.status_code == 500:
            return self._answer_own_fault(
                connection, connection.protocol.handshake_exc or RuntimeError("handshake")
            )
        status = response.status_code
        self.note_faulty(
            cast("Socket", connection), status, type(connection.protocol.handshake_exc).__name__
        )
        answer = self._answer(connection, status, _SENTENCES.get(status, _FAULTY))
        for name in ("Allow", "Upgrade"):
            if name in response.headers:
                answer.headers[name] = response.headers[name]
        return answer

    def note_faulty(self, socket: Socket, status: int, fault: str) -> None:
        """Count and log a faulty request, and the status of its answer."""
        self._metrics.count("rejected", status=str(status))
        log("handshake refused", level="warning", **socket.facts, status=status, fault=fault)

    def _answer_own_fault(self, connection: ServerConnection, error: BaseException) -> Response:
        self._metrics.count("rejected", status="503")
        facts = cast("Socket", connection).facts | where(error, quote=False)
        log("handshake failed", level="error", status=503, **facts)
        return self._answer(connection, 503, "The tutor cannot open a connection now.\n")

    async def _decide(self, connection: Socket, request: Request) -> Response | None:
        check_size(request.headers)
        path = path_of(request.path)
        if self._on_loopback and not self._is_called(connection, host_of(request.headers)):
            return self._reject(connection, 403, _OTHER_HOST)
        base = self._settings.base_url
        for place in dict.fromkeys(("/", base)):
            if path.startswith(place) and (
                page := self._page(connection, path[len(place) :], request.headers)
            ):
                return page
        if path not in (base, base.rstrip("/")):
            return self._reject(connection, 404, "There is no tutor at this address.\n")
        only_value(request.headers, "Host")
        if (only_value(request.headers, "Upgrade") or "").lower() != "websocket":
            return None  # the library answers 426 Upgrade Required
        if (reason := self._why_not()) is not None:
            return self._reject(connection, 503, reason + "\n")
        if 0 < self._settings.handshakes <= self._under_way:
            return self._reject(connection, 503, "Too many clients are connecting.\n")
        self._under_way += 1
        try:
            return await self._authorize(connection, request)
        finally:
            self._under_way -= 1

    def _is_called(self, connection: ServerConnection, host: str | None) -> bool:
        """Whether a server on loopback may answer to this name."""
        if host is None or is_loopback(host) or host in self._pages:
            return True
        trusted = self._settings.trusted_proxies
        return "*" in self._settings.origins or is_one_of(_peer(connection), trusted)

    def _page(self, connection: ServerConnection, name: str, headers: Headers) -> Response | None:
        match name:
            case "healthz":
                return connection.respond(HTTPStatus.OK, "alive\n")
            case "readyz" if (reason := self._why_unready()) is not None:
                return self._answer(connection, 503, reason + "\n")
            case "readyz":
                return connection.respond(HTTPStatus.OK, "ready\n")
            # protocol.md §7. A proxy of this machine would show it to the world.
            case "metrics" if self._on_loopback and not is_forwarded(headers):
                return metrics_page(connection, self._metrics)
            case _:
                return None

    async def _authorize(self, connection: Socket, request: Request) -> Response | None:
        origin = only_value(request.headers, "Origin")
        only_value(request.headers, "Authorization")
        offered = subprotocols(request.headers)
        allowed = self._settings.origins
        if origin is not None and "*" not in allowed and origin not in allowed:
            return self._reject(connection, 403, "Pages of this origin may not connect.\n")
        async with asyncio.timeout(_CHECKED_WITHIN):
            account = await self._authenticator.authenticate(joined(request.headers))
        if isinstance(account, Denied):
            return self._deny(connection, account)
        if SUBPROTOCOL not in offered:
            self.note_faulty(connection, 400, f"offers no {SUBPROTOCOL}")
            return self._answer(connection, 400, f"This server speaks {SUBPROTOCOL} only.\n")
        connection.account = account
        connection.owner = account.name or self._address(connection, request)
        return None

    def _address(self, connection: Socket, request: Request) -> str:
        forwarded = request.headers.get_all("X-Forwarded-For")
        return client_address(_peer(connection), forwarded, self._settings.trusted_proxies)

    def _deny(self, connection: ServerConnection, denied: Denied) -> Response:
        response = self._reject(connection, denied.status, denied.reason + "\n")
        if denied.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        if denied.retry_after is not None:
            response.headers.pop("Retry-After", None)
            response.headers["Retry-After"] = str(max(0, math.ceil(denied.retry_after)))
        return response

    def _reject(self, connection: ServerConnection, status: int, text: str) -> Response:
        self._metrics.count("rejected", status=str(status))
        return self._answer(connection, status, text)

    def _answer(self, connection: ServerConnection, status: int, text: str) -> Response:
        response = connection.respond(HTTPStatus(status), text)
        if status == 503:
            response.headers["Retry-After"] = str(max(1, round(self._settings.retry_after)))
        return response


def _peer(connection: ServerConnection) -> str:
    """The address of the other end, or "" where it has none."""
    peer = connection.remote_address
    return str(peer[0]) if peer else ""
