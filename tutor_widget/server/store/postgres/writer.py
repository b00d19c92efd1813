"""The lanes that write to the database, with many writes in one commit.

A durable commit costs a flush of the log, and each statement a round trip. What is written in one
turn of the event loop is one transaction, up to a bound. Writes that arrive meanwhile wait, and the
lane takes all of them when it is done (group commit). Another lane helps where that takes long: one
may wait for a lock, or for a slow network. A session is with one lane at a time, so its writes take
effect in the order of the calls. The frequent calls (`lane.Call`) of a batch are run together, in a
few statements for all of a kind.

A job may run more than once: a transaction that fails is tried again until it succeeds. Where the
COMMIT itself got no answer, the table ``commits`` tells whether it has happened; then nothing runs
again, and the results stand. Only an error of the job itself, and none of the database, becomes the
exception of its future.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from asyncio import Future
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, TypeVar

from tutor_widget.server.logs import Outage
from tutor_widget.server.store.contract import StoreError

from .connections import OUTAGE, Database, as_sentence
from .lane import CONFLICTS, MISTAKES, Attempt, Call, Job, Lane
from .transaction import Transaction

__all__ = ["Writer"]

T = TypeVar("T")
_LANES: Final = 4
_BATCH: Final = 256
_HELP: Final = 0.03
"""Seconds after which an idle lane takes what waits for a busy one. Sooner, there would be more
commits, each with fewer writes, and all later."""
_RETRY: Final = 0.2
"""Seconds between two attempts at a commit."""


class Writer:
    """Commits jobs on a few connections. Make it on the loop that uses it.

    ``node`` names this writer to other nodes. ``on_commit(seconds, jobs)`` is called after each
    commit.
    """

    def __init__(
        self,
        database: Database,
        node: str,
        on_commit: Callable[[float, int], None] = lambda seconds, jobs: None,
    ) -> None:
        self._database = database
        self._node = node
        self._on_commit = on_commit
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count()
        self._queues: dict[Hashable, deque[Job]] = {}
        """Jobs that wait, and an empty queue for those of which all are under way."""
        self._ready: deque[Hashable] = deque()
        """Queues with jobs of which none is under way, in the order of their first jobs."""
        self._unsettled: OrderedDict[int, Job] = OrderedDict()
        self._idle: deque[Future[None]] = deque()
        self._is_waking = False
        self._helper: asyncio.TimerHandle | None = None
        self._closing = asyncio.Event()
        self._reason = "it was closed"
        self._outage = Outage()
        self._lanes = [self._loop.create_task(self._run_lane()) for _ in range(_LANES)]

    def submit(
        self,
        key: Hashable,
        run: Callable[[Transaction], Awaitable[T]] | Call,
        account: str | None = None,
        alone: bool = False,
    ) -> Future[T]:
        """Queue a job, after all those with the same key. Its future is done when it is durable.

        A number as key is that of a session, which is locked and loaded. ``account`` is locked too.
        A job that is ``alone`` has a transaction of its own, as all those with its key.
        """
        future: Future[T] = self._loop.create_future()
        if self._closing.is_set():
            future.set_exception(StoreError("The store was closed."))
            return future
        job = Job(next(self._numbers), key, run, future, time.monotonic(), account, alone)
        self._unsettled[job.number] = job
        if (queue := self._queues.get(key)) is None:
            queue = self._queues[key] = deque()
            self._ready.append(key)
        queue.append(job)
        if not self._is_waking:  # at the end of this turn, so that all its jobs are one batch
            self._is_waking = True
            self._loop.call_soon(self._wake)
        return future

    def stalled(self) -> float:
        """Seconds that the oldest job has waited; 0 if none waits.

        What is `alone` counts not: nobody waits for it, and it may wait for one session's lock, or
        search a large table, while all others are written.
        """
        oldest = next((job for job in self._unsettled.values() if not job.alone), None)
        return 0.0 if oldest is None else time.monotonic() - oldest.since

    async def close(self, patience: float = 2.0) -> None:
        """Finish the queued jobs. Those not done within ``patience`` s fail with StoreError."""
        self._closing.set()
        if self._helper is not None:
            self._helper.cancel()
        while self._idle:
            self._wake_lane()
        _, late = await asyncio.wait(self._lanes, timeout=patience)
        for lane in late:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)
        for job in self._unsettled.values():
            job.error = StoreError(f"The store cannot commit: {self._reason}.")
            job.settle()
        self._unsettled.clear()

    # --- lanes ------------------------------------------------------------------------------------

    def _wake(self) -> None:
        """Let a lane work: at once if none does, else if a job has to wait for long."""
        self._is_waking = False
        if len(self._idle) == _LANES:
            self._wake_lane()
        elif self._helper is None:
            self._helper = self._loop.call_later(_HELP, self._help)

    def _help(self) -> None:
        self._helper = None
        if self._ready:
            self._wake_lane()

    def _wake_lane(self) -> None:
        """Let one idle lane work. It wakes the next one if it leaves work behind."""
        while self._idle:
            waiting = self._idle.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return

    async def _run_lane(self) -> None:
        lane = Lane(self._database, self._node)
        try:
            while True:
                if batch := self._take():
                    if self._ready:
                        self._wake_lane()
                    await self._commit(lane, batch)
                    self._settle(batch)
                elif self._closing.is_set():
                    return
                else:
                    waiting: Future[None] = self._loop.create_future()
                    self._idle.append(waiting)
                    await waiting
        finally:
            await lane.close()

    def _take(self) -> list[Job]:
        """The next jobs, of which no other lane has a session, in the order of the calls."""
        batch: list[Job] = []
        while self._ready:
            queue = self._queues[self._ready[0]]
            # What does not fit is left to the next batch, unless it fits into none.
            if batch and (queue[0].alone or len(batch) + len(queue) > _BATCH):
                break
            self._ready.popleft()
            if queue[0].alone:
                return [queue.popleft()]
            batch += [queue.popleft() for _ in range(min(len(queue), _BATCH))]
        return sorted(batch, key=lambda job: job.number)

    def _settle(self, batch: list[Job]) -> None:
        for job in batch:
            del self._unsettled[job.number]
            job.settle()
        for key in dict.fromkeys(job.key for job in batch):
            if self._queues[key]:
                self._ready.append(key)
            else:
                del self._queues[key]

    async def _commit(self, lane: Lane, batch: list[Job]) -> None:
        """Commit the jobs. If one makes a mistake of its own, each gets its own transaction."""
        began = time.monotonic()
        try:
            await self._persist(lane, batch)
        except Exception as error:  # noqa: BLE001  # any error that a job may raise
            if len(batch) == 1:
                batch[0].error = error
                return
            for job in batch:
                await self._commit(lane, [job])
            return
        self._on_commit(time.monotonic() - began, len(batch))

    async def _persist(self, lane: Lane, batch: list[Job]) -> None:
        """Commit the jobs, however often it takes. Raises what another attempt would repeat."""
        attempt = Attempt(lane, batch)
        while True:
            try:
                await attempt.run()
                return
            except MISTAKES:
                raise
            except OUTAGE as error:
                self._reason = as_sentence(error)
                self._outage.note(self._reason)
                if not isinstance(error, CONFLICTS):
                    lane.drop()
            await asyncio.sleep(_RETRY)
