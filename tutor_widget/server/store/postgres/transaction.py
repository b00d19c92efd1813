"""One transaction of a lane: the sessions that it has locked, and what it leaves for other nodes.

Every writer takes its locks in one order, so that none waits for another in a circle: the rows of
its sessions by key, accounts by number, and at the end the bytes and the usage of accounts by name.
The rows of sessions are read when they are locked, changed in memory, and written once, by
`Transaction.finish`.

Each commit leaves a row in ``commits`` and sends one notification. The row tells other nodes, which
may have missed the notification, what was changed. It also proves the commit: where its result was
lost, the transaction looks for it, after it has waited for the locks that the lost one may hold.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any, Final

from msgspec import Struct

from tutor_widget.server.store.records import SessionKey, Usage
from tutor_widget.server.store.rows import Lease

from .connections import Connection, escape

__all__ = ["CHANNEL", "SHARES", "Session", "Transaction", "payload"]

CHANNEL: Final = "tutor_widget_changes"
_MOST_NOTIFIED: Final = 7_900
"""Bytes of a notification; PostgreSQL takes fewer than 8,000."""
_PARAMETER: Final = re.compile(r"\$(\d+)")
SHARES: Final = 16
"""Rows among which the bytes of an account are divided."""
_LOAD: Final = (
    "WITH locked AS (SELECT key, account, name, active, last, bytes, state, rev, fence, owner,"
    " until FROM sessions WHERE key = ANY($1) ORDER BY key FOR UPDATE)"
    " SELECT locked.*, unix_ms() FROM locked"
)
"""The last row has the time at which all are locked."""
_STORE: Final = (
    "UPDATE sessions SET active = n.active, last = n.last, bytes = n.bytes,"
    " state = coalesce(n.state, sessions.state), rev = n.rev, fence = n.fence, owner = n.owner,"
    " until = n.until FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],"
    " $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[])"
    " AS n (key, active, last, bytes, state, rev, fence, owner, until) WHERE sessions.key = n.key"
)


_PROVE: Final = (
    "INSERT INTO commits VALUES ($1, $2, pg_current_xact_id()::text::bigint, unix_ms(), $3)"
)
_TELL: Final = "SELECT pg_notify($1, $2)"


class Session(Struct):
    """The row of a session that this transaction has locked."""

    key: SessionKey
    account: str
    name: str
    active: int
    last: int
    bytes: int
    state: str
    rev: int
    fence: int
    owner: str | None
    until: int
    is_changed: bool = False
    new_state: str | None = None

    def take(self, lease: Lease, now: int) -> None:
        """Give the lease to a new claim."""
        self.owner, self.until = lease.values(now)
        self.fence += 1
        self.is_changed = True

    def end_lease(self) -> None:
        """Nobody has the lease, and the last claim can write nothing any more."""
        self.owner, self.until = None, 0
        self.fence += 1
        self.is_changed = True

    def advance(self, now: int, more: int) -> int:
        """The number of the next event, which has ``more`` bytes."""
        self.last += 1
        self.active = now
        self.bytes += more
        self.is_changed = True
        return self.last

    def set_state(self, state: str) -> None:
        self.state = self.new_state = state
        self.rev += 1
        self.is_changed = True


class Transaction:
    """The transaction under way on ``db``, for the node ``node``.

    ``token`` names it, also if it runs again. ``share``: the row of each account that it adds to.
    """

    def __init__(self, db: Connection, node: str, token: str, share: int) -> None:
        self.db = db
        self.now = 0
        self.sessions: dict[SessionKey, Session] = {}
        self.stored: dict[str, int] = {}
        """Bytes of the accounts for which a limit is checked, without `growth`."""
        self._node = node
        self._token = token
        self._share = share
        self._changed: dict[SessionKey, None] = {}
        self._growth: dict[str, int] = {}
        self._usage: dict[tuple[str, SessionKey, str], tuple[int, int]] = {}
        self._deferred: list[tuple[str, tuple[object, ...]]] = []

    async def load(self, keys: Collection[SessionKey]) -> None:
        """Lock these sessions, and read their rows and the time. Those not found do not exist."""
        rows = await self.db.fetch(_LOAD, sorted(keys)) if keys else ()
        for *row, self.now in rows:
            session = Session(*row)
            self.sessions[session.key] = session
        if not rows:
            self.now = await self.db.fetchval("SELECT unix_ms()")

    async def lock(self, names: Iterable[str]) -> None:
        """Wait until no other transaction has locked one of these names of accounts."""
        numbers = sorted({_lock_number(name) for name in names})
        if numbers:
            query = "SELECT pg_advisory_xact_lock(number) FROM unnest($1::bigint[]) AS number"
            await self.db.fetch(query, numbers)

    async def read_stored(self, accounts: Collection[str]) -> None:
        """Read into `stored` how many bytes the accounts have."""
        query = "SELECT name, sum(bytes)::bigint FROM accounts WHERE name = ANY($1) GROUP BY name"
        self.stored |= dict.fromkeys(accounts, 0)
        self.stored |= dict(await self.db.fetch(query, list(map(escape, accounts))))

    def changed(self, key: SessionKey) -> None:
        """Note that the session's log, state, waiting messages or lease were changed."""
        self._changed[key] = None

    def grow(self, account: str, by: int) -> None:
        """Count bytes for the account. `finish` writes them: once for all its sessions."""
        self._growth[account] = self._growth.get(account, 0) + by

    def growth(self, account: str) -> int:
        """The bytes that were counted for the account, and are not written yet."""
        return self._growth.get(account, 0)

    def spend(self, session: Session, usage: Usage | None) -> None:
        """Add to the usage of the session's account; without accounts, of the session."""
        if usage is None:
            return
        payer = (session.account, 0 if session.account else session.key, usage.day)
        prompt, completion = self._usage.get(payer, (0, 0))
        self._usage[payer] = (prompt + usage.prompt, completion + usage.completion)

    def forget(self, session: Session) -> None:
        """The session was deleted in this transaction."""
        del self.sessions[session.key]
        self.changed(session.key)
        if not session.account:
            self._usage = {one: sums for one, sums in self._usage.items() if one[1] != session.key}

    async def happened(self) -> bool:
        """Whether it was committed before, although an error was reported."""
        query = "SELECT 1 FROM commits WHERE token = $1"
        return await self.db.fetchval(query, self._token) is not None

    def defer(self, statement: str, *values: object) -> None:
        """Run this with the others that are deferred, by `flush`: each round trip costs as much as
        all else that a small batch does. No reader in this transaction sees what it writes before.
        """
        self._deferred.append((statement, values))

    async def flush(self) -> None:
        """Run what is deferred, as one statement."""
        deferred, self._deferred = self._deferred, []
        if deferred:
            statements, values = zip(*deferred, strict=True)
            counts = tuple(map(len, values))
            await self.db.execute(_joined(statements, counts), *itertools.chain(*values))

    async def finish(self) -> None:
        """Write what was changed, and what is deferred. Call before COMMIT."""
        self._store_sessions()
        self._store_growth()
        self._store_usage()
        if self._changed or self._growth:
            keys = list(self._changed)
            self.defer(_PROVE, self._token, self._node, keys)
            self.defer(_TELL, CHANNEL, payload(self._token, self._node, keys))
        await self.flush()

    def _store_sessions(self) -> None:
        rows = [
            (s.key, s.active, s.last, s.bytes, s.new_state, s.rev, s.fence, s.owner, s.until)
            for s in self.sessions.values()
            if s.is_changed
        ]
        if rows:
            self.defer(_STORE, *columns(rows))

    def _store_growth(self) -> None:
        rows = sorted(self._growth.items())
        if rows:
            self.defer(
                "INSERT INTO accounts (share, name, bytes) SELECT $3::smallint, n.* FROM"
                " unnest($1::text[], $2::bigint[]) AS n ON CONFLICT (name, share)"
                " DO UPDATE SET bytes = accounts.bytes + excluded.bytes",
                *(*columns(rows), self._share),
            )

    def _store_usage(self) -> None:
        rows = [(*payer, *sums) for payer, sums in sorted(self._usage.items())]
        if rows:
            self.defer(
                "INSERT INTO usage SELECT * FROM unnest"
                "($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[])"
                " ON CONFLICT (account, session, day) DO UPDATE SET"
                " prompt = usage.prompt + excluded.prompt,"
                " completion = usage.completion + excluded.completion",
                *columns(rows),
            )


