"""Erasing: one session at a person's wish, old sessions and old contexts by retention."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tutor_widget.server.store.records import SessionKey

from .transaction import Session, Transaction

__all__ = ["erase", "expire", "expire_contexts"]

_SESSIONS_AT_ONCE: Final = 50
_CONTEXTS_AT_ONCE: Final = 500
"""Deleted in one transaction, so that other writes need not wait for long."""
_DAY: Final = 86_400_000
_PARTS: Final = ("members", "events", "waiting", "withdrawn", "reports", "presence", "usage")
"""Tables with a column ``session``, whose rows end with their session."""
_DELETE_PART: Final = "in_{0} AS (DELETE FROM {0} WHERE session = ANY($1))"
_DELETE: Final = (
    f"WITH {', '.join(map(_DELETE_PART.format, _PARTS))}"  # noqa: S608
    " DELETE FROM sessions WHERE key = ANY($1)"
)
_OLD_CONTEXT: Final = (
    "context IS NOT NULL AND at <= $1 AND NOT EXISTS (SELECT 1 FROM waiting"
    " WHERE waiting.session = events.session AND waiting.seq = events.seq)"
)


async def erase(tx: Transaction, key: SessionKey, days: float) -> None:
    # Marks that another node deletes now are left to it.
    await tx.db.execute(
        "DELETE FROM erased WHERE (account, name) IN (SELECT account, name FROM erased"
        " WHERE until <= $1 FOR UPDATE SKIP LOCKED)",
        tx.now,
    )
    if (session := tx.sessions.get(key)) is None:
        return
    await _delete(tx, [session])
    if days > 0:
        await tx.db.execute(
            "INSERT INTO erased VALUES ($1, $2, $3)"
            " ON CONFLICT (account, name) DO UPDATE SET until = excluded.until",
            *(session.account, session.name, tx.now + round(days * _DAY)),
        )


async def expire(tx: Transaction, idle: float, spare: Collection[SessionKey]) -> int:
    """Delete some of the sessions. Returns their number; 0 if none is left."""
    before = _before(tx, idle)
    rows = await tx.db.fetch(
        "SELECT key FROM sessions WHERE active <= $1 AND key <> ALL($2) AND NOT EXISTS"
        " (SELECT 1 FROM presence AS p JOIN nodes AS n USING (node)"
        " WHERE p.session = key AND n.until >= unix_ms()) ORDER BY key LIMIT $3",
        *(before, list(spare), _SESSIONS_AT_ONCE),
    )
    await tx.load([key for (key,) in rows])
    # What was written to while the lock was waited for is not old any more, and not found again.
    old = [session for session in tx.sessions.values() if session.active <= before]
    await _delete(tx, old)
    return len(old)


async def expire_contexts(tx: Transaction, age: float) -> int:
    """Delete some of the contexts. Returns their number; 0 if none is left."""
    before = _before(tx, age)
    rows = await tx.db.fetch(
        f"SELECT session, seq FROM events WHERE {_OLD_CONTEXT} LIMIT $2",  # noqa: S608
        *(before, _CONTEXTS_AT_ONCE),
    )
    if not rows:
        return 0
    await tx.load({key for key, _ in rows})
    deleted = await tx.db.fetch(
        "UPDATE events SET context = NULL FROM (SELECT session, seq, context FROM events"  # noqa: S608
        " JOIN unnest($2::bigint[], $3::bigint[]) AS found (session, seq) USING (session, seq)"
        f" WHERE {_OLD_CONTEXT}) AS old WHERE events.session = old.session"
        " AND events.seq = old.seq RETURNING events.session, octet_length(old.context)",
        *(before, [key for key, _ in rows], [seq for _, seq in rows]),
    )
    for key, size in deleted:
        session = tx.sessions[key]
        session.bytes -= size
        session.is_changed = True
        tx.grow(session.account, -size)
    return len(deleted)


def _before(tx: Transaction, seconds: float) -> int:
    """The time so many seconds ago."""
    return tx.now - round(seconds * 1000)


async def _delete(tx: Transaction, sessions: Collection[Session]) -> None:
    if not sessions:
        return
    await tx.db.execute(_DELETE, [session.key for session in sessions])
    for session in sessions:
        tx.grow(session.account, -session.bytes)
        tx.forget(session)
