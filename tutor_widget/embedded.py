"""The tutor server that a kernel starts for itself when no other is named.

Here the client and the server meet: `Embedded` is what the client connects to, and `start_embedded`
starts the server on the same loop. The server's modules are imported when it starts, because most
kernels never need them.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import secrets
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tutor_widget.client.loop import report_error
from tutor_widget.client.net.credentials import Credentials
from tutor_widget.client.net.endpoint import Renewal
from tutor_widget.client.shutdown import on_shutdown
from tutor_widget.client.storage.folders import is_anothers

from .errors import TutorError, Unreachable, kind_of
from .secret import Secret

if TYPE_CHECKING:
    from .server import Server, Settings, Store, Tutor

__all__ = ["Embedded", "EmbeddedServer", "start_embedded"]


class Embedded:
    """The embedded server as the client's target: one for all chats of the process.

    Other kernels of the same user run such servers too, on the same database. Whatever their ports,
    they count as one server.
    """

    key = "embedded"
    label = "the tutor built into this notebook"
    credentials = Credentials()

    async def locate(self) -> tuple[str, Secret | None]:
        """Start the server if it does not run; returns its URL and token. Raises Unreachable."""
        starting = _running.get(os.getpid())
        if starting is None or (starting.done() and starting.exception() is not None):
            starting = _running[os.getpid()] = asyncio.create_task(_start())
        try:
            # Shielded: a dial that is given up must not stop the server for the others.
            server = await asyncio.shield(starting)
        except Exception as error:  # of any kind: the badge shows the reason
            raise _shown(error) from error
        return server.url, Secret(server.token)

    async def renew(self, refused: Secret | None) -> Renewal:
        """Returns "none": the token does not change while the server runs."""
        return "none"


class EmbeddedServer:
    """A running embedded server. ``token`` is a secret: keep it out of traits, logs and URLs."""

    def __init__(self, server: Server, store: Store, token: str) -> None:
        self._server = server
        self._store = store
        self.token = token

    @property
    def url(self) -> str:
        """``ws://127.0.0.1:PORT/``"""
        return self._server.url

    async def close(self) -> None:
        """Close connections (1012), finish or hand over replies within 10 s, close the database."""
        await self._server.close()
        await self._store.close()


async def start_embedded(
    database: Path | str | None = None,
    tutor: Tutor | None = None,
    settings: Settings | None = None,
) -> EmbeddedServer:
    """Start a server on the running loop, at 127.0.0.1, a random port and with a random token.

    ``database`` defaults to `default_database`; several kernels may use one at the same time.
    ``tutor`` defaults to the lesson tutor. Raises StoreError if the database cannot be opened.
    """
    # All chats of the kernel are on this loop: whatever reads files runs on a thread.
    await asyncio.to_thread(_import_server)
    from tutor_widget.server.auth import TokenAuthenticator
    from tutor_widget.server.metrics import NoMetrics

    from .server import Server, Settings, open_store

    if database is None:
        database = await asyncio.to_thread(_own_database)
    if tutor is None:
        tutor = await asyncio.to_thread(_lesson_tutor)
    store = await open_store(database)
    try:
        token = secrets.token_urlsafe(16)
        server = Server(
            store,
            tutor,
            # A kernel that is shut down has no time: the next kernel answers what is left.
            dataclasses.replace(settings or Settings(drain=0.5), single_user=True),
            authenticator=TokenAuthenticator({"": token}),
            metrics=NoMetrics(),
        )
        await server.start()
    except BaseException:
        await store.close()
        raise
    return EmbeddedServer(server, store, token)


_running: dict[int, asyncio.Task[EmbeddedServer]] = {}
"""By process id: a forked child starts a server of its own."""


_reported: set[str] = set()
"""Failed starts that the log has: each dial starts anew, and most fail in the same way."""


async def _start() -> EmbeddedServer:
    try:
        server = await start_embedded()
    except Exception as error:
        if (said := repr(error)) not in _reported:
            _reported.add(said)
            report_error("The embedded tutor cannot start", error)
        raise
    on_shutdown(server.close)
    return server


def _shown(error: Exception) -> Unreachable:
    """The error for those who see the notebook: no text of it, and no folder of this machine."""
    if isinstance(error, TutorError) and error.code:
        args = dict(error.params)
        if "file" in args:
            args |= {"file": Path(args["file"]).name}
        if "detail" in args:
            args |= {"detail": _category(error)}
        return Unreachable(code=error.code, **args)
    return Unreachable(code="embedded_failed", detail=_category(error))


def _category(error: BaseException) -> str:
    """What kind of error it is. Its text is for the log: it may hold a path or a secret."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            return kind_of(cause)
        if isinstance(cause, sqlite3.Error) and (name := getattr(cause, "sqlite_errorname", "")):
            return str(name)
        cause = cause.__cause__
    return kind_of(error)


def _import_server() -> None:
    import tutor_widget.server  # noqa: F401 - with all that `start_embedded` names


def _own_database() -> Path:
    from tutor_widget.server.store.sqlite.filesystem import default_database

    if is_anothers():  # a database of this process, then: what is said is gone with it
        return Path(tempfile.mkdtemp(prefix="tutor_widget-")) / "tutor.sqlite"
    return default_database()


def _lesson_tutor() -> Tutor:
    from tutor_widget.server.tutors.lesson import LessonTutor

    return LessonTutor()
