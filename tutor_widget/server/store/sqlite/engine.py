"""The store in one SQLite file.

Several processes may use one file at once (two notebooks, each with its embedded tutor). They see
each other's commits by ``PRAGMA data_version``, which changes only when *another* connection
commits. So the check is cheap while no other process writes. What was changed stands in the table
``changes`` (see `transaction`).

One thread writes (`writer`), another one reads. What a method does is in the module of its topic:
`sessions`, `log`, `answers`, `erasure`, `listing`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from asyncio import Future
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tutor_widget.server.store.contract import StoreError
from tutor_widget.server.store.lease_owner import lease_owner_name
from tutor_widget.server.store.peers import Alone, Peers
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
from .fork_guard import IN_USE
from .opening import DatabaseFile
from .transaction import Transaction, changed_by_others, newest_change
from .writer import Writer

__all__ = ["SQLiteStore"]

T = TypeVar("T")


class SQLiteStore:
    """A `Store` in the file ``path``. Make one with `open_file`, and close it with `close`."""

    lease = 10.0

    def __init__(self, file: DatabaseFile, on_commit: Callable[[float, int], None]) -> None:
        self.peers: Peers = Alone()
        self.path = file.path
        self._file = file
        self._poll = 1.0 if file.on_network else 0.25
        self._owner = lease_owner_name()
        self._node = self._owner.rpartition("#")[2]
        self._writer = Writer(file.connect, self._node, on_commit)
        self._reader = ThreadPoolExecutor(1, "tutor-reader")
        self._reading: sqlite3.Connection | None = None
        self._seen = (0, 0)
        """Data version and number of the newest change that `changes` has told."""

    @classmethod
    async def open_file(
        cls,
        path: Path | str,
        on_commit: Callable[[float, int], None] = lambda seconds, jobs: None,
    ) -> SQLiteStore:
        """Open the file. A new one, and its folder, are made for their owner only.

        ``on_commit(seconds, writes)`` is called on the writer's thread after each commit.
        Raises StoreError, a sentence for the operator, if the file cannot be opened.
        """

        def prepared() -> SQLiteStore:
            file = DatabaseFile(Path(path))
            file.prepare()
            return cls(file, on_commit)

        store = await asyncio.to_thread(prepared)
        store._writer.start()
        _, store._seen = await store._look()  # later commits of others count from here
        return store

    # --- sessions ---------------------------------------------------------------------------------

    async def find_session(self, account: str, name: str) -> Head | Erased | None:
        return await self._read(lambda db: sessions.find_session(db, account, name))

    def create_session(
        self, account: str, name: str, groups: frozenset[str] = frozenset(), most: int = 0
    ) -> Future[Head | Erased | Full]:
        return self._write(lambda tx: sessions.create_session(tx, account, name, groups, most))

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
        return self._write(lambda tx: log.append(tx, key, message, most_bytes, behind, lease))

    def withdraw(self, key: SessionKey, message_id: str) -> Future[Outcome | Erased]:
        return self._write(lambda tx: log.withdraw(tx, key, message_id))

    def stop(self, key: SessionKey, message_id: str) -> Future[bool | Erased]:
        return self._write(lambda tx: log.write_stop(tx, key, message_id))

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
        return self._write(lambda tx: answers.greet(tx, key, answer))

    def claim(self, key: SessionKey) -> Future[Claim | Busy | Held | Erased | None]:
        lease = self._new_lease()
        return self._write(lambda tx: answers.claim(tx, key, lease))

    def renew(self, claim: Claim) -> Future[bool]:
        lease = self._new_lease()
        return self._write(lambda tx: answers.renew(tx, claim, lease))

    def answer(self, claim: Claim, answer: Answer) -> Future[Answered | None]:
        return self._write(lambda tx: answers.answer(tx, claim, answer))

    def hold(
        self,
        claim: Claim,
        answer: Answer,
        seconds: float | None = None,
        otherwise: str | None = None,
    ) -> Future[bool]:
        return self._write(lambda tx: answers.hold(tx, claim, answer, seconds, otherwise))

    async def held(self) -> Sequence[HeldAnswer]:
        return await self._read(answers.held)

    async def overdue(self) -> Sequence[tuple[str, str, str]]:
        return await self._read(answers.overdue)

    def approve(
        self, key: SessionKey, re: str, text: str | None = None, by: str | None = None
    ) -> Future[Answered | Erased | None]:
        return self._write(lambda tx: answers.approve(tx, key, re, text, by))

    def release(self, claim: Claim, *, counts: bool = True) -> Future[None]:
        return self._write(lambda tx: answers.release(tx, claim, counts))

    async def unanswered(self) -> Sequence[tuple[str, str]]:
        return await self._read(answers.unanswered)

    async def spent(self, key: SessionKey, day: str) -> Spent | Erased:
        return await self._read(lambda db: answers.spent(db, key, day))

    # --- people -----------------------------------------------------------------------------------

    def report(
        self, key: SessionKey, event_id: str, reason: str | None, shared: bool = False
    ) -> Future[bool | Erased]:
        return self._write(lambda tx: listing.write_report(tx, key, event_id, reason, shared))

    async def reports(self, since: int, limit: int) -> Sequence[Report]:
        return await self._read(lambda db: listing.reports(db, since, limit))

    def settle_report(
        self, key: SessionKey, event_id: str, state: ReportState
    ) -> Future[bool | Erased]:
        return self._write(lambda tx: listing.settle_report(tx, key, event_id, state))

    def notice(
        self,
        key: SessionKey,
        notice_id: str,
        by: str | None,
        text: str,
        answers: str | None = None,
    ) -> Future[Kept | Erased]:
        return self._write(lambda tx: log.write_notice(tx, key, notice_id, by, text, answers))

    def erase(self, key: SessionKey, days: float) -> Future[None]:
        return self._write(lambda tx: erasure.erase(tx, key, days))

    def expire(self, idle: float, spare: Collection[SessionKey] = ()) -> Future[int]:
        spared = frozenset(spare)
        return asyncio.ensure_future(
            self._repeat(lambda tx: erasure.expire(tx, idle, spared)),
        )

    def expire_contexts(self, age: float) -> Future[int]:
        return asyncio.ensure_future(
            self._repeat(lambda tx: erasure.expire_contexts(tx, age)),
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
        return self._write(lambda tx: publications.publish(tx, cell, number, data))

    # --- the store itself -------------------------------------------------------------------------

    async def changes(self) -> AsyncIterator[frozenset[SessionKey] | All]:
        while True:
            await asyncio.sleep(self._poll)
            try:
                changed, self._seen = await self._look()
            except StoreError:  # closed
                return
            if changed:
                yield changed

    async def secret(self) -> bytes:
        query = "SELECT secret FROM store"
        return await self._read(lambda db: bytes(db.execute(query).fetchone()[0]))

    def stalled(self) -> float:
        return self._writer.stalled()

    async def close(self) -> None:
        await self._writer.close()
        await self._end_reads()
        if self._reading is not None:
            self._reading.close()

    async def _end_reads(self) -> None:
        """Wait for the reads under way. At the end of a process all have ended already."""
        with contextlib.suppress(RuntimeError):  # it takes no jobs any more
            last = self._reader.submit(lambda: None)
            self._reader.shutdown(wait=False)
            await asyncio.wrap_future(last)

    async def _look(self) -> tuple[frozenset[SessionKey] | All, tuple[int, int]]:
        """What others have changed since `_seen`, and what is seen now."""
        seen_version, seen_number = self._seen

        # On the writer's connection: its own commits do not change the data version. The result is
        # not stored inside the job, because a job that is rolled back runs again.
        def job(tx: Transaction) -> tuple[frozenset[SessionKey] | All, tuple[int, int]]:
            (version,) = tx.execute("PRAGMA data_version").fetchone()
            if version == seen_version:
                return frozenset(), self._seen
            changed = changed_by_others(tx.db, seen_number, self._node)
            return changed, (version, newest_change(tx.db))

        return await self._writer.submit(job, writes=False)

    def _new_lease(self) -> Lease:
        return Lease(self._owner, round(self.lease * 1000))

    def _write(self, job: Callable[[Transaction], T]) -> Future[T]:
        return self._writer.submit(job)

    async def _repeat(self, job: Callable[[Transaction], int]) -> int:
        """Run the job until it returns 0, each time in another transaction. Returns the sum."""
        total = 0
        while number := await self._write(job):
            total += number
        return total

    async def _read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            try:
                with IN_USE:
                    if self._reading is None:
                        self._reading = self._file.connect_plain()
                    return job(self._reading)
            except sqlite3.Error as error:
                raise StoreError(f"The store cannot be read: {error}.") from error

        return await asyncio.get_running_loop().run_in_executor(self._reader, run)
