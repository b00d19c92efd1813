"""The worker that answers in one session: one message at a time, in the order of the log.

A reply belongs to the session and not to a connection: it continues while the learner is away. Its
steps:

    wait      for a slot, if the tutor makes only some replies at once (`slots`). A message that
              waits has no lease and no attempt; a stop is answered at once
    claim     take the lease and count the attempt, durably, before the first delta
    make      run the tutor, and commit its answer or hold it (`reply_maker`)

A held answer needs no worker. The session's next message waits until it is approved or stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import Future
from collections.abc import Callable
from typing import Final, Protocol

from tutor_widget.server.logs import log, where
from tutor_widget.server.store import Busy, Claim, Erased, Held, Kept, Outcome, SessionKey, Store
from tutor_widget.wire import Answering

from .attempt import GRACE
from .history import History, retry_delays
from .reply import Unanswered
from .reply_maker import ReplyMaker
from .slots import Slot

__all__ = ["ReplyWorker"]

_STALE: Final = 1.0
"""Seconds until a session is read again that could not be read."""


class Session(Protocol):
    """What a worker needs of its session."""

    key: SessionKey
    tag: str
    unanswered: Unanswered

    async def approve(self, re: str, text: str | None = None) -> bool: ...

    async def catch_up(self) -> None: ...


class _Wake:
    """An event for the one task that waits. `asyncio.Event` keeps a deque of 700 bytes for many."""

    __slots__ = ("_is_set", "_waiting")

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: Future[None] | None = None

    def set(self) -> None:
        self._is_set = True
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def clear(self) -> None:
        self._is_set = False

    async def wait(self) -> None:
        if self._is_set:
            return
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None


class ReplyWorker:
    """Answers what waits in one session. Call `wake` whenever a message may wait.

    A task runs while it has something to do. ``slot`` makes the session's slot, given what to call
    when that changes.
    """

    def __init__(
        self,
        session: Session,
        store: Store,
        maker: ReplyMaker,
        slot: Callable[[Callable[[], None]], Slot],
    ) -> None:
        self._session = session
        self._store = store
        self._maker = maker
        self._wake = _Wake()
        self._slot = slot(self._wake.set)
        self._worker: asyncio.Task[None] | None = None
        self._expected: Future[Outcome | Erased] | None = None
        """The append of a message with its claim, until the worker looks at it."""
        self._is_appending = False
        self._ending = False

    @property
    def busy(self) -> bool:
        """Whether the worker runs."""
        return self._worker is not None

    def wake(self) -> None:
        """Start the worker, or make it look again: a message may wait, or a lease may be free."""
        self._wake.set()
        if self._worker is None and not self._ending:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def reserve(self) -> bool:
        """Take a slot for the next message, if it can be answered at once. Returns whether it can.

        If so, claim the message when it is written, and call `expect`, which then has the slot.
        """
        if self._worker or self._ending or self._session.unanswered.oldest is not None:
            return False
        if not self._slot.take():
            self._slot.leave()
            return False
        return True

    def expect(self, appending: Future[Outcome | Erased]) -> None:
        """Answer the message that is being written, if it was claimed with that.

        The store commits both in one transaction, so the reply need not wait for a second one.
        """
        self._expected = appending
        self._worker = asyncio.get_running_loop().create_task(self._work())

    def stop(self) -> None:
        """End the reply to the oldest message: the session has noted that Stop was pressed."""
        if self._maker.message == self._session.unanswered.oldest:
            self._maker.cut("stopped")
        else:
            self.wake()

    def end(self) -> None:
        """Begin no other reply. The present one goes on."""
        self._ending = True
        self._wake.set()

    def abandon(self) -> None:
        """End the present reply, write nothing, and begin no other: the session was erased."""
        self.end()
        self._maker.cut("lost")

    async def drain(self, patience: float) -> None:
        """Begin no new reply. Finish the present one within ``patience`` s, or hand it over."""
        self.end()
        if self._worker is None:
            return
        await asyncio.wait({self._worker}, timeout=patience)
        self._maker.cut("handed over")
        if self._worker is not None:
            await asyncio.wait({self._worker}, timeout=GRACE + 1)
        if self._is_appending:
            return  # cancelled, it would cancel the learner's write
        if self._worker is not None:
            self._worker.cancel()

    async def _work(self) -> None:
        try:
            # A claim that was made has a lease, which is given back when the server drains.
            while (self._expected or not self._ending) and await self._step():
                pass
        except Exception as error:  # noqa: BLE001  # one session's fault must not end the server
            log("reply worker failed", level="error", session=self._session.tag, **where(error))
        finally:
            self._worker = None
            self._slot.leave()

    async def _step(self) -> bool:
        """Answer one message, or wait until something changes. False if nothing is to be done."""
        self._wake.clear()
        if self._expected is not None:
            appending, self._expected = self._expected, None
            self._is_appending = True
            try:
                outcome = await appending  # not shielded: that would take a turn of the loop more
            finally:
                self._is_appending = False
            if isinstance(outcome, Kept) and outcome.claim is not None:
                await self._answer(outcome.claim)
            return True
        unanswered = self._session.unanswered
        if (oldest := unanswered.oldest) is None:
            return False
        stopped = unanswered.is_stopped(oldest)
        if unanswered.is_held and not stopped:
            return False
        if stopped or self._slot.take():
            await self._claim()
            return True
        if self._slot.place is not None:
            self._maker.show(Answering(re=oldest, place=self._slot.place))
        await self._wake.wait()
        return True

    async def _claim(self) -> None:
        match await self._store.claim(self._session.key):
            case Claim() as claim:
                await self._answer(claim)
            case Busy(seconds):
                self._slot.leave()
                await self._pause(seconds + 0.05)
            case Held(re) if re != self._session.unanswered.oldest:
                self._slot.leave()
                await self._catch_up()  # another node has answered what waited before it
            case Held(re):
                self._slot.leave()
                self._maker.show(Answering(re=re, held=True))
                if self._session.unanswered.is_stopped(re):
                    await self._session.approve(re)
            case Erased():
                self._slot.leave()
                await self._catch_up()  # the session finds out why, and ends
            case None:
                self._slot.leave()
                if self._session.unanswered.oldest is not None:
                    await self._catch_up()

    async def _answer(self, claim: Claim) -> None:
        unanswered = self._session.unanswered
        if unanswered.oldest != claim.event.id:
            await self._session.catch_up()  # another node has written: listeners get that first
        stopped = claim.stopped or unanswered.is_stopped(claim.event.id)
        if not stopped and (self._ending or not self._slot.granted):
            # Without a slot: another node has answered the stopped message, and this is the next.
            await self._store.release(claim, counts=False)
            await self._catch_up()
            return
        unreadable = await self._maker.make(claim, stopped=stopped)
        if self._slot.granted:  # a stopped message needs none, and the next keeps its place
            self._slot.leave()
        if unreadable is not None:
            await self._until_readable(unreadable)

    async def _catch_up(self) -> None:
        """Read what another node has answered. Waits if that changes nothing."""
        oldest = self._session.unanswered.oldest
        await self._session.catch_up()
        if self._session.unanswered.oldest == oldest:
            await self._pause(_STALE)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _until_readable(self, history: History) -> None:
        """Wait until the store can be read again, or the server drains."""
        for delay in retry_delays():
            if self._ending or await history.is_readable():
                return
            self._wake.clear()
            await self._pause(delay)
