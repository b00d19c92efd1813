"""The worker that answers in one session: one message at a time, in the order of the log.

A reply belongs to the session and not to a connection: it continues while the learner is away. Its
steps, and what may end it early:

    wait      for a slot, if the tutor makes only some replies at once (`slots`). A message that
              waits has no lease and no attempt; a stop is answered at once
    claim     take the lease and count the attempt, durably, before the first delta
    generate  show the tutor's pieces as deltas, and renew the lease meanwhile
    answer    commit text, state and record in one transaction, if this node still has the lease
    or hold   keep the answer until a person approves it. The session's next message waits

    killed    the claim stands: the next node that claims begins anew, under a new id
    stop      cancel the tutor; the text so far is the answer (`stopped`)
    draining  cancel the tutor, do not count the attempt, give the lease back

If a tutor fails while the store cannot be read (by a time limit of its own on `Turn.history`), the
attempt is not counted, and the reply begins anew once the store can be read.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import Callable
from typing import Any, Final, Protocol

from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import Answer, Answered, Busy, Claim, Erased, Held, SessionKey, Store
from tutor_widget.server.tutors import Turn, Tutor
from tutor_widget.wire import Answering, Delta

from .attempt import GRACE, Attempt
from .draft import Draft
from .history import History, retry_delays
from .outcome import answer_of
from .slots import Slot

__all__ = ["ReplyWorker", "Session"]

_GIVEN_UP: Final = (
    "Sorry, I could not answer this: the answer broke off {} times. Please try again, "
    "perhaps in other words."
)
_STALE: Final = 1.0
"""Seconds until a session is read again that could not be read."""


class Session(Protocol):
    """What the worker needs of its session."""

    key: SessionKey
    tag: str
    pseudonym: str | None

    @property
    def oldest(self) -> str | None: ...

    @property
    def holds(self) -> bool: ...

    def is_stopped(self, message_id: str) -> bool: ...

    def show(self, frame: Answering | Delta, fence: int = 0) -> bool: ...

    def forget(self, fence: int) -> None: ...

    def answered(self, answered: Answered, state: dict[str, Any] | None) -> None: ...

    async def approve(self, re: str, text: str | None = None) -> bool: ...

    async def catch_up(self) -> None: ...

    def erased(self) -> None: ...


class ReplyWorker:
    """Answers what waits in one session. Call `wake` whenever a message may wait.

    A task runs while it has something to do, and one `Attempt` at a time in it. ``slot`` makes its
    slot, given what to call when that changes.
    """

    def __init__(
        self,
        session: Session,
        store: Store,
        tutor: Tutor,
        settings: Settings,
        metrics: Metrics,
        slot: Callable[[Callable[[], None]], Slot],
    ) -> None:
        self._session = session
        self._store = store
        self._tutor = tutor
        self._most_attempts = settings.attempts
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._slot = slot(self._wake.set)
        self._worker: asyncio.Task[None] | None = None
        self._draining = False
        self._attempt: Attempt | None = None

    @property
    def busy(self) -> bool:
        """Whether the worker runs."""
        return self._worker is not None

    def wake(self) -> None:
        """Start the worker, or make it look again: a message may wait, or a lease may be free."""
        self._wake.set()
        if self._worker is None and not self._draining:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def stop(self) -> None:
        """End the reply to the oldest message: the session has noted that Stop was pressed."""
        if self._attempt is not None and self._attempt.draft.re == self._session.oldest:
            self._attempt.cut("stopped")
        else:
            self.wake()

    def abandon(self) -> None:
        """End the present reply, write nothing, and begin no other: the session was erased."""
        self._draining = True
        self._wake.set()
        if self._attempt is not None:
            self._attempt.cut("lost")

    async def drain(self, patience: float) -> None:
        """Begin no new reply. Finish the present one within ``patience`` s, or hand it over."""
        self._draining = True
        self._wake.set()
        if self._worker is None:
            return
        await asyncio.wait({self._worker}, timeout=patience)
        if self._attempt is not None:
            self._attempt.cut("handed over")
        if self._worker is not None:
            await asyncio.wait({self._worker}, timeout=GRACE + 1)
        if self._worker is not None:
            self._worker.cancel()

    # --- waiting, and claiming --------------------------------------------------------------------

    async def _work(self) -> None:
        try:
            while not self._draining and await self._step():
                pass
        except Exception as error:  # noqa: BLE001  # one session's fault must not end the server
            log("reply worker failed", level="error", session=self._session.tag, **where(error))
        finally:
            self._worker = self._attempt = None
            self._slot.leave()

    async def _step(self) -> bool:
        """Answer one message, or wait until something changes. False if nothing is to be done."""
        self._wake.clear()
        oldest = self._session.oldest
        if oldest is None:
            return False
        stopped = self._session.is_stopped(oldest)
        if self._session.holds and not stopped:
            return False
        if not stopped and not self._slot.take():
            if self._slot.place is not None:
                self._show(Answering(re=oldest, place=self._slot.place))
            await self._wake.wait()
            return True
        return await self._claim()

    async def _claim(self) -> bool:
        match await self._store.claim(self._session.key):
            case Claim() as claim:
                await self._answer(claim)
                if self._slot.granted:
                    self._slot.leave()
            case Busy(seconds):
                self._slot.leave()
                await self._pause(seconds + 0.05)
            case Held(re):
                self._slot.leave()
                self._show(Answering(re=re, held=True))
                if self._session.is_stopped(re):
                    await self._session.approve(re)
            case None:  # another node has answered
                self._slot.leave()
                await self._catch_up()
            case Erased():
                self._session.erased()
        return True

    async def _catch_up(self) -> None:
        """Read what others have written. Waits if that changes nothing."""
        oldest = self._session.oldest
        await self._session.catch_up()
        if self._session.oldest == oldest:
            await self._pause(_STALE)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    # --- answering --------------------------------------------------------------------------------

    async def _answer(self, claim: Claim) -> None:
        draft = Draft(claim.event.id)
        if self._session.oldest != draft.re:
            await self._session.catch_up()  # another node has written: the learner sees that first
        stopped = claim.stopped or self._session.is_stopped(draft.re)
        if stopped:
            await self._write(claim, Answer(draft.id, draft.re, "", "stopped"))
        elif self._draining or not self._slot.granted:
            # Without a slot: another node has answered the stopped message, and this is the next.
            await self._store.release(claim, counts=False)
        elif claim.attempt > self._most_attempts:
            text = _GIVEN_UP.format(self._most_attempts)
            await self._write(claim, Answer(draft.id, draft.re, text, "failed"))
        else:
            await self._generate(draft, claim)

    async def _generate(self, draft: Draft, claim: Claim) -> None:
        history = History(self._store, self._session.key, self._session.tag)
        attempt = self._attempt = Attempt(
            draft,
            self._turn(claim, history),
            self._session.tag,
            lambda delta: self._show(delta, claim.fence),
        )
        self._show(Answering(re=draft.re), claim.fence)
        await attempt.run(
            self._tutor, renew=lambda: self._store.renew(claim), every=self._store.lease / 3
        )
        self._slot.leave()  # the tutor has ended: the next reply need not wait for the commit
        match attempt.ending:
            case "handed over":
                await self._take_back(claim)
            case "failed" if history.failed:
                await self._take_back(claim)
                await self._until_readable(history)
            case "lost":
                self._end_attempt(claim)
            case status:
                answer = answer_of(attempt, status, claim.state, self._session.tag)
                if attempt.turn.hold and answer.status == "complete":
                    await self._hold(claim, answer)
                else:
                    await self._write(claim, answer)

    def _turn(self, claim: Claim, history: History) -> Turn:
        return Turn(
            claim.message.text,
            claim.message.context,
            copy.deepcopy(claim.state),
            account=self._session.pseudonym,
            lang=claim.message.lang,
            rev=claim.message.rev,
            state_rev=claim.rev,
            load_history=lambda limit: history.before(claim.event.seq, limit),
        )

    async def _take_back(self, claim: Claim) -> None:
        """Give the lease back, and do not count the attempt."""
        self._end_attempt(claim)
        await self._store.release(claim, counts=False)

    async def _write(self, claim: Claim, answer: Answer) -> None:
        answered = await self._store.answer(claim, answer)
        # No await from here to the event: a client that attaches gets the reply or its event.
        self._attempt = None
        if answered is None:
            await self._lost(claim)
            return
        self._metrics.count("replies", status=answer.status)
        self._session.answered(answered, answer.state)

    async def _hold(self, claim: Claim, answer: Answer) -> None:
        held = await self._store.hold(claim, answer)
        self._attempt = None
        if held:
            self._show(Answering(re=answer.re, held=True))
        else:
            await self._lost(claim)

    async def _lost(self, claim: Claim) -> None:
        log("lease lost", level="warning", session=self._session.tag)
        self._end_attempt(claim)
        await self._session.catch_up()

    def _end_attempt(self, claim: Claim) -> None:
        self._attempt = None
        self._session.forget(claim.fence)

    def _show(self, frame: Answering | Delta, fence: int = 0) -> None:
        """Show it to the listeners. A fault of the server here does not fail the reply."""
        try:
            self._session.show(frame, fence)
        except Exception as error:  # noqa: BLE001  # the event replaces what was not delivered
            log("broadcast failed", level="error", session=self._session.tag, **where(error))

    async def _until_readable(self, history: History) -> None:
        """Wait until the store can be read again, or the server drains."""
        for delay in retry_delays():
            if self._draining or await history.is_readable():
                return
            self._wake.clear()
            await self._pause(delay)
