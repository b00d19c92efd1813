"""What people read of the store: lists of sessions, exports, and learners' reports."""

from __future__ import annotations

from collections.abc import Sequence

from tutor_widget.server.store.records import Entry, Erased, Listed, Report, SessionKey
from tutor_widget.server.store.rows import EVENT, REPORT, entry_of
from tutor_widget.wire import Event

from .connections import Reads, unescape
from .log import exists
from .transaction import Transaction

__all__ = ["entries", "list_sessions", "reports", "write_report"]


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
        "SELECT key, account, name, ARRAY(SELECT m.name FROM members AS m WHERE m.session = key),"
        " began, active FROM sessions WHERE key > $1 AND active >= $2"
        " AND ($3::text IS NULL OR account = $3)"
        " AND ($4::text IS NULL OR key IN (SELECT session FROM members AS m WHERE m.name = $4))"
        " ORDER BY key LIMIT $5",
        *(after, since, account, group, limit),
    )
    return [
        Listed(key, owner, name, frozenset(map(unescape, groups)), began, active)
        for key, owner, name, groups, began, active in rows
    ]


async def entries(db: Reads, key: SessionKey, after: int, limit: int) -> Sequence[Entry] | Erased:
    rows = await db.fetch(
        f"SELECT {EVENT}, context, record, {REPORT} FROM events"  # noqa: S608
        " WHERE session = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        *(key, after, limit),
    )
    if not rows and not await exists(db, key):
        return Erased()
    return [
        entry_of(key, Event(*event), context, record, reason, at)
        for *event, context, record, reason, at in rows
    ]


async def write_report(
    tx: Transaction, key: SessionKey, event_id: str, reason: str | None
) -> bool | Erased:
    if key not in tx.sessions:
        return Erased()
    query = "SELECT 1 FROM events WHERE session = $1 AND id = $2 AND role = 'tutor'"
    if await tx.db.fetchval(query, key, event_id) is None:
        return False
    await tx.db.execute(
        "INSERT INTO reports VALUES ($1, $2, $3, $4) ON CONFLICT (session, event)"
        " DO UPDATE SET reason = excluded.reason, at = excluded.at",
        *(key, event_id, reason, tx.now),
    )
    tx.changed(key)
    return True


async def reports(db: Reads, since: int, limit: int) -> Sequence[Report]:
    query = (
        "SELECT session, event, reason, at FROM reports WHERE at >= $1"
        " ORDER BY at, session, event LIMIT $2"
    )
    return [Report(*row) for row in await db.fetch(query, since, limit)]
