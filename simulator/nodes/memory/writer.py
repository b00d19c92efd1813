"""The lanes of one process: many writes in one commit, in the order of the calls for each session.

A lane takes what waits, sends it as one transaction, and waits for the answer. Several lanes are
under way at once, so writes of different sessions take effect in any order. A transaction that
finds no database is sent again. Where an answer is lost, the lane looks for the proof that the
transaction has happened, for as long as an outage lasts; then its results stand.
"""

from __future__ import annotations

import itertools
from asyncio import Future
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from simulator.nodes.memory.database import Database
from simulator.nodes.memory.line import Line
from tutor_widget.server.store.contract import StoreError

__all__ = ["Writer"]

_LANES: Final = 4
_RETRY: Final = 0.2
"""Seconds between two attempts at a commit."""


class _Write(Struct, eq=False):
    number: int
    key: object
    run: Callable[[], Any]
    result: Future[Any]
    since: float


Batch = list[_Write]


class Writer:
    """Commits writes for ``owner``, the store of the process at the end of ``line``."""

    def __init__(self, database: Database, owner: str, line: Line) -> None:
        self._database = database
        self._owner = owner
        self._line = line
        self._numbers = itertools.count()
        self._queues: dict[object, deque[_Write]] = {}
        """Writes that wait, and an empty queue for those of which all are under way."""
        self._ready: deque[object] = deque()
        """Queues with writes of which none is under way."""
        self._unsettled: dict[int, _Write] = {}
        self._idle = _LANES
        self._is_waking = False
        self._is_closed = False

    def submit(self, key: object, run: Callable[[], Any]) -> Future[Any]:
        """Queue a write, after all those with the same key: a session's, or an account's."""
        result: Future[Any] = self._line.loop.create_future()
        if self._is_closed:
            result.set_exception(StoreError("The store is closed."))
            return result
        write = _Write(next(self._numbers), key, run, result, self._line.loop.time())
        self._unsettled[write.number] = write
        if (queue := self._queues.get(key)) is None:
            queue = self._queues[key] = deque()
            self._ready.append(key)
        queue.append(write)
        if not self._is_waking:  # at the end of this turn, so that all its writes are one batch
            self._is_waking = True
            self._line.loop.call_soon(self._wake)
        return result

    def stalled(self) -> float:
        """Seconds that the oldest write has waited; 0 if none waits."""
        oldest = next(iter(self._unsettled.values()), None)
        return self._line.loop.time() - oldest.since if oldest else 0.0

    @property
    def is_busy(self) -> bool:
        return bool(self._unsettled)

    def close(self) -> bool:
        """Fail what waits. Returns whether there was anything."""
        self._is_closed = True
        waiting, self._unsettled = list(self._unsettled.values()), {}
        for write in waiting:
            if not write.result.done():
                write.result.set_exception(StoreError("The store is closed."))
        return bool(waiting)

    # --- lanes ------------------------------------------------------------------------------------

    def _wake(self) -> None:
        self._is_waking = False
        while self._idle and self._ready:
            self._idle -= 1
            self._send(self._take())

    def _take(self) -> Batch:
        """The next writes, of which no other lane has a session, in the order of the calls."""
        batch: Batch = []
        most = self._line.weather.batch
        while self._ready and len(batch) < most:
            queue = self._queues[self._ready.popleft()]
            batch += [queue.popleft() for _ in range(min(len(queue), most - len(batch)))]
        return sorted(batch, key=lambda write: write.number)

    def _send(self, batch: Batch) -> None:
        if not self._is_closed:
            self._line.carry(lambda: self._arrive(batch))

    def _arrive(self, batch: Batch) -> None:
        """The transaction is at the database, if that is there."""
        line = self._line
        if not line.is_writable:
            line.loop.call_later(_RETRY, self._send, batch)
            return
        results, has_changed = self._database.commit([one.run for one in batch], self._owner)
        if not has_changed or not line.weather.loses_answer():
            line.answer(self._report, batch, results)
            return
        line.loop.call_later(_RETRY, self._ask, batch, results)

    def _ask(self, batch: Batch, results: list[Any]) -> None:
        """The answer was lost: look for the proof that the transaction has happened."""

        def look() -> None:
            if self._line.is_writable:
                self._line.answer(self._report, batch, results)
            else:
                self._line.loop.call_later(_RETRY, self._ask, batch, results)

        if not self._is_closed:
            self._line.carry(look)

    def _report(self, batch: Batch, results: list[Any]) -> None:
        if self._is_closed:
            return
        if self._line.is_away:  # the answer was on its way when the line broke
            self._line.loop.call_later(_RETRY, self._ask, batch, results)
            return
        self._idle += 1
        for write, result in zip(batch, results, strict=True):
            del self._unsettled[write.number]
            if not write.result.done():
                write.result.set_result(result)
        self._free(batch)
        self._wake()

    def _free(self, batch: Batch) -> None:
        """Let the lanes take what waits behind these writes."""
        for key in dict.fromkeys(write.key for write in batch):
            if key in self._ready:
                continue
            if self._queues[key]:
                self._ready.append(key)
            else:
                del self._queues[key]
