"""What happens before the WebSocket: paths, origins, credentials, health.

Answers are short plain sentences; none repeats anything of the request, and neither does a log
line. A request that breaks HTTP or RFC 6455 is *faulty* and is answered 400 (where HTTP has a more
precise status, that one). Any other exception is a fault of this server and is answered 503.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers, MultipleValuesError
from websockets.exceptions import InvalidHeader
from websockets.headers import parse_subprotocol
from websockets.http11 import Request, Response

from tutor_widget.server.auth.tokens import TokenAuthenticator
from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.wire import SUBPROTOCOL

__all__ = ["Handshake"]

# RFC 3986 §3.3 and RFC 9112 §3.2; in a query more is common than is allowed.
_PATH: Final = re.compile(r"((?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)(?:\?[!-~]*)?")
_SCHEMES: Final = frozenset({"http", "https", "ws", "wss"})
_FAULTY: Final = "This is no valid WebSocket handshake.\n"
_SENTENCES: Final = {
    405: "Only GET is answered here.\n",
    426: "A tutor is spoken to over a WebSocket: open this address with TutorChat.\n",
    505: "A WebSocket needs HTTP/1.1.\n",
}
"""What is said in place of the library's own words, which quote the request."""


class _FaultyRequestError(Exception):
    """A request that may not be. ``fault`` names what is wrong, in words of ours."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Handshake:
    """Decides over each HTTP request; what it lets through becomes a WebSocket."""

    def __init__(
        self,
        settings: Settings,
        authenticator: TokenAuthenticator,
        metrics: Metrics,
        why_not: Callable[[], str | None],
        can_commit: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self._metrics = metrics
        self._why_not = why_not
        self._can_commit = can_commit

    def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        """For ``process_request``: an answer, or None to go on with the handshake.

        Leaves the account in ``connection.username``, where `websockets` keeps such names.
        Raises nothing.
        """
        try:
            return self._decide(connection, request)
        except _FaultyRequestError as error:
            self.note_faulty(400, error.fault)
            return self._answer(connection, 400, f"This request is faulty: {error.fault}.\n")
        except Exception as error:  # noqa: BLE001  # whatever it is, it is not the client's fault
            return self._apologise(connection, error)

    def review(
        self, connection: ServerConnection, request: Request, response: Response
    ) -> Response | None:
        """For ``process_response``: what the library refuses by itself is answered as ours is."""
        if response.status_code == 101 or not connection.protocol.accept_called:
            return None
        if response.status_code == 500:
            return self._apologise(
                connection, connection.protocol.handshake_exc or RuntimeError("handshake")
            )
        status = response.status_code
        self.note_faulty(status, type(connection.protocol.handshake_exc).__name__)
        answer = self._answer(connection, status, _SENTENCES.get(status, _FAULTY))
        for name in ("Allow", "Upgrade"):
            if name in response.headers:
                answer.headers[name] = response.headers[name]
        return answer

    def note_faulty(self, status: int, fault: str) -> None:
        """Count and log a request that was answered with this status because it was faulty."""
        self._metrics.count("rejected", status=str(status))
        log("handshake refused", level="warning", status=status, fault=fault)

    def _apologise(self, connection: ServerConnection, error: BaseException) -> Response:
        self._metrics.count("rejected", status="503")
        log("handshake failed", level="error", status=503, **where(error, quote=False))
        return self._answer(connection, 503, "The tutor cannot open a connection now.\n")

    def _decide(self, connection: ServerConnection, request: Request) -> Response | None:
        path = _path_of(request.path)
        base = self._settings.base_url
        for place in dict.fromkeys(("/", base)):
            if path.startswith(place) and (page := self._page(connection, path[len(place) :])):
                return page
        if path not in (base, base.rstrip("/")):
            return self._reject(connection, 404, "There is no tutor at this address.\n")
        _only(request.headers, "Host")
        if (_only(request.headers, "Upgrade") or "").lower() != "websocket":
            return None  # the library answers 426 Upgrade Required
        if (reason := self._why_not()) is not None:
            return self._reject(connection, 503, reason + "\n")
        return self._judge(connection, request)

    def _page(self, connection: ServerConnection, name: str) -> Response | None:
        match name:
            case "healthz":
                return connection.respond(HTTPStatus.OK, "alive\n")
            case "readyz" if self._why_not() is None and self._can_commit():
                return connection.respond(HTTPStatus.OK, "ready\n")
            case "readyz":
                return self._answer(connection, 503, "not ready\n")
            case "metrics" if text := self._metrics.render():
                response = connection.respond(HTTPStatus.OK, text)
                del response.headers["Content-Type"]
                response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
                return response
            case _:
                return None

    def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        origin = _only(request.headers, "Origin")
        credentials = _only(request.headers, "Authorization")
        offered = _subprotocols(request.headers)
        allowed = self._settings.origins
        if origin is not None and "*" not in allowed and origin not in allowed:
            return self._reject(connection, 403, "Pages of this origin may not connect.\n")
        account = self._authenticator.account(credentials)
        if account is None:
            response = self._reject(connection, 401, "A valid bearer token is required.\n")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        if SUBPROTOCOL not in offered:
            return self._reject(connection, 400, f"This server speaks {SUBPROTOCOL} only.\n")
        connection.username = account
        return None

    def _reject(self, connection: ServerConnection, status: int, text: str) -> Response:
        self._metrics.count("rejected", status=str(status))
        return self._answer(connection, status, text)

    def _answer(self, connection: ServerConnection, status: int, text: str) -> Response:
        response = connection.respond(HTTPStatus(status), text)
        if status == 503:
            response.headers["Retry-After"] = str(max(1, round(self._settings.retry_after)))
        return response


def _path_of(target: str) -> str:
    """The path of a request's target, in origin-form or absolute-form (RFC 9112 §3.2)."""
    if not target.startswith("/"):
        try:
            parts = urlsplit(target)
        except ValueError:
            raise _FaultyRequestError("its target is no address") from None
        if parts.scheme not in _SCHEMES or not parts.netloc or not target.isprintable():
            raise _FaultyRequestError("its target is no address")
        target = target[target.index("//") + 2 + len(parts.netloc) :] or "/"
    if (found := _PATH.fullmatch(target)) is None:
        raise _FaultyRequestError("its target is no address")
    return found[1] or "/"


def _only(headers: Headers, name: str) -> str | None:
    """The value of a header that may come once at most; None if it does not come."""
    try:
        return headers.get(name)
    except MultipleValuesError:
        raise _FaultyRequestError(f"it has more than one {name}") from None


def _subprotocols(headers: Headers) -> list[str]:
    try:
        return [
            name
            for header in headers.get_all("Sec-WebSocket-Protocol")
            for name in parse_subprotocol(header)
        ]
    except InvalidHeader:
        raise _FaultyRequestError("its Sec-WebSocket-Protocol is no list of names") from None
