"""The worker that answers in one session: one message at a time, in the order of the log.

A reply belongs to the session and not to a connection: it continues while the learner is away. Its
steps, and what may end it early:

    claim     take the lease and count the attempt, durably, before the first delta
    generate  send the tutor's pieces as deltas, and renew the lease meanwhile
    answer    commit text and state in one transaction, if this node still has the lease

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
from typing import Any, Final, Protocol

import msgspec

from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import Answer, Answered, Busy, Claim, Erased, Held, SessionKey, Store
from tutor_widget.server.tutors import Turn, Tutor
from tutor_widget.wire import Answering, ServerFrame

from .attempt import GRACE, Attempt
from .history import History, retry_delays
from .reply import Reply

__all__ = ["MAX_STATE", "ReplyWorker"]

MAX_STATE: Final = 256 << 10
"""Bytes of JSON that a tutor may keep as a session's state."""
_APOLOGY: Final = "Sorry, I could not answer this. Please try again."
_GIVEN_UP: Final = (
    "Sorry, I could not answer this: the answer broke off {} times. Please try again, "
    "perhaps in other words."
)


class Session(Protocol):
    """What the worker needs of its session."""

    key: SessionKey
    tag: str
    reply: Reply | None

    def broadcast(self, frame: ServerFrame) -> None: ...

    def answered(self, answered: Answered, state: dict[str, Any] | None) -> None: ...

    async def catch_up(self) -> None: ...

    def erased(self) -> None: ...


class ReplyWorker:
    """Answers what waits in one session. Call `wake` whenever a message may wait.

    A task runs while a message waits, and one `Attempt` at a time in it.
    """

    def __init__(
        self,
        session: Session,
        store: Store,
        tutor: Tutor,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self._session = session
        self._store = store
        self._tutor = tutor
        self._most_attempts = settings.attempts
        self._metrics = metrics
        self._wake = asyncio.Event()
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

    def stop(self, ids: frozenset[str]) -> None:
        """End the present reply if it answers one of these messages (the store has noted it)."""
        if self._attempt is not None and self._attempt.reply.re in ids:
            self._attempt.cut("stopped")

    def abandon(self) -> None:
        """End the present reply and write nothing: the session was erased."""
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

    async def _work(self) -> None:
        try:
            while not self._draining:
                self._wake.clear()
                match await self._store.claim(self._session.key):
                    case Claim() as claim:
                        await self._answer(claim)
                    case Busy(seconds):
                        with contextlib.suppress(TimeoutError):
                            await asyncio.wait_for(self._wake.wait(), seconds + 0.05)
                    case Erased():
                        self._session.erased()
                        return
                    case Held() | None:
                        if not self._wake.is_set():
                            return
        except Exception as error:  # noqa: BLE001  # one session's fault must not end the server
            log("reply worker failed", level="error", session=self._session.tag, **where(error))
        finally:
            self._worker = None
            self._end_attempt()

    async def _answer(self, claim: Claim) -> None:
        if self._draining:
            await self._store.release(claim, counts=False)
            return
        reply = Reply(claim.event.id)
        if claim.stopped:
            await self._write(claim, Answer(reply.id, reply.re, "", "stopped"))
        elif claim.attempt > self._most_attempts:
            text = _GIVEN_UP.format(self._most_attempts)
            await self._write(claim, Answer(reply.id, reply.re, text, "failed"))
        else:
            await self._generate(reply, claim)

    async def _generate(self, reply: Reply, claim: Claim) -> None:
        attempt = Attempt(reply, self._session.tag, self._broadcast)
        history = History(self._store, self._session.key, self._session.tag)
        turn = Turn(
            claim.message.text,
            claim.message.context,
            copy.deepcopy(claim.state),
            lambda limit: history.before(claim.event.seq, limit),
        )
        self._attempt, self._session.reply = attempt, reply
        self._broadcast(Answering(re=reply.re))
        await attempt.run(
            self._tutor,
            turn,
            renew=lambda: self._store.renew(claim),
            every=self._store.lease / 3,
        )
        match attempt.ending:
            case "handed over":
                await self._take_back(claim)
                return
            case "failed" if history.failed:
                await self._take_back(claim)
                await self._until_readable(history)
                return
            case "lost":
                self._end_attempt()
                return
            case ending:
                state = None if ending == "failed" else self._changed(attempt, turn, claim.state)
        status = attempt.ending  # `_changed` sets "failed" for a state that cannot be kept
        text = reply.text or (_APOLOGY if status == "failed" else "")
        assert status in ("complete", "stopped", "failed")
        await self._write(claim, Answer(reply.id, reply.re, text, status, state))

    def _changed(
        self, attempt: Attempt, turn: Turn, before: dict[str, Any]
    ) -> dict[str, Any] | None:
        """Returns the tutor's new state, or None if it did not change.

        A state that is no JSON, or is too large, fails the attempt.
        """
        try:
            after = msgspec.json.encode(turn.state)
            if len(after) > MAX_STATE:
                raise ValueError(f"the state has {len(after):,} bytes of {MAX_STATE:,} allowed")
            state = msgspec.json.decode(after, type=dict[str, Any])
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            attempt.ending = "failed"
            log("tutor state refused", level="error", session=self._session.tag, **where(error))
            return None
        return state if state != before else None

    async def _take_back(self, claim: Claim) -> None:
        """Give the lease back, and do not count the attempt."""
        self._end_attempt()
        await self._store.release(claim, counts=False)

    async def _write(self, claim: Claim, answer: Answer) -> None:
        answered = await self._store.answer(claim, answer)
        # No await from here to the event: a client that attaches gets the reply or its event.
        self._end_attempt()
        if answered is None:
            log("lease lost", level="warning", session=self._session.tag)
            await self._session.catch_up()
            return
        self._metrics.count("replies", status=answer.status)
        self._session.answered(answered, answer.state)

    def _end_attempt(self) -> None:
        self._attempt = self._session.reply = None

    def _broadcast(self, frame: ServerFrame) -> None:
        """Send to the listeners. A fault of the server here does not fail the reply."""
        try:
            self._session.broadcast(frame)
        except Exception as error:  # noqa: BLE001  # the event replaces what was not delivered
            log("broadcast failed", level="error", session=self._session.tag, **where(error))

    async def _until_readable(self, history: History) -> None:
        """Wait until the store can be read again, or the server drains."""
        for delay in retry_delays():
            if self._draining or await history.is_readable():
                return
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), delay)
