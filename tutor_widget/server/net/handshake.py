"""The answer to each HTTP request: paths, health, origins, credentials.

Answers are short plain sentences. No answer and no log line repeats anything of the request. A
request that breaks HTTP or RFC 6455 is *faulty*: it is answered 400, or with the more precise
status that HTTP has for it. Any other exception is the server's own fault and is answered 503.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from tutor_widget.server.auth import Authenticator
from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.wire import SUBPROTOCOL

from .request import FaultyRequestError, only_value, path_of, subprotocols

__all__ = ["Handshake"]

_FAULTY: Final = "This is no valid WebSocket handshake.\n"
_SENTENCES: Final = {
    405: "Only GET is answered here.\n",
    426: "A tutor is spoken to over a WebSocket: open this address with TutorChat.\n",
    505: "A WebSocket needs HTTP/1.1.\n",
}
"""Replace the library's own texts, which quote the request."""


class Handshake:
    """Decides on each HTTP request. An accepted request becomes a WebSocket.

    ``why_not()`` returns why no connection can be opened now, or None. ``can_commit()`` says
    whether the store commits.
    """

    def __init__(
        self,
        settings: Settings,
        authenticator: Authenticator,
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

        Stores the account in ``connection.username``, the attribute that `websockets` has for it.
        Raises nothing.
        """
        try:
            return self._decide(connection, request)
        except FaultyRequestError as error:
            self.note_faulty(400, error.fault)
            return self._answer(connection, 400, f"This request is faulty: {error.fault}.\n")
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
        self.note_faulty(status, type(connection.protocol.handshake_exc).__name__)
        answer = self._answer(connection, status, _SENTENCES.get(status, _FAULTY))
        for name in ("Allow", "Upgrade"):
            if name in response.headers:
                answer.headers[name] = response.headers[name]
        return answer

    def note_faulty(self, status: int, fault: str) -> None:
        """Count and log a faulty request, and the status of its answer."""
        self._metrics.count("rejected", status=str(status))
        log("handshake refused", level="warning", status=status, fault=fault)

    def _answer_own_fault(self, connection: ServerConnection, error: BaseException) -> Response:
        self._metrics.count("rejected", status="503")
        log("handshake failed", level="error", status=503, **where(error, quote=False))
        return self._answer(connection, 503, "The tutor cannot open a connection now.\n")

    def _decide(self, connection: ServerConnection, request: Request) -> Response | None:
        path = path_of(request.path)
        base = self._settings.base_url
        for place in dict.fromkeys(("/", base)):
            if path.startswith(place) and (page := self._page(connection, path[len(place) :])):
                return page
        if path not in (base, base.rstrip("/")):
            return self._reject(connection, 404, "There is no tutor at this address.\n")
        only_value(request.headers, "Host")
        if (only_value(request.headers, "Upgrade") or "").lower() != "websocket":
            return None  # the library answers 426 Upgrade Required
        if (reason := self._why_not()) is not None:
            return self._reject(connection, 503, reason + "\n")
        return self._authorize(connection, request)

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

    def _authorize(self, connection: ServerConnection, request: Request) -> Response | None:
        origin = only_value(request.headers, "Origin")
        credentials = only_value(request.headers, "Authorization")
        offered = subprotocols(request.headers)
        allowed = self._settings.origins
        if origin is not None and "*" not in allowed and origin not in allowed:
            return self._reject(connection, 403, "Pages of this origin may not connect.\n")
        account = self._authenticator.account(credentials)
        if account is None:
            response = self._reject(connection, 401, "A valid bearer token is required.\n")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        if SUBPROTOCOL not in offered:
            self.note_faulty(400, f"offers no {SUBPROTOCOL}")
            return self._answer(connection, 400, f"This server speaks {SUBPROTOCOL} only.\n")
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
