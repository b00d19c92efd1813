"""The page of metrics: on the server's own listener on loopback, else on a port of its own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from tutor_widget.server.metrics import Metrics

__all__ = ["answer_metrics_only", "metrics_page"]

_PATH: Final = "/metrics"


def metrics_page(connection: ServerConnection, metrics: Metrics) -> Response | None:
    """All metrics as Prometheus text (format 0.0.4); None if nothing is measured."""
    if not (text := metrics.render()):
        return None
    response = connection.respond(HTTPStatus.OK, text)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    return response


def answer_metrics_only(
    connection: ServerConnection, request: Request, metrics: Metrics
) -> Response:
    """The answer of a listener that has this page and no other."""
    page = metrics_page(connection, metrics) if urlsplit(request.path).path == _PATH else None
    return page or connection.respond(HTTPStatus.NOT_FOUND, f"Only {_PATH} is here.\n")
