"""Servers that refuse, close at once, or are no tutors: `with closing_with(4403) as url: …`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from websockets.datastructures import Headers
from websockets.http11 import Response
from websockets.sync.server import ServerConnection, serve

from tutor_widget.wire import SUBPROTOCOL


@contextmanager
def answering(status: int) -> Iterator[str]:
    """An HTTP server that answers every handshake with this status."""

    def refuse(*_: object) -> Response:
        return Response(status, HTTPStatus(status).phrase, Headers({"Content-Length": "0"}))

    with _running(_ignore, process_request=refuse) as url:
        yield url


@contextmanager
def closing_with(code: int) -> Iterator[str]:
    """A tutor's server that closes with this code after the hello."""

    def close(link: ServerConnection) -> None:
        link.recv()
        link.close(code)

    with _running(close, subprotocols=[SUBPROTOCOL]) as url:
        yield url


@contextmanager
def without_subprotocol() -> Iterator[str]:
    """A WebSocket server of another kind."""

    def agree(*_: object) -> None:
        return None

    with _running(_ignore, select_subprotocol=agree) as url:
        yield url


@contextmanager
def _running(handler: Any, **options: Any) -> Iterator[str]:
    with serve(handler, "127.0.0.1", 0, **options) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        finally:
            server.shutdown()
            thread.join(60)


def _ignore(link: ServerConnection) -> None:
    for _ in link:
        pass
