"""Storage engines under the contract suite of ``tests/server/store``."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Final, Protocol

import pytest

from simulator.nodes.memory.database import Database
from simulator.nodes.memory.store import MemoryStore
from simulator.nodes.memory.weather import Weather
from tests.support.postgres import running_cluster
from tutor_widget.server import SQLiteStore, Store, open_store
from tutor_widget.server.store.sqlite import transaction
from tutor_widget.server.store.sqlite.opening import DatabaseFile

__all__ = ["ENGINES", "Engine", "MemoryEngine", "PostgreSQLEngine", "SQLiteEngine"]


class Engine(Protocol):
    """One database, on which several processes have a store."""

    async def open(self) -> Store:
        """A store on the database, as another process would have it. The caller closes it."""

    def forward(self, seconds: float) -> None:
        """Set the clock of the database forward."""

    def lose_next_result(self) -> None:
        """The next commit of any store happens, and an error is reported for it."""


class SQLiteEngine:
    """`SQLiteStore` on a file in ``folder``."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = folder / "contract.sqlite"
        self._ahead = 0
        self._loses = False
        clock = SimpleNamespace(time_ns=lambda: time.time_ns() + self._ahead)
        monkeypatch.setattr(transaction, "time", clock)
        monkeypatch.setattr(DatabaseFile, "connect_plain", self._connect)

    async def open(self) -> Store:
        return await SQLiteStore.open_file(self.path)

    def forward(self, seconds: float) -> None:
        self._ahead += round(seconds * 1e9)

    def lose_next_result(self) -> None:
        self._loses = True

    def _connect(self, patience: float = 10.0) -> sqlite3.Connection:
        class Connection(_Connection):
            lose_result = self._lose_result

        return sqlite3.connect(
            self.path,
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,
            factory=Connection,
        )

    def _lose_result(self) -> bool:
        loses, self._loses = self._loses, False
        return loses


class _Connection(sqlite3.Connection):
    lose_result: ClassVar[Callable[[], bool]]
    """Whether the result of the present COMMIT is lost."""

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        cursor = super().execute(sql, *values)
        if sql == "COMMIT" and type(self).lose_result():
            raise sqlite3.OperationalError("disk I/O error")
        return cursor


class MemoryEngine:
    """The store of the simulated nodes, in real time: a model that must agree with the engines."""

    def __init__(self, _folder: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        self._weather = Weather(gossip=0.01)
        self._database = Database(lambda: time.time() + self._ahead, lambda: secrets.token_hex(8))

    async def open(self) -> Store:
        return MemoryStore(self._database, self._weather)

    def forward(self, seconds: float) -> None:
        self._ahead += seconds

    def lose_next_result(self) -> None:
        self._weather.loses_next = True


class PostgreSQLEngine:
    """`PostgreSQLStore` on a database of its own."""

    def __init__(self, _folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._cluster = running_cluster()
        self.url = self._cluster.make_database(self._cluster.template)
        self._ahead = 0.0
        self._loses = False
        _lose_results(monkeypatch, self._lose_result)

    async def open(self) -> Store:
        return await open_store(self.url)

    def forward(self, seconds: float) -> None:
        self._ahead += seconds * 1000
        self._cluster.execute(
            "CREATE OR REPLACE FUNCTION unix_ms() RETURNS bigint LANGUAGE sql VOLATILE AS"
            f" $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000 + {self._ahead})::bigint $$",
            url=self.url,
        )

    def lose_next_result(self) -> None:
        self._loses = True

    def _lose_result(self) -> bool:
        loses, self._loses = self._loses, False
        return loses


def _lose_results(monkeypatch: pytest.MonkeyPatch, loses: Callable[[], bool]) -> None:
    """A connection is cut at the end of a COMMIT if ``loses`` says so."""
    import asyncpg

    execute = asyncpg.Connection.execute

    async def cut(connection: Any, query: str, *values: Any, **options: Any) -> Any:
        status = await execute(connection, query, *values, **options)
        if query == "COMMIT" and loses():
            connection.terminate()
            raise asyncpg.ConnectionDoesNotExistError("connection was closed")
        return status

    monkeypatch.setattr(asyncpg.Connection, "execute", cut)


ENGINES: Final[dict[str, Callable[[Path, pytest.MonkeyPatch], Engine]]] = {
    "sqlite": SQLiteEngine,
    "postgres": PostgreSQLEngine,
    "memory": MemoryEngine,
}
"""How each engine is made, by name. The contract suite runs on all of them."""
