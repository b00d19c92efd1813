"""One transaction of the writer, and the log of changes that it leaves for other processes.

Each commit adds a row to ``changes`` for each session that it changed. Another process on the file
reads the rows behind the last one that it knows (`changed_by_others`). The rows also prove the
commit: where its result was lost, they tell whether it has happened (`Transaction.happened`).
"""

from __future__ import annotations

import sqlite3
import time
from functools import cache
from typing import Any, Final

from tutor_widget.server.store.records import ALL, All, SessionKey

__all__ = ["KEPT_CHANGES", "Transaction", "changed_by_others", "newest_change", "now"]

KEPT_CHANGES: Final = 10_000
"""Rows of ``changes`` that are kept at least. Whoever is further behind reads all its sessions."""


class Transaction:
    """The transaction in which jobs run, for the node ``node``."""

    def __init__(self, db: sqlite3.Connection, node: str) -> None:
        self.db = db
        self.execute = db.execute
        self.now = now()
        self.deletes = False
        """Whether text was deleted, which is still in the write-ahead log."""
        self._node = node
        self._changed: dict[SessionKey, None] = {}
        self._growth: dict[str, int] = {}
        self._number: int | None = None

    def insert(self, table: str, columns: dict[str, Any]) -> None:
        """Insert a row. Columns that are None are left out: to bind NULL takes the longest."""
        given = {name: value for name, value in columns.items() if value is not None}
        self.execute(_insertion(table, tuple(given)), tuple(given.values()))

    def changed(self, key: SessionKey) -> None:
        """Note that the session's log, state, waiting messages or lease were changed."""
        self._changed[key] = None

    def grow(self, account: str, by: int) -> None:
        """Count bytes for the account. `finish` writes them: once for all its sessions."""
        self._growth[account] = self._growth.get(account, 0) + by

    def growth(self, account: str) -> int:
        """The bytes that were counted for the account, and are not written yet."""
        return self._growth.get(account, 0)

    def finish(self) -> None:
        """Write what was changed. Call before COMMIT."""
        if self._growth:
            update = "UPDATE accounts SET bytes = bytes + ? WHERE name = ?"
            self.db.executemany(update, [(by, name) for name, by in self._growth.items()])
        if not self._changed:
            return
        insert = "INSERT INTO changes (session, node) VALUES (?, ?)"
        *rows, newest = [(key, self._node) for key in self._changed]
        if rows:
            self.db.executemany(insert, rows)
        self._number = self.execute(insert, newest).lastrowid
        assert self._number is not None  # it was inserted
        if self._number % KEPT_CHANGES < len(self._changed):
            oldest = self._number - KEPT_CHANGES
            self.execute("DELETE FROM changes WHERE number <= ?", (oldest,))

    def happened(self) -> bool:
        """Whether its COMMIT has happened, although an error was reported.

        False if it changed no session: then it may run again.
        """
        query = "SELECT 1 FROM changes WHERE number = ? AND node = ?"
        return self.execute(query, (self._number, self._node)).fetchone() is not None


@cache
def _insertion(table: str, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(names))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608


def newest_change(db: sqlite3.Connection) -> int:
    """The number of the newest change; 0 if there is none."""
    (number,) = db.execute("SELECT coalesce(max(number), 0) FROM changes").fetchone()
    return int(number)


def changed_by_others(db: sqlite3.Connection, after: int, node: str) -> frozenset[SessionKey] | All:
    """The sessions that other nodes have changed since the change ``after``."""
    oldest = db.execute("SELECT min(number) FROM changes").fetchone()[0]
    if oldest is not None and oldest > after + 1:
        return ALL
    query = "SELECT DISTINCT session FROM changes WHERE number > ? AND node <> ?"
    return frozenset(key for (key,) in db.execute(query, (after, node)))


def now() -> int:
    """Unix milliseconds, by the clock of the machine that the file is on."""
    return time.time_ns() // 1_000_000
