"""Sessions: making and finding them, and their heads."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import compress
from typing import Final

from tutor_widget.server.store.records import Erased, Full, Head, SessionKey
from tutor_widget.server.store.rows import Owner, to_object

from .connections import Reads, Row, escape, unescape
from .transaction import Transaction

__all__ = ["OWNER", "create_session", "find_session", "owner_of", "read_head", "to_owner"]

OWNER: Final = "account, ARRAY(SELECT m.name FROM members AS m WHERE m.session = key)"
"""The columns of a session for `to_owner`."""

_HEAD: Final = (
    "SELECT key, epoch, last, state, rev, w.ids, w.stopped, w.is_held FROM sessions LEFT JOIN"
    " LATERAL (SELECT array_agg(id ORDER BY seq) AS ids,"
    " array_agg(stopped ORDER BY seq) AS stopped,"
    " (array_agg(held IS NOT NULL ORDER BY seq))[1] AS is_held"
    " FROM waiting WHERE session = key) AS w ON true"
)


async def find_session(db: Reads, account: str, name: str) -> Head | Erased | None:
    row = await db.fetchrow(f"{_HEAD} WHERE account = $1 AND name = $2", account, name)
    if row is not None:
        return _head(row)
    query = "SELECT 1 FROM erased WHERE account = $1 AND name = $2 AND until > unix_ms()"
    return Erased() if await db.fetchval(query, account, name) else None


async def create_session(
    tx: Transaction, account: str, name: str, groups: frozenset[str], most: int
) -> Head | Erased | Full:
    """Make the session. The account is locked, so that no other node makes one meanwhile."""
    if (known := await find_session(tx.db, account, name)) is not None:
        return known
    if most and await _count_sessions(tx.db, account, most) >= most:
        return Full()
    epoch = secrets.token_urlsafe(9)
    key = await tx.db.fetchval(
        "INSERT INTO sessions (account, name, epoch, began, active) VALUES ($1, $2, $3, $4, $4)"
        " RETURNING key",
        *(account, name, epoch, tx.now),
    )
    if groups:
        insert = "INSERT INTO members SELECT $1, * FROM unnest($2::text[])"
        await tx.db.execute(insert, key, [escape(group) for group in sorted(groups)])
    tx.changed(key)
    return Head(key, epoch, 0, {}, 0, (), frozenset(), None)


async def read_head(db: Reads, key: SessionKey) -> Head | Erased:
    row = await db.fetchrow(f"{_HEAD} WHERE key = $1", key)
    return Erased() if row is None else _head(row)


def _head(row: Row) -> Head:
    key, epoch, seq, state, rev, ids, stopped, is_held = row
    waiting = tuple(ids or ())
    return Head(
        key,
        epoch,
        seq,
        to_object(state),
        rev,
        waiting,
        frozenset(compress(waiting, stopped or ())),
        waiting[0] if is_held else None,
    )


async def _count_sessions(db: Reads, account: str, most: int) -> int:
    """How many sessions the account has, counted up to ``most``."""
    query = "SELECT count(*) FROM (SELECT 1 FROM sessions WHERE account = $1 LIMIT $2) AS counted"
    return int(await db.fetchval(query, account, most))


async def owner_of(db: Reads, key: SessionKey) -> Owner | None:
    """Whose the session is. None if there is no such session."""
    row = await db.fetchrow(f"SELECT {OWNER} FROM sessions WHERE key = $1", key)  # noqa: S608
    return None if row is None else to_owner(*row)


def to_owner(account: str, groups: Sequence[str]) -> Owner:
    return Owner(account, frozenset(map(unescape, groups)))
