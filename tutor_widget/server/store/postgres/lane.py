"""One lane of the writer: a connection, and the jobs that are committed on it together."""

from __future__ import annotations

import contextlib
import secrets
from asyncio import Future
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable, Sequence
from typing import Any, Final, TypeVar

import asyncpg
from msgspec import Struct

from .answers import Finish, Take, finish_all, take_all
from .connections import OUTAGE, Connection, Database, close
from .known import Known, read_known
from .log import Append, append_all
from .transaction import SHARES, Transaction

__all__ = ["CONFLICTS", "MISTAKES", "Attempt", "Job", "Lane"]

T = TypeVar("T")
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
"""What is run together with others of its kind. Only of the first may several be of one session."""


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
        self._together, self._rest = _divided(jobs)
        self._token = secrets.token_hex(12)
        self._is_unproven = False
        """Whether a COMMIT got no answer, and may have happened."""

    async def run(self) -> None:
        """Run the jobs in a transaction. Raises `MISTAKES` of a job, or `OUTAGE`: run again."""
        db = await self._lane.connection()
        tx = Transaction(db, self._lane.node, self._token, self._lane.share)
        try:
            await db.execute("BEGIN")
            known = await self._lock(tx)
            # Here, because a lost COMMIT that is still under way has had these locks.
            if self._is_unproven and await tx.happened():
                await db.execute("ROLLBACK")
                return
            self._is_unproven = False
            await _run_calls(tx, known, self._together)
            await self._run_rest(tx)
            await tx.finish()
            self._is_unproven = True
            if await db.execute("COMMIT") != "COMMIT":
                raise asyncpg.TransactionRollbackError("the transaction was rolled back")
        except Exception:
            with contextlib.suppress(*OUTAGE):
                await db.execute("ROLLBACK", timeout=1.0)
            raise

    async def _lock(self, tx: Transaction) -> Known:
        """Lock the sessions and the accounts. Returns what is known for the calls run together."""
        await tx.load({job.key for job in self._jobs if isinstance(job.key, int)})
        limits = self._limits(tx)
        known = await _read_known(tx, self._together, limits)
        near = {name for name, limit in limits.items() if tx.stored[name] + _NEAR >= limit}
        names = {job.account for job in self._jobs if job.account is not None}
        await tx.lock(names | near)
        if near:  # again, because those who had the locks have written
            await tx.read_stored(near)
        return known

    def _limits(self, tx: Transaction) -> dict[str, int]:
        """Of the accounts that have one, the bytes that they may store."""
        limits: dict[str, int] = {}
        for job in self._jobs:
            call = job.run
            if not isinstance(call, Append) or not call.most_bytes:
                continue
            if (session := tx.sessions.get(call.key)) is not None:
                limit = limits.get(session.account, call.most_bytes)
                limits[session.account] = min(limit, call.most_bytes)
        return limits

    async def _run_rest(self, tx: Transaction) -> None:
        for job in self._rest:
            await tx.flush()
            if isinstance(job.run, Call):
                await _run_calls(tx, await _read_known(tx, [job]), [job])
            else:
                job.result = await job.run(tx)


def _divided(jobs: Sequence[Job]) -> tuple[list[Job], list[Job]]:
    """The calls that are the first of their sessions, and behind them the other jobs."""
    together: list[Job] = []
    rest: list[Job] = []
    others: set[Hashable] = set()  # sessions with a job that those behind it must not overtake
    for job in jobs:
        is_first = job.key not in others
        if not isinstance(job.run, Append):
            others.add(job.key)
        (together if is_first and isinstance(job.run, Call) else rest).append(job)
    return together, rest


async def _read_known(
    tx: Transaction, jobs: Sequence[Job], accounts: Collection[str] = ()
) -> Known:
    calls = [job.run for job in jobs]
    sent = {one for call in calls if isinstance(call, Append) for one in call.ids()}
    answered = [call.message() for call in calls if isinstance(call, Finish)]
    return await read_known(tx, sent, answered, accounts)


async def _run_calls(tx: Transaction, known: Known, jobs: Sequence[Job]) -> None:
    """Run calls, all of a kind at once."""
    appends, finishes, takes = _of(Append, jobs), _of(Finish, jobs), _of(Take, jobs)
    _give(appends, append_all(tx, known, [*appends.values()]))
    _give(finishes, finish_all(tx, known, [*finishes.values()]))
    if takes:
        _give(takes, await take_all(tx, [*takes.values()]))


def _of(kind: type[T], jobs: Sequence[Job]) -> dict[Job, T]:
    return {job: job.run for job in jobs if isinstance(job.run, kind)}


def _give(jobs: Iterable[Job], results: Iterable[Any]) -> None:
    for job, result in zip(jobs, results, strict=True):
        job.result = result
