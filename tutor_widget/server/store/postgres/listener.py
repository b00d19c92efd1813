"""What other nodes commit: notifications, and a poll for those that were missed.

The listener has a connection of its own. The poll also shows a node without writes that the
database is away. A commit is found by the number of its transaction. Numbers are given at the
beginning of a transaction, so a poll begins at the oldest one that was open at the poll before.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from typing import Final

from tutor_widget.server.logs import log, where
from tutor_widget.server.store.records import ALL, All, SessionKey

from .connections import OUTAGE, Connection, Database
from .transaction import CHANNEL

__all__ = ["Listener"]

_POLL: Final = 1.0
"""Seconds between two polls."""
_KEPT: Final = 600_000
"""Milliseconds for which a row of ``commits`` is kept. A node that was away longer reads all."""
_SETTLED: Final = 60.0
"""Seconds of a connection after which old rows are deleted. Until then a node that comes back after
an outage looks for the proof of its last commit."""
_LATE: Final = 60_000
"""Milliseconds that a COMMIT may take. With a transaction of somebody else that is open for hours,
no older row is read again and again."""
_NOW: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, unix_ms()"
_COMMITS: Final = "SELECT token, changed FROM commits WHERE tx >= $1 AND at >= $2 AND node <> $3"
_PRUNED_AT_ONCE: Final = 10_000
_PRUNE: Final = (
    "DELETE FROM commits WHERE token IN (SELECT token FROM commits WHERE at < unix_ms() - $1"
    " ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED)"
)


class Listener:
    """Follows what nodes other than ``node`` commit, from `start` on until `close`."""

    def __init__(self, database: Database, node: str) -> None:
        self._database = database
        self._node = node
        self._news: dict[SessionKey, None] = {}
        self._has_all = False
        self._has_news = asyncio.Event()
        self._is_closed = False
        self._poll_now = asyncio.Event()
        self._seen = (0, 0)
        """The oldest transaction that was open at the last poll, and the time of the database …"""
        self._seen_at = 0.0
        """… and that of this process."""
        self._told: set[str] = set()
        """Commits that were told at the last poll or since …"""
        self._told_before: set[str] = set()
        """… and those that had been told when it began."""
        self._asked_at: float | None = None
        """Since when the database has not answered."""
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen. Raises `OUTAGE` if that is not possible."""
        connection = await self._connect()
        self._seen, self._seen_at = await _now(connection), time.monotonic()
        self._following = asyncio.create_task(self._follow(connection))

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        self._is_closed = True
        self._has_news.set()

    def away(self) -> float:
        """Seconds for which the database has not answered; 0 if it has."""
        return 0.0 if self._asked_at is None else time.monotonic() - self._asked_at

    async def changes(self) -> AsyncIterator[frozenset[SessionKey] | All]:
        while True:
            await self._has_news.wait()
            if self._is_closed:
                return
            self._has_news.clear()
            changed: frozenset[SessionKey] | All = ALL if self._has_all else frozenset(self._news)
            self._news, self._has_all = {}, False
            yield changed

    # --- the connection ---------------------------------------------------------------------------

    async def _connect(self) -> Connection:
        connection = await self._database.connect()
        connection.add_termination_listener(lambda _: self._poll_now.set())
        try:
            await connection.add_listener(CHANNEL, self._on_notification)
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def _follow(self, connection: Connection | None) -> None:
        prune_at = time.monotonic() + _SETTLED
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL):
                        await self._poll_now.wait()
                self._poll_now.clear()
                self._asked_at = self._asked_at or time.monotonic()
                try:
                    if connection is None or connection.is_closed():
                        connection = await self._connect()
                        prune_at = time.monotonic() + _SETTLED
                    await self._poll(connection)
                    if time.monotonic() > prune_at and await _prune(connection):
                        prune_at = time.monotonic() + _SETTLED
                    self._asked_at = None
                except Exception as error:  # noqa: BLE001  # nothing else would end the outage
                    if not isinstance(error, OUTAGE):
                        log("store failed", level="error", **where(error))
                    if connection is not None:
                        connection.terminate()
                    connection = None
        finally:
            if connection is not None:
                connection.terminate()

    async def _poll(self, connection: Connection) -> None:
        """Tell the commits of others that no notification has told."""
        now, (oldest_open, at) = await _now(connection), self._seen
        rows = await connection.fetch(_COMMITS, oldest_open, at - _LATE, self._node)
        if time.monotonic() - self._seen_at > _KEPT / 1000:
            self._has_all = True
            self._has_news.set()
        for token, changed in rows:
            self._tell(token, changed)
        self._told_before, self._told = self._told, {token for token, _ in rows}
        self._seen, self._seen_at = now, time.monotonic()

    def _on_notification(self, _connection: object, _pid: int, _channel: str, text: str) -> None:
        token, node, keys = text.split(" ")
        if node == self._node:
            return
        if keys:
            self._tell(token, map(int, keys.split(",")))
        else:
            self._poll_now.set()

    def _tell(self, token: str, keys: Iterable[SessionKey]) -> None:
        is_known = token in self._told or token in self._told_before
        self._told.add(token)
        if is_known:
            return
        self._news |= dict.fromkeys(keys)
        if self._news:
            self._has_news.set()


async def _prune(connection: Connection) -> bool:
    """Delete old rows of ``commits``. Returns whether that were all, so that it may rest.

    Many nodes under load commit more in the time of a rest than are deleted at once.
    """
    deleted = await connection.execute(_PRUNE, _KEPT, _PRUNED_AT_ONCE)
    return deleted != f"DELETE {_PRUNED_AT_ONCE}"


async def _now(connection: Connection) -> tuple[int, int]:
    """The oldest transaction that is open, and the time of the database."""
    row = await connection.fetchrow(_NOW)
    assert row is not None  # of a query without a condition
    return row[0], row[1]
