"""The store in a PostgreSQL database, which any number of nodes share.

A few lanes write (`writer`), a pool of connections reads, one connection listens for what other
nodes commit (`listener`), and one tells them what need not be kept (`peers`). What a method does is
in the module of its topic: `sessions`, `log`, `answers`, `erasure`, `listing`. Use a store on the
loop on which it was opened.
"""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from tutor_widget.server.logs import Outage
from tutor_widget.server.store.contract import StoreError
from tutor_widget.server.store.lease_owner import lease_owner_name
from tutor_widget.server.store.peers import Peers
from tutor_widget.server.store.records import (
    All,
    Answer,
    Answered,
    Busy,
    Claim,
    Entry,
    Erased,
    Full,
    Head,
    Held,
    HeldAnswer,
    Kept,
    Listed,
    Message,
    Outcome,
    Publication,
    Report,
    ReportState,
    SessionKey,
    Spent,
)
from tutor_widget.server.store.rows import Lease, listed
from tutor_widget.wire import Event

from . import answers, erasure, listing, log, publications, sessions
from .connections import OUTAGE, Database, Reads, as_sentence
from .listener import Listener
from .opening import prepare
from .peers import PostgreSQLPeers
from .transaction import Transaction
from .writer import Writer

__all__ = ["PostgreSQLStore"]

T = TypeVar("T")
_LISTENING: Final = 5.0
"""Seconds in which a database that was opened must let its changes be followed."""
_AWAY: Final = 3.0
"""Seconds without an answer of the database after which reads do not even try …"""
_READING: Final = 10.0
"""… and those that a read may take, with its wait for a connection."""


