"""Erasing: one session at a person's wish, old sessions and old contexts by retention.

Deleted content is overwritten (``PRAGMA secure_delete``), and the writer empties the write-ahead
log after it. The key of an erased session is not used again (see `schema`).
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Final

from tutor_widget.server.store.records import SessionKey

from .schema import PARTS
from .transaction import Transaction

__all__ = ["erase", "expire", "expire_contexts"]

_SESSIONS_AT_ONCE: Final = 50
_CONTEXTS_AT_ONCE: Final = 500
"""Deleted in one transaction, so that other writes need not wait for long."""
_DAY: Final = 86_400_000


def erase(tx: Transaction, key: SessionKey, days: float) -> None:
    tx.execute("DELETE FROM erased WHERE until <= ?", (tx.now,))
    query = "SELECT account, name FROM sessions WHERE key = ?"
    if (row := tx.execute(query, (key,)).fetchone()) is None:
        return
    _delete(tx, key)
    if days > 0:
        mark = (*row, tx.now + round(days * _DAY))
        tx.execute("INSERT OR REPLACE INTO erased VALUES (?, ?, ?)", mark)


def expire(tx: Transaction, idle: float, spare: Collection[SessionKey]) -> int:
    """Delete some of the sessions. Returns their number; 0 if none is left."""
    rows = tx.execute("SELECT key FROM sessions WHERE active <= ?", (_before(tx, idle),))
    expired = (key for (key,) in rows if key not in spare)
    keys = list(islice(expired, _SESSIONS_AT_ONCE))
    for key in keys:
        _delete(tx, key)
    return len(keys)


def expire_contexts(tx: Transaction, age: float) -> int:
    """Delete some of the contexts. Returns their number; 0 if none is left."""
    rows = tx.execute(
        "SELECT session, seq, length(CAST(context AS BLOB)) FROM events"
        " WHERE context IS NOT NULL AND at <= ? AND NOT EXISTS (SELECT 1 FROM waiting"
        " WHERE waiting.session = events.session AND waiting.seq = events.seq) LIMIT ?",
        (_before(tx, age), _CONTEXTS_AT_ONCE),
    ).fetchall()
    for key, seq, size in rows:
        update = "UPDATE events SET context = NULL WHERE session = ? AND seq = ?"
        tx.execute(update, (key, seq))
        tx.execute("UPDATE sessions SET bytes = bytes - ? WHERE key = ?", (size, key))
        _give_bytes_back(tx, key, size)
    tx.deletes |= bool(rows)
    return len(rows)


def _before(tx: Transaction, seconds: float) -> int:
    """The time so many seconds ago."""
    return tx.now - round(seconds * 1000)


def _delete(tx: Transaction, key: SessionKey) -> None:
    (size,) = tx.execute("SELECT bytes FROM sessions WHERE key = ?", (key,)).fetchone()
    _give_bytes_back(tx, key, size)
    for table in PARTS:
        tx.execute(f"DELETE FROM {table} WHERE session = ?", (key,))  # noqa: S608
    tx.execute("DELETE FROM sessions WHERE key = ?", (key,))
    tx.changed(key)
    tx.deletes = True


def _give_bytes_back(tx: Transaction, key: SessionKey, size: int) -> None:
    update = (
        "UPDATE accounts SET bytes = bytes - ?"
        " WHERE name = (SELECT account FROM sessions WHERE key = ?)"
    )
    tx.execute(update, (size, key))
