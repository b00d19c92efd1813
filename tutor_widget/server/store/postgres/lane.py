"""One lane of the writer: a connection, and the jobs that are committed on it together."""

from __future__ import annotations

import contextlib
import secrets
from asyncio import Future
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, Final

import asyncpg
from msgspec import Struct

from .answers import Finish, Take, finish_all, take_all
from .connections import OUTAGE, Connection, Database, close
from .log import Append, append_all
from .transaction import SHARES, Transaction

__all__ = ["CONFLICTS", "MISTAKES", "Attempt", "Job", "Lane"]

MISTAKES: Final = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
)
"""Errors of the job itself, which another attempt would repeat."""
CONFLICTS: Final = (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError)
"""Errors after which the connection is as good as before."""
_NEAR: Final = 32 << 20
"""Bytes below an account's limit from which on its messages are counted one after another. So much
is hardly written in one moment by those who do not wait for each other."""


Call = Append | Finish | Take
"""What is run together with others of its kind."""
_KINDS: Final[
    dict[type[Call], Callable[[Transaction, Sequence[Any]], Awaitable[Sequence[Any]]]]
] = {
    Append: append_all,
    Finish: finish_all,
    Take: take_all,
}
"""How. Only the first takes several calls of one session."""


class Job(Struct, eq=False):
    """A write that waits for its commit. ``key``: of its session, if it is a number."""

    number: int
    key: Hashable
    run: Call | Callable[[Transaction], Awaitable[Any]]
    future: Future[Any]
    since: float
    account: str | None
    """The account that is locked for it."""
    alone: bool
    result: Any = None
    error: Exception | None = None

    def settle(self) -> None:
        """Give the result to the caller, unless it was cancelled. The write stands."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class Lane:
    """A connection that is made when it is needed, for the node ``node``."""

    def __init__(self, database: Database, node: str) -> None:
        self.node = node
        self.share = secrets.randbelow(SHARES)
        self._database = database
        self._connection: Connection | None = None

    async def connection(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect()
        return self._connection

    def drop(self) -> None:
        """Give the connection up, without waiting for a database that may be away."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        await close(self._connection)


class Attempt:
    """A batch of jobs, which is run until it is committed."""

    def __init__(self, lane: Lane, jobs: Sequence[Job]) -> None:
        self._lane = lane
        self._jobs = jobs
        self._token = secrets.token_hex(12)
        self._is_unproven = False
        """Whether a COMMIT got no answer, and may have happened."""

    async def run(self) -> None:
        """Run the jobs in a transaction. Raises `MISTAKES` of a job, or `OUTAGE`: run again."""
        db = await self._lane.connection()
        tx = Transaction(db, self._lane.node, self._token, self._lane.share)
        try:
            await db.execute("BEGIN")
            await self._lock(tx)
            # Here, because a lost COMMIT that is still under way has had these locks.
            if self._is_unproven and await tx.happened():
                await db.execute("ROLLBACK")
                return
            self._is_unproven = False
            await self._run_jobs(tx)
            await tx.finish()
            self._is_unproven = True
            if await db.execute("COMMIT") != "COMMIT":
                raise asyncpg.TransactionRollbackError("the transaction was rolled back")
        except Exception:
            with contextlib.suppress(*OUTAGE):
                await db.execute("ROLLBACK", timeout=1.0)
            raise

    async def _lock(self, tx: Transaction) -> None:
        await tx.load({job.key for job in self._jobs if isinstance(job.key, int)})
        names = {job.account for job in self._jobs if job.account is not None}
        near = await self._read_near_limit(tx)
        await tx.lock(names | near)
        if near:  # again, because those who had the locks have written
            await tx.read_stored(near)

    async def _read_near_limit(self, tx: Transaction) -> set[str]:
        """Read how much the accounts store. Returns those that are near their limits."""
        limits: dict[str, int] = {}
        for job in self._jobs:
            call = job.run
            if not isinstance(call, Append) or not call.most_bytes:
                continue
            if (session := tx.sessions.get(call.key)) is not None:
                limit = limits.get(session.account, call.most_bytes)
                limits[session.account] = min(limit, call.most_bytes)
        if limits:
            await tx.read_stored(limits)
        return {account for account in limits if tx.stored[account] + _NEAR >= limits[account]}

    async def _run_jobs(self, tx: Transaction) -> None:
        """Run the calls that are the first of their sessions, by kind; then the other jobs."""
        kinds: dict[type[Call], list[Job]] = {kind: [] for kind in _KINDS}
        rest: list[Job] = []
        others: set[Hashable] = set()  # sessions with a job that those behind it must not overtake
        for job in self._jobs:
            if job.key in others:
                rest.append(job)
                continue
            if not isinstance(job.run, Append):
                others.add(job.key)
            (kinds[type(job.run)] if isinstance(job.run, Call) else rest).append(job)
        for jobs in kinds.values():
            await _run_calls(tx, jobs)
        for job in rest:
            await tx.flush()
            if isinstance(job.run, Call):
                await _run_calls(tx, [job])
            else:
                job.result = await job.run(tx)


async def _run_calls(tx: Transaction, jobs: Sequence[Job]) -> None:
    """Run jobs of one kind of call."""
    calls = [job.run for job in jobs]
    if calls:
        run = _KINDS[type(calls[0])]  # type: ignore[index]
        for job, result in zip(jobs, await run(tx, calls), strict=True):
            job.result = result
