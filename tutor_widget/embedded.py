"""The tutor server that a kernel starts for itself when it is told of no other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from tutor_widget.client.credentials import Credentials
from tutor_widget.client.endpoint import Renewal

from .client import loop as background
from .errors import Unreachable

if TYPE_CHECKING:
    from tutor_widget.server.embedded import Embedded as EmbeddedServer

_running: dict[int, asyncio.Task[EmbeddedServer]] = {}
"""By process: a forked child's is its own."""


class Embedded:
    """The target for it: one server for all chats of the process, and one name for all of them.

    Other kernels of the same user run such servers too, on the same database: whatever the port,
    they count as one server.
    """

    key = "embedded"
    label = "the tutor built into this notebook"
    credentials = Credentials()

    async def locate(self) -> tuple[str, str | None]:
        """Start the server if it does not run; where it listens, and its token."""
        starting = _running.get(os.getpid())
        if starting is None or (starting.done() and starting.exception() is not None):
            starting = _running[os.getpid()] = asyncio.create_task(_start())
        try:
            # Shielded: giving up one try must not take the server from under the others.
            server = await asyncio.shield(starting)
        except Exception as error:  # whatever it is, the badge must say it
            raise Unreachable(code="embedded_failed", detail=str(error)) from error
        return server.url, server.token

    async def renew(self) -> Renewal:
        """Its token never changes while it runs."""
        return "none"


async def _start() -> EmbeddedServer:
    start_embedded = await asyncio.to_thread(_server)
    server = await start_embedded()
    background.at_end(server.close)
    return server


def _server() -> Callable[[], Coroutine[Any, Any, EmbeddedServer]]:
    """Import it: on a thread, because that reads files, and only for those who need it."""
    from tutor_widget.server.embedded import start_embedded

    return start_embedded
