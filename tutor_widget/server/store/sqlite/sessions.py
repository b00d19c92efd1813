"""Sessions: making and finding them, and their heads."""

from __future__ import annotations

import secrets
import sqlite3

from tutor_widget.server.store.records import Erased, Full, Head, SessionKey
from tutor_widget.server.store.rows import Owner, to_object

from .transaction import Transaction, now

__all__ = ["create_session", "find_session", "groups_of", "owner_of", "read_head"]


def find_session(db: sqlite3.Connection, account: str, name: str) -> Head | Erased | None:
    query = "SELECT key FROM sessions WHERE account = ? AND name = ?"
    if (row := db.execute(query, (account, name)).fetchone()) is not None:
        return read_head(db, row[0])
    query = "SELECT 1 FROM erased WHERE account = ? AND name = ? AND until > ?"
    return Erased() if db.execute(query, (account, name, now())).fetchone() else None


def create_session(
    tx: Transaction, account: str, name: str, groups: frozenset[str], most: int
) -> Head | Erased | Full:
    if (known := find_session(tx.db, account, name)) is not None:
        return known
    if most and _count_sessions(tx.db, account, most) >= most:
        return Full()
    insert = "INSERT INTO sessions (account, name, epoch, began, active) VALUES (?, ?, ?, ?, ?)"
    row = (account, name, secrets.token_urlsafe(9), tx.now, tx.now)
    key = tx.execute(insert, row).lastrowid
    assert key is not None
    for group in sorted(groups):
        tx.execute("INSERT INTO members VALUES (?, ?)", (key, group))
    tx.execute("INSERT OR IGNORE INTO accounts (name) VALUES (?)", (account,))
    tx.changed(key)
    return read_head(tx.db, key)


def read_head(db: sqlite3.Connection, key: SessionKey) -> Head | Erased:
    query = "SELECT epoch, last, state, rev FROM sessions WHERE key = ?"
    if (row := db.execute(query, (key,)).fetchone()) is None:
        return Erased()
    epoch, seq, state, rev = row
    query = "SELECT id, stopped, held IS NOT NULL FROM waiting WHERE session = ? ORDER BY seq"
    waiting = db.execute(query, (key,)).fetchall()
    return Head(
        key,
        epoch,
        seq,
        to_object(state),
        rev,
        tuple(message_id for message_id, _, _ in waiting),
        frozenset(message_id for message_id, stopped, _ in waiting if stopped),
        waiting[0][0] if waiting and waiting[0][2] else None,
    )


def _count_sessions(db: sqlite3.Connection, account: str, most: int) -> int:
    """How many sessions the account has, counted up to ``most``."""
    query = "SELECT count(*) FROM (SELECT 1 FROM sessions WHERE account = ? LIMIT ?)"
    return int(db.execute(query, (account, most)).fetchone()[0])


def groups_of(db: sqlite3.Connection, key: SessionKey) -> frozenset[str]:
    query = "SELECT name FROM members WHERE session = ?"
    return frozenset(name for (name,) in db.execute(query, (key,)))


def owner_of(db: sqlite3.Connection, key: SessionKey) -> Owner | None:
    """Whose the session is. None if there is no such session."""
    row = db.execute("SELECT account FROM sessions WHERE key = ?", (key,)).fetchone()
    return None if row is None else Owner(row[0], groups_of(db, key))
