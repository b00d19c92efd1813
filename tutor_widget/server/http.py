"""What happens before the WebSocket: paths, origins, credentials, health.

Answers are short plain sentences; none repeats anything of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.headers import parse_subprotocol
from websockets.http11 import Request, Response

from ..wire import SUBPROTOCOL
from .auth import Doorkeeper
from .metrics import Metrics
from .settings import Settings

__all__ = ["FrontDoor"]


class FrontDoor:
    """Decides over each HTTP request; what it lets through becomes a WebSocket."""

    def __init__(
        self,
        settings: Settings,
        doorkeeper: Doorkeeper,
        metrics: Metrics,
        why_not: Callable[[], str | None],
        can_commit: Callable[[], bool],
    ) -> None:
        self._settings = settings
        self._doorkeeper = doorkeeper
        self._metrics = metrics
        self._why_not = why_not
        self._can_commit = can_commit

    def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        """For ``process_request``: an answer, or None to go on with the handshake.

        Leaves the account in ``connection.username``, where `websockets` keeps such names.
        """
        path = urlsplit(request.path).path
        base = self._settings.base_url
        for place in dict.fromkeys(("/", base)):
            if path.startswith(place) and (page := self._page(connection, path[len(place) :])):
                return page
        if path not in (base, base.rstrip("/")):
            return self._reject(connection, 404, "There is no tutor at this address.\n")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return None  # websockets answers 426 Upgrade Required
        if (reason := self._why_not()) is not None:
            response = self._reject(connection, 503, reason + "\n")
            response.headers["Retry-After"] = str(max(1, round(self._settings.retry_after)))
            return response
        return self._judge(connection, request)

    def _page(self, connection: ServerConnection, name: str) -> Response | None:
        match name:
            case "healthz":
                return connection.respond(HTTPStatus.OK, "alive\n")
            case "readyz" if self._why_not() is None and self._can_commit():
                return connection.respond(HTTPStatus.OK, "ready\n")
            case "readyz":
                return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "not ready\n")
            case "metrics":
                response = connection.respond(HTTPStatus.OK, self._metrics.render())
                del response.headers["Content-Type"]
                response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
                return response
            case _:
                return None

    def _judge(self, connection: ServerConnection, request: Request) -> Response | None:
        origin = request.headers.get("Origin")
        allowed = self._settings.origins
        if origin is not None and "*" not in allowed and origin not in allowed:
            return self._reject(connection, 403, "Pages of this origin may not connect.\n")
        account = self._doorkeeper.account(request.headers.get("Authorization"))
        if account is None:
            response = self._reject(connection, 401, "A valid bearer token is required.\n")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        offered = [
            name
            for header in request.headers.get_all("Sec-WebSocket-Protocol")
            for name in parse_subprotocol(header)
        ]
        if SUBPROTOCOL not in offered:
            return self._reject(connection, 400, f"This server speaks {SUBPROTOCOL} only.\n")
        connection.username = account
        return None

    def _reject(self, connection: ServerConnection, status: int, text: str) -> Response:
        self._metrics.count("rejected", status=str(status))
        return connection.respond(HTTPStatus(status), text)
