"""What people read of the store: lists of sessions, exports, and learners' reports."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from tutor_widget.server.store.records import (
    Entry,
    Erased,
    Listed,
    Report,
    ReportState,
    SessionKey,
)
from tutor_widget.server.store.rows import EVENT, REPORT, entry_of
from tutor_widget.wire import Event

from .log import exists
from .sessions import groups_of, owner_of
from .transaction import Transaction

__all__ = ["entries", "list_sessions", "reports", "settle_report", "write_report"]


def list_sessions(
    db: sqlite3.Connection,
    account: str | None,
    group: str | None,
    since: int,
    after: SessionKey,
    limit: int,
) -> list[Listed]:
    """The first ``limit`` of them behind the key ``after``."""
    rows = db.execute(
        "SELECT key, account, name, began, active FROM sessions WHERE key > :after"
        " AND active >= :since AND (:account IS NULL OR account = :account)"
        " AND (:group IS NULL OR key IN (SELECT session FROM members WHERE name = :group))"
        " ORDER BY key LIMIT :limit",
        {"account": account, "group": group, "since": since, "after": after, "limit": limit},
    ).fetchall()
    return [
        Listed(key, owner, name, groups_of(db, key), began, active)
        for key, owner, name, began, active in rows
    ]


def entries(
    db: sqlite3.Connection, key: SessionKey, after: int, limit: int
) -> Sequence[Entry] | Erased:
    rows = db.execute(
        f"SELECT {EVENT}, context, record, {REPORT} FROM events"  # noqa: S608
        " WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?",
        (key, after, limit),
    ).fetchall()
    if (owner := owner_of(db, key)) is None:
        return Erased()
    return [entry_of(key, owner, Event(*row[:8]), *row[8:]) for row in rows]


def write_report(
    tx: Transaction, key: SessionKey, event_id: str, reason: str | None, shared: bool
) -> bool | Erased:
    query = "SELECT 1 FROM events WHERE session = ? AND id = ? AND role = 'tutor'"
    if tx.execute(query, (key, event_id)).fetchone() is None:
        return False if exists(tx.db, key) else Erased()
    row = (key, event_id, reason, tx.now, "open", shared)
    tx.execute("INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?, ?, ?)", row)
    tx.changed(key)
    return True


def settle_report(
    tx: Transaction, key: SessionKey, event_id: str, state: ReportState
) -> bool | Erased:
    update = "UPDATE reports SET state = ? WHERE session = ? AND event = ?"
    if not tx.execute(update, (state, key, event_id)).rowcount:
        return False if exists(tx.db, key) else Erased()
    tx.changed(key)
    return True


def reports(db: sqlite3.Connection, since: int, limit: int) -> Sequence[Report]:
    rows = db.execute(
        "SELECT session, event, reason, at, reports.state, shared, account FROM reports"
        " JOIN sessions ON key = session WHERE at >= ? ORDER BY at, session, event LIMIT ?",
        (since, limit),
    ).fetchall()
    return [
        Report(key, event_id, reason, at, state, bool(shared), account, groups_of(db, key))
        for key, event_id, reason, at, state, shared, account in rows
    ]
