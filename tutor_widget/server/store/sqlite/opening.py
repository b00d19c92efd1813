"""The database file: its connections, and bringing it to the format of this version.

WAL with ``synchronous=FULL``: a commit that was reported has reached the disk, and readers do not
wait for the writer. WAL needs memory shared by all processes on the file. A network file system has
none, so there the file has a rollback journal instead.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from pathlib import Path
from typing import Final

from tutor_widget.server.store.contract import StoreError

from .filesystem import is_on_network, make_private
from .fork_guard import IN_USE
from .schema import FROM_1, FROM_2, SCHEMA, VERSION

__all__ = ["BUSY", "DatabaseFile"]

BUSY: Final = 1.0
"""Seconds that one attempt waits for another process's lock."""
_MIGRATION: Final = 60.0
"""Seconds to wait for another process that brings the file to this format."""
_TO_THIS: Final = {0: SCHEMA, 1: FROM_1, 2: FROM_2}
"""What brings each earlier format to this one; 0 is an empty file."""
_WITH_SECRET: Final = 2
"""The first format that has a secret."""


class DatabaseFile:
    """The file ``path``. A new one, and its folder, are made for their owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.on_network = is_on_network(path)

    def prepare(self) -> None:
        """Make the tables, or bring them to this format, in one transaction.

        Raises StoreError, a sentence for the operator. Then the file is as it was.
        """
        try:
            make_private(self.path)
            with IN_USE, contextlib.closing(self.connect(_MIGRATION)) as db:
                self._bring_to_format(db)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                code="database_unusable", file=str(self.path), detail=str(error)
            ) from error

    def connect(self, patience: float = BUSY) -> sqlite3.Connection:
        """A connection that writes durably, and overwrites what it deletes."""
        connection = self.connect_plain(patience)
        # Not DELETE: after a power failure an unlinked journal could exist again.
        connection.execute(f"PRAGMA journal_mode = {'TRUNCATE' if self.on_network else 'WAL'}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def connect_plain(self, patience: float = 10 * BUSY) -> sqlite3.Connection:
        """A connection that only reads. ``patience``: seconds to wait for a lock."""
        return sqlite3.connect(
            self.path, timeout=patience, isolation_level=None, check_same_thread=False
        )

    def _bring_to_format(self, db: sqlite3.Connection) -> None:
        while (version := _format(db)) != VERSION:
            if version > VERSION:
                raise StoreError(
                    code="database_newer", file=str(self.path), format=version, known=VERSION
                )
            try:
                _migrate(db)
            except sqlite3.Error as error:
                if version == 0:
                    raise
                raise StoreError(
                    code="database_not_migrated",
                    file=str(self.path),
                    format=version,
                    known=VERSION,
                    detail=str(error),
                ) from error


def _format(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _migrate(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    # Read again: another process may have done it while this one waited.
    if (version := _format(db)) < VERSION:
        for statement in _TO_THIS[version]:
            db.execute(statement)
        if version < _WITH_SECRET:
            db.execute("INSERT INTO store VALUES (?)", (secrets.token_bytes(32),))
        db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")