class PostgreSQLStore:
    """A `Store` in a PostgreSQL database. Make one with `open_url`, and close it with `close`."""

    lease = 10.0

    def __init__(
        self, database: Database, readers: Any, on_commit: Callable[[float, int], None]
    ) -> None:
        self._owner = lease_owner_name()
        self._node = self._owner.rpartition("#")[2]
        self._readers = readers
        self._outage = Outage()
        self._listener = Listener(database, self._node)
        self._writer = Writer(database, self._node, on_commit)
        self._peers = PostgreSQLPeers(database, self._node)

    @classmethod
    async def open_url(
        cls,
        url: str,
        on_commit: Callable[[float, int], None] = lambda seconds, jobs: None,
    ) -> PostgreSQLStore:
        """Open the database, and make or migrate its tables.

        ``on_commit(seconds, writes)`` is called after each commit. Raises StoreError, a sentence
        for the operator without a password, if the database cannot be opened.
        """
        database = Database(url)
        await prepare(database)
        store = cls(database, await database.pool(), on_commit)
        try:
            async with asyncio.timeout(_LISTENING):
                await store._listener.start()
        except OUTAGE as error:
            await store.close()
            raise StoreError(
                f"The PostgreSQL database cannot be opened: {as_sentence(error)}."
            ) from error
        return store

    # --- sessions ---------------------------------------------------------------------------------

    async def find_session(self, account: str, name: str) -> Head | Erased | None:
        return await self._read(lambda db: sessions.find_session(db, account, name))

    def create_session(
        self, account: str, name: str, groups: frozenset[str] = frozenset(), most: int = 0
    ) -> Future[Head | Erased | Full]:
        return self._writer.submit(
            (account, name),
            lambda tx: sessions.create_session(tx, account, name, groups, most),
            account=account,
        )

    async def head(self, key: SessionKey) -> Head | Erased:
        return await self._read(lambda db: sessions.read_head(db, key))

    # --- the learner's messages -------------------------------------------------------------------

    def append(
        self,
        key: SessionKey,
        message: Message,
        most_bytes: int = 0,
        behind: str | None = None,
        *,
        claims: bool = False,
    ) -> Future[Outcome | Erased]:
        lease = self._new_lease() if claims else None
        append = log.Append(key, message, most_bytes, behind, lease)
        return self._writer.submit(key, append)

    def withdraw(self, key: SessionKey, message_id: str) -> Future[Outcome | Erased]:
        return self._write(key, lambda tx: log.withdraw(tx, key, message_id))

    def stop(self, key: SessionKey, message_id: str) -> Future[bool | Erased]:
        return self._write(key, lambda tx: log.write_stop(tx, key, message_id))

    async def find(
        self, key: SessionKey, message_id: str, text: str | None = None
    ) -> Outcome | Erased | None:
        return await self._read(lambda db: log.find(db, key, message_id, text))

    # --- reading ----------------------------------------------------------------------------------

    async def read(
        self, key: SessionKey, after: int, limit: int, size: int
    ) -> Sequence[Event] | Erased:
        return await self._read(lambda db: log.read(db, key, after, limit, size))

    async def read_before(
        self, key: SessionKey, before: int, limit: int, size: int
    ) -> Sequence[Event] | Erased:
        return await self._read(lambda db: log.read_before(db, key, before, limit, size))

    # --- answers ----------------------------------------------------------------------------------

    def greet(self, key: SessionKey, answer: Answer) -> Future[Answered | Erased | None]:
        return self._write(key, lambda tx: answers.greet(tx, key, answer))

    def claim(self, key: SessionKey) -> Future[Claim | Busy | Held | Erased | None]:
        return self._writer.submit(key, answers.Take(key, self._new_lease()))

    def renew(self, claim: Claim) -> Future[bool]:
        lease = self._new_lease()
        return self._write(claim.key, lambda tx: answers.renew(tx, claim, lease))

    def answer(self, claim: Claim, answer: Answer) -> Future[Answered | None]:
        return self._writer.submit(claim.key, answers.Finish(claim, answer))

    def hold(
        self,
        claim: Claim,
        answer: Answer,
        seconds: float | None = None,
        otherwise: str | None = None,
    ) -> Future[bool]:
        return self._write(
            claim.key, lambda tx: answers.hold(tx, claim, answer, seconds, otherwise)
        )

    async def held(self) -> Sequence[HeldAnswer]:
        return await self._read(answers.held)

    async def overdue(self) -> Sequence[tuple[str, str, str]]:
        return await self._read(answers.overdue)

    def approve(
        self, key: SessionKey, re: str, text: str | None = None, by: str | None = None
    ) -> Future[Answered | Erased | None]:
        return self._write(key, lambda tx: answers.approve(tx, key, re, text, by))

    def release(self, claim: Claim, *, counts: bool = True) -> Future[None]:
        return self._write(claim.key, lambda tx: answers.release(tx, claim, counts))

    async def unanswered(self) -> Sequence[tuple[str, str]]:
        return await self._read(answers.unanswered)

    async def spent(self, key: SessionKey, day: str) -> Spent | Erased:
        return await self._read(lambda db: answers.spent(db, key, day))

    # --- people -----------------------------------------------------------------------------------

    def report(
        self, key: SessionKey, event_id: str, reason: str | None, shared: bool = False
    ) -> Future[bool | Erased]:
        return self._write(key, lambda tx: listing.write_report(tx, key, event_id, reason, shared))

    async def reports(self, since: int, limit: int) -> Sequence[Report]:
        return await self._read(lambda db: listing.reports(db, since, limit))

    def settle_report(
        self, key: SessionKey, event_id: str, state: ReportState
    ) -> Future[bool | Erased]:
        return self._write(key, lambda tx: listing.settle_report(tx, key, event_id, state))

    def notice(
        self,
        key: SessionKey,
        notice_id: str,
        by: str | None,
        text: str,
        answers: str | None = None,
    ) -> Future[Kept | Erased]:
        return self._write(key, lambda tx: log.write_notice(tx, key, notice_id, by, text, answers))

    def erase(self, key: SessionKey, days: float) -> Future[None]:
        return self._write(key, lambda tx: erasure.erase(tx, key, days))

    def expire(self, idle: float, spare: Collection[SessionKey] = ()) -> Future[int]:
        spared = frozenset(spare)
        return asyncio.ensure_future(
            self._repeat("expire", lambda tx: erasure.expire(tx, idle, spared))
        )

    def expire_contexts(self, age: float) -> Future[int]:
        return asyncio.ensure_future(
            self._repeat("expire contexts", lambda tx: erasure.expire_contexts(tx, age))
        )

    def list_sessions(
        self, account: str | None = None, group: str | None = None, since: int = 0
    ) -> AsyncIterator[Listed]:
        def read(after: int, limit: int) -> Awaitable[Sequence[Listed]]:
            return self._read(
                lambda db: listing.list_sessions(db, account, group, since, after, limit)
            )

        return listed(read)

    async def entries(self, key: SessionKey, after: int, limit: int) -> Sequence[Entry] | Erased:
        return await self._read(lambda db: listing.entries(db, key, after, limit))

    # --- publications -----------------------------------------------------------------------------

    async def publications(self) -> Mapping[str, Publication]:
        return await self._read(publications.publications)

    def publish(self, cell: str, number: int, data: str) -> Future[Publication]:
        return self._writer.submit(
            "publish", lambda tx: publications.publish(tx, cell, number, data), alone=True
        )

    # --- the store itself -------------------------------------------------------------------------

    def changes(self) -> AsyncIterator[frozenset[SessionKey] | All]:
        return self._listener.changes()

    async def secret(self) -> bytes:
        return bytes(await self._read(lambda db: db.fetchval("SELECT secret FROM store")))

    def stalled(self) -> float:
        # The listener knows it on a node without writes.
        return max(self._writer.stalled(), self._listener.away())

    @property
    def peers(self) -> Peers:
        return self._peers

    async def close(self) -> None:
        await self._peers.close()
        await self._writer.close()
        await self._listener.close()
        self._readers.terminate()

    def _new_lease(self) -> Lease:
        return Lease(self._owner, round(self.lease * 1000))

    def _write(self, key: SessionKey, job: Callable[[Transaction], Awaitable[T]]) -> Future[T]:
        return self._writer.submit(key, job)

    async def _repeat(self, name: str, job: Callable[[Transaction], Awaitable[int]]) -> int:
        """Run the job until it returns 0, each time in another transaction. Returns the sum."""
        total = 0
        while number := await self._writer.submit(name, job, alone=True):
            total += number
        return total

    async def _read(self, read: Callable[[Reads], Awaitable[T]]) -> T:
        try:
            if self._listener.away() > _AWAY:
                raise TimeoutError
            async with asyncio.timeout(_READING):
                return await read(self._readers)
        except OUTAGE as error:
            self._outage.note(reason := as_sentence(error))
            raise StoreError(f"The store cannot be read: {reason}.") from error
