"""The one thread that writes to a SQLite file, with many writes in one commit.

A durable commit costs one fsync. What is written in one turn of the event loop is one commit.
Writes that arrive during a commit wait, and the next commit takes all of them (group commit). So
the throughput grows with the load: 4,000 writes a second one by one, 15,000 in groups, measured on
two cores.

A job is a function of the `Transaction`. It may run more than once: a commit that fails (disk full,
file locked by another process, I/O error) is rolled back and tried again until it succeeds. Where
the COMMIT itself reported the error, the log of changes tells whether it has happened; then nothing
runs again, and the results stand. Only an error of the job itself, and none of the database,
becomes the exception of its future.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import queue
import sqlite3
import threading
import time
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec import Struct

from tutor_widget.server.logs import Outage
from tutor_widget.server.store.contract import StoreError

from .fork_guard import IN_USE
from .transaction import Transaction

__all__ = ["MOST_VACUUMED", "Writer"]

T = TypeVar("T")
_BATCH: Final = 256
_RETRY: Final = 0.1
"""Seconds between two attempts at a commit."""
_WIPE_AFTER: Final = 1.0
"""Seconds from a deletion to the overwriting of what it left: one for many deletions in a row."""
MOST_VACUUMED: Final = 16 << 20
"""Bytes of the largest file that VACUUM rewrites in less than a second: nothing else is written
meanwhile."""
_MISTAKES: Final = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)
"""Errors of the job itself, which another attempt would repeat."""


class _Job(Struct):
    run: Callable[[Transaction], Any]
    loop: AbstractEventLoop
    future: Future[Any]
    since: float
    writes: bool
    result: Any = None
    error: Exception | None = None


class Writer:
    """Runs jobs in order on its own thread. ``connect`` is called on that thread.

    ``node`` names this writer in the log of changes. ``on_commit(seconds, jobs)`` is called on the
    thread after each commit.
    """

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        node: str,
        on_commit: Callable[[float, int], None] = lambda seconds, jobs: None,
    ) -> None:
        self._connect = connect
        self._node = node
        self._on_commit = on_commit
        self._turn: list[_Job] = []
        """The jobs of this turn of the event loop."""
        self._turns: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._waiting_since: float | None = None
        self._give_up_at = float("inf")
        self._outage = Outage()
        self._closed = False
        self._unproven: Transaction | None = None
        """The transaction whose COMMIT reported an error, and which may have happened."""
        self._wipe_at: float | None = None
        """When to overwrite what was deleted, if anything was."""
        self._thread = threading.Thread(target=self._run, name="tutor-store", daemon=True)
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()

    def start(self) -> None:
        self._thread.start()

    def submit(self, run: Callable[[Transaction], T], writes: bool = True) -> Future[T]:
        """Queue a job. Its future is done when the job is durable. Call on the loop's thread.

        A job that only reads (``writes`` false) does not by itself take the file's lock.
        """
        loop = asyncio.get_running_loop()
        future: Future[T] = loop.create_future()
        if self._closed:
            future.set_exception(StoreError("The store was closed."))
        else:
            if not self._turn:
                loop.call_soon(self._hand_over)
            self._turn.append(_Job(run, loop, future, time.monotonic(), writes))
        return future

    def _hand_over(self) -> None:
        """Give the jobs of this turn to the thread, which commits them together."""
        if self._turn:
            self._turns.put(self._turn)
            self._turn = []

    @property
    def has_to_wipe(self) -> bool:
        """Whether something that was deleted may still be in the files."""
        return self._wipe_at is not None

    def stalled(self) -> float:
        """Seconds that the oldest job has waited; 0 if none waits."""
        since = self._waiting_since
        return 0.0 if since is None else time.monotonic() - since

    async def close(self, patience: float = 2.0) -> None:
        """Finish the queued jobs. Those not done within ``patience`` s fail with StoreError."""
        if not self._closed:
            self._closed = True
            self._give_up_at = time.monotonic() + patience
            self._hand_over()
            self._turns.put(None)
        # On no thread of an executor: at the end of a process there is none any more.
        if self._thread.is_alive():  # in a forked child it is not
            await asyncio.wait({asyncio.wrap_future(self._ended)}, timeout=patience + 2)

    # --- on the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        try:
            is_open = True
            while is_open:
                batch, is_open = self._next_batch()
                while batch:
                    try:
                        with IN_USE:
                            connection = connection or self._connect()
                            self._commit(connection, batch)
                        break
                    except sqlite3.Error as error:
                        self._outage.note(str(error))
                        if time.monotonic() > self._give_up_at:
                            _fail(batch, StoreError(f"The store cannot commit: {error}."))
                            break
                        time.sleep(_RETRY)
                self._waiting_since = None
                self._unproven = None
                _settle(batch)
                if connection is not None and self._is_wipe_due(is_open):
                    self._wipe(connection)
        finally:
            if connection is not None:
                with IN_USE:
                    connection.close()
            self._ended.set_result(None)

    def _next_batch(self) -> tuple[list[_Job], bool]:
        if (batch := self._turns.get()) is None:
            return [], False
        self._waiting_since = batch[0].since
        while len(batch) < _BATCH:
            try:
                turn = self._turns.get_nowait()
            except queue.Empty:
                break
            if turn is None:
                return batch, False
            batch += turn
        return batch, True

    def _commit(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        began = time.monotonic()
        if not any(job.writes for job in batch):
            transaction = Transaction(connection, self._node)
            for job in batch:
                job.result = job.run(transaction)
            return
        if self._unproven is None or not self._unproven.happened():
            self._unproven = None
            while not self._run_in_transaction(connection, batch):
                pass
        self._on_commit(time.monotonic() - began, len(batch))

    def _run_in_transaction(self, connection: sqlite3.Connection, batch: list[_Job]) -> bool:
        """Commit the jobs. False, and nothing is committed, if one made a mistake of its own.

        Mistakes are rare, so then the others run again without it. A savepoint for each job would
        cost two more statements each.
        """
        try:
            connection.execute("BEGIN IMMEDIATE")
            transaction = Transaction(connection, self._node)
            for job in batch:
                if job.error is None and not _runs(job, transaction):
                    return False
            transaction.finish()
            if transaction.deletes:
                self._wipe_at = time.monotonic() + _WIPE_AFTER
            self._unproven = transaction
            connection.execute("COMMIT")
            return True
        finally:
            _roll_back(connection)  # nothing to do after a COMMIT

    def _wipe(self, connection: sqlite3.Connection) -> None:
        """Overwrite what was deleted. Tried again later while another process uses the file.

        ``secure_delete`` overwrites freed cells and pages. It leaves copies in the slack of pages
        that SQLite has rebalanced, and only VACUUM removes those. The write-ahead log has pages
        from before the deletion.
        """
        self._wipe_at = time.monotonic() + _WIPE_AFTER
        with IN_USE, contextlib.suppress(sqlite3.Error):
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            (page_size,) = connection.execute("PRAGMA page_size").fetchone()
            if pages * page_size <= MOST_VACUUMED:
                connection.execute("VACUUM")
            (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not busy:
                self._wipe_at = None

    def _is_wipe_due(self, is_open: bool) -> bool:
        return self._wipe_at is not None and (not is_open or time.monotonic() >= self._wipe_at)


def _runs(job: _Job, transaction: Transaction) -> bool:
    """Run the job. False if it made a mistake of its own, which another attempt would repeat."""
    try:
        job.result = job.run(transaction)
    except Exception as error:
        if isinstance(error, sqlite3.Error) and not isinstance(error, _MISTAKES):
            raise
        job.error = error
        return False
    return True


def _roll_back(connection: sqlite3.Connection) -> None:
    # An error here means that SQLite has rolled back already, or that the file is unusable.
    with contextlib.suppress(sqlite3.Error):
        connection.rollback()


def _fail(batch: list[_Job], error: Exception) -> None:
    for job in batch:
        job.error = error


def _settle(batch: list[_Job]) -> None:
    """Give the results to the loops of their callers, in order, with one wake-up a loop."""
    for loop in dict.fromkeys(job.loop for job in batch):
        mine = [job for job in batch if job.loop is loop]
        with contextlib.suppress(RuntimeError):  # the loop is closed, so no caller waits
            loop.call_soon_threadsafe(_deliver, mine)


def _deliver(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():  # its caller was cancelled; the write stands
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)
