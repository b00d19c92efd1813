"""The tutor inside a notebook's kernel: on loopback, for this kernel only."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from tutor_widget.server.auth import SHARED, TokenAuthenticator
from tutor_widget.server.store.sqlite import SQLiteStore

from .metrics import NoMetrics
from .server import Server
from .settings import Settings
from .tutors import Tutor

__all__ = ["Embedded", "default_database", "start_embedded"]


class Embedded:
    """A running embedded tutor. ``token`` is a secret: keep it out of traits, logs and URLs."""

    def __init__(self, server: Server, store: SQLiteStore, token: str) -> None:
        self._server = server
        self._store = store
        self.token = token

    @property
    def url(self) -> str:
        """``ws://127.0.0.1:PORT/``"""
        return self._server.url

    async def close(self) -> None:
        """Close connections (1012), finish or hand over replies within 10 s, let the file go."""
        await self._server.close()
        await self._store.close()


async def start_embedded(
    database: Path | str | None = None,
    tutor: Tutor | None = None,
    settings: Settings | None = None,
) -> Embedded:
    """Start a tutor on the running loop, on 127.0.0.1, a random port and a random token.

    ``database`` is `default_database` unless given; several kernels may use one at the same time.
    ``tutor`` is the lesson tutor unless given. Raises StoreError if the database cannot be opened.
    """
    # The loop is the kernel's chats', too: files are found and read on a thread.
    if database is None:
        database = await asyncio.to_thread(default_database)
    if tutor is None:
        tutor = await asyncio.to_thread(_lesson_tutor)
    store = await SQLiteStore.open_file(database)
    try:
        token = secrets.token_urlsafe(16)
        server = Server(
            store,
            tutor,
            # A kernel that is being shut down has no time: what is left is answered next time.
            settings or Settings(drain=0.5),
            authenticator=TokenAuthenticator({SHARED: token}),
            metrics=NoMetrics(),
        )
        await server.start()
    except BaseException:
        await store.close()
        raise
    return Embedded(server, store, token)


def _lesson_tutor() -> Tutor:
    from tutor_widget.server.tutors.lesson import LessonTutor

    return LessonTutor()


def default_database() -> Path:
    """The database in Jupyter's data folder."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "tutor_widget" / "tutor.sqlite"
