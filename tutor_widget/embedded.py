"""The tutor server that a kernel starts for itself when no other is named.

Here the client and the server meet: `Embedded` is what the client connects to, and `start_embedded`
starts the server on the same loop. The server's modules are imported when it starts, because most
kernels never need them.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tutor_widget.client.loop import report_error
from tutor_widget.client.net.credentials import Credentials
from tutor_widget.client.net.endpoint import Place, Renewal
from tutor_widget.client.shutdown import on_shutdown
from tutor_widget.client.storage.disk import run_on_disk
from tutor_widget.client.storage.folders import is_anothers

from .errors import TutorError, Unreachable, kind_of
from .secret import Secret

if TYPE_CHECKING:
    from .server import Server, Settings, Store, Tutor

__all__ = ["Embedded", "EmbeddedServer", "start_embedded"]


class Embedded:
    """The embedded server as the client's target: one for all chats of the process.

    Other kernels of the same user run such servers too, on the same database: they count as one.
    """

    key = "embedded"
    label = "the tutor built into this notebook"
    credentials = Credentials()

    async def locate(self) -> Place:
        """Start the server if it does not run. Raises Unreachable."""
        if not _running or (_running[-1].done() and _running[-1].exception() is not None):
            _running[:] = [asyncio.create_task(_start())]
        try:
            # Shielded: a dial that is given up must not stop the server for the others.
            server = await asyncio.shield(_running[-1])
        except Exception as error:  # of any kind: the badge shows the reason
            raise _shown(error) from error
        return Place(server.url, connect=server.pairs.connect)

    async def renew(self, refused: Secret | None) -> Renewal:
        """Returns "none": there is no token."""
        return "none"


class EmbeddedServer:
    """A running embedded server. It has no address: only this process can connect to it."""

    def __init__(self, server: Server, store: Store, temporary: Path | None) -> None:
        self._server = server
        self._store = store
        self._temporary = temporary
        self.url = server.url
        """A name for the handshake."""
        self.pairs = server.pairs
        """How clients connect."""

    async def close(self) -> None:
        """Close connections (1012), finish or hand over replies within 10 s, close the database."""
        try:
            await self._server.close()
            await self._store.close()
        finally:  # at the end of a process the store's threads may be gone
            if self._temporary is not None:
                await run_on_disk(shutil.rmtree, self._temporary, True)  # errors are ignored


async def start_embedded(
    database: Path | str | None = None,
    tutor: Tutor | None = None,
    settings: Settings | None = None,
) -> EmbeddedServer:
    """Start a server on the running loop, for clients in this process only.

    ``database`` defaults to `default_database`; several kernels may use one at the same time.
    ``tutor`` defaults to the lesson tutor. Raises StoreError if the database cannot be opened.
    """
    # All chats of the kernel are on this loop: whatever reads files runs on a thread.
    await asyncio.to_thread(_import_server)
    from tutor_widget.server.metrics import NoMetrics

    from .server import Server, Settings, open_store

    temporary: Path | None = None
    if database is None:
        own = await asyncio.to_thread(_own_database)
        database, temporary = own
    if tutor is None:
        tutor = await asyncio.to_thread(_lesson_tutor)
    store = await open_store(database)
    try:
        server = Server(
            store,
            tutor,
            # A kernel that is shut down has no time: the next kernel answers what is left.
            dataclasses.replace(settings or Settings(drain=0.5), single_user=True),
            host=None,
            metrics=NoMetrics(),
        )
        await server.start()
    except BaseException:
        await store.close()
        raise
    return EmbeddedServer(server, store, temporary)


_running: list[asyncio.Task[EmbeddedServer]] = []
"""The server of this process, or the start of it; at most one."""


def _forget() -> None:
    """In a forked child, which starts a server of its own: close our copies of the sockets."""
    for starting in _running:
        if starting.done() and not starting.cancelled() and starting.exception() is None:
            starting.result().pairs.abandon()
    _abandoned.extend(_running)
    _running.clear()


_abandoned: list[asyncio.Task[EmbeddedServer]] = []
"""Kept for ever: collecting them would use a loop that does not run here."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)

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


def _own_database() -> tuple[Path, Path | None]:
    """The user's database, or one of this process in a folder that goes with it."""
    from tutor_widget.server.store.sqlite.filesystem import default_database

    if is_anothers():
        temporary = Path(tempfile.mkdtemp(prefix="tutor_widget-"))
        return temporary / "tutor.sqlite", temporary
    return default_database(), None


def _lesson_tutor() -> Tutor:
    from tutor_widget.server.tutors.lesson import LessonTutor

    return LessonTutor()