@functools.lru_cache(maxsize=256)
def _joined(statements: tuple[str, ...], counts: tuple[int, ...]) -> str:
    """One statement that does what these do, of which none reads what another writes. Each has so
    many parameters, and the parameters of the whole are those of all, in order."""
    shifts = itertools.accumulate(counts, initial=0)
    *parts, last = [
        _PARAMETER.sub(lambda found, by=shift: f"${int(found[1]) + by}", statement)  # type: ignore[misc]
        for statement, shift in zip(statements, shifts, strict=False)
    ]
    named = ", ".join(f"part_{number} AS ({part})" for number, part in enumerate(parts))
    return f"WITH {named} {last}" if parts else last


def columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """The rows, of which there is one at least, as arrays for `unnest`."""
    return [
        [escape(value) if isinstance(value, str) else value for value in column]
        for column in zip(*rows, strict=True)
    ]


def payload(token: str, node: str, keys: Collection[SessionKey]) -> str:
    """What a commit notifies. With too many keys it names none: then the listener polls."""
    text = f"{token} {node} {','.join(map(str, keys))}"
    return text if len(text) <= _MOST_NOTIFIED else f"{token} {node} "


def _lock_number(name: str) -> int:
    digest = blake2b(name.encode(), digest_size=8, person=b"tutor_widget").digest()
    return int.from_bytes(digest, signed=True)
