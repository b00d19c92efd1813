"""The sockets of one server: it makes them, counts them, and bounds their number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .socket import Progress, Socket

__all__ = ["Sockets"]

_UNREAD_BESIDE: Final = 64
"""Sockets beside ``most`` from which a request may be read, so that it is answered 503."""


class Sockets:
    """Makes sockets, for ``create_connection`` of `websockets`.

    At most ``most`` clients are connected at the same time; 0 is no limit. Sockets that send no
    request take no client's place: when they are too many, the oldest of them is cut.
    ``faulty`` is that of `Socket`.
    """

    def __init__(self, most: int, faulty: Callable[[Socket, int, str], None]) -> None:
        self._most = most
        self._faulty = faulty
        self._open = 0
        self._unread: dict[Socket, None] = {}
        """Sockets whose request has not been read yet, oldest first."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Socket:
        return Socket(*arguments, faulty=self._faulty, on_progress=self._note, **keywords)

    @property
    def are_too_many(self) -> bool:
        """Whether the server has more clients than it may, the one that asks included."""
        return 0 < self._most < self._open - len(self._unread)

    def _note(self, socket: Socket, progress: Progress) -> None:
        match progress:
            case "connected":
                self._open += 1
                self._unread[socket] = None
                if 0 < self._most < self._open - _UNREAD_BESIDE:
                    next(iter(self._unread)).transport.abort()
            case "read":
                self._unread.pop(socket, None)
            case "lost":
                self._open -= 1
                self._unread.pop(socket, None)
