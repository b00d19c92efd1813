"""What people read of the store: lists of sessions, exports, and learners' reports."""

from __future__ import annotations

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

from .connections import Reads
from .sessions import OWNER, owner_of, to_owner
from .transaction import Transaction

__all__ = ["entries", "list_sessions", "reports", "settle_report", "write_report"]


async def list_sessions(
    db: Reads,
    account: str | None,
    group: str | None,
    since: int,
    after: SessionKey,
    limit: int,
) -> list[Listed]:
    """The first ``limit`` of them behind the key ``after``."""
    rows = await db.fetch(
        f"SELECT key, name, began, active, {OWNER} FROM sessions WHERE key > $1 AND active >= $2"  # noqa: S608
        " AND ($3::text IS NULL OR account = $3)"
        " AND ($4::text IS NULL OR key IN (SELECT session FROM members AS m WHERE m.name = $4))"
        " ORDER BY key LIMIT $5",
        *(after, since, account, group, limit),
    )
    return [
        Listed(key, account, name, to_owner(account, groups).groups, began, active)
        for key, name, began, active, account, groups in rows
    ]


async def entries(db: Reads, key: SessionKey, after: int, limit: int) -> Sequence[Entry] | Erased:
    rows = await db.fetch(
        f"SELECT {EVENT}, context, record, {REPORT} FROM events"  # noqa: S608
        " WHERE session = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        *(key, after, limit),
    )
    if (owner := await owner_of(db, key)) is None:
        return Erased()
    return [entry_of(key, owner, Event(*row[:8]), *row[8:]) for row in rows]


async def write_report(
    tx: Transaction, key: SessionKey, event_id: str, reason: str | None, shared: bool
) -> bool | Erased:
    if key not in tx.sessions:
        return Erased()
    query = "SELECT 1 FROM events WHERE session = $1 AND id = $2 AND role = 'tutor'"
    if await tx.db.fetchval(query, key, event_id) is None:
        return False
    await tx.db.execute(
        "INSERT INTO reports (session, event, reason, at, shared) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (session, event) DO UPDATE SET reason = excluded.reason, at = excluded.at,"
        " state = excluded.state, shared = excluded.shared",
        *(key, event_id, reason, tx.now, shared),
    )
    tx.changed(key)
    return True


async def settle_report(
    tx: Transaction, key: SessionKey, event_id: str, state: ReportState
) -> bool | Erased:
    if key not in tx.sessions:
        return Erased()
    update = "UPDATE reports SET state = $1 WHERE session = $2 AND event = $3"
    if await tx.db.execute(update, state, key, event_id) == "UPDATE 0":
        return False
    tx.changed(key)
    return True


async def reports(db: Reads, since: int, limit: int) -> Sequence[Report]:
    rows = await db.fetch(
        f"SELECT session, event, reason, at, reports.state, shared, {OWNER} FROM reports"  # noqa: S608
        " JOIN sessions ON key = session WHERE at >= $1 ORDER BY at, session, event LIMIT $2",
        *(since, limit),
    )
    return [
        Report(key, event_id, reason, at, state, shared, *to_owner(account, groups))
        for key, event_id, reason, at, state, shared, account, groups in rows
    ]
