"""The maker of a session's replies: it turns a claim into an answer.

    generate  run the tutor, show its pieces as deltas, and renew the lease meanwhile
    answer    commit text, state and record in one transaction, if this node still has the lease
    or hold   keep the answer until a person approves it

    killed    the claim stands: the next node that claims begins anew, under a new id
    stop      cancel the tutor; the text so far is the answer (`stopped`)
    draining  cancel the tutor, do not count the attempt, give the lease back
    lost      the same, if the lease has expired and nobody else has claimed

If a tutor fails while the store cannot be read (by a time limit of its own on `Turn.history`), the
attempt is not counted, and the reply begins anew once the store can be read.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store import Answer, Answered, Claim, SessionKey, Store
from tutor_widget.server.tutors import Turn, Tutor
from tutor_widget.wire import Answering, Delta

from .attempt import Attempt, Draft, Ending
from .history import History
from .outcome import answer_of, as_json, deadline_of
from .reply import Unanswered

__all__ = ["ReplyMaker", "Session"]

_GIVEN_UP: Final = (
    "Sorry, I could not answer this: the answer broke off {} times. Please try again, "
    "perhaps in other words."
)


class Session(Protocol):
    """What a reply needs of its session."""

    key: SessionKey
    tag: str
    pseudonym: str | None
    unanswered: Unanswered

    def show(self, frame: Answering | Delta, fence: int = 0) -> bool: ...

    def publish(self, frame: Answering | Delta, fence: int) -> None: ...

    def answered(self, answered: Answered, state: dict[str, Any] | None) -> None: ...

    async def catch_up(self) -> None: ...


class ReplyMaker:
    """Makes the replies of one session, one `Attempt` at a time."""

    def __init__(
        self, session: Session, store: Store, tutor: Tutor, settings: Settings, metrics: Metrics
    ) -> None:
        self._session = session
        self._store = store
        self._tutor = tutor
        self._most_attempts = settings.attempts
        self._metrics = metrics
        self._attempt: Attempt | None = None

    @property
    def message(self) -> str | None:
        """The id of the message to which the tutor writes an answer now, or None."""
        return None if self._attempt is None else self._attempt.draft.re

    def cut(self, ending: Ending) -> None:
        """End the present attempt now, if there is one."""
        if self._attempt is not None:
            self._attempt.cut(ending)

    async def make(self, claim: Claim, *, stopped: bool) -> History | None:
        """Answer the message, or hold its answer, or give the lease back.

        Returns the history if it could not be read: the reply is to begin anew when it can.
        """
        draft = Draft(claim.event.id)
        try:
            if stopped:
                await self._write(claim, Answer(draft.id, draft.re, "", "stopped"))
            elif claim.attempt > self._most_attempts:
                text = _GIVEN_UP.format(self._most_attempts)
                await self._write(claim, Answer(draft.id, draft.re, text, "failed"))
            else:
                return await self._generate(draft, claim)
            return None
        finally:
            self._attempt = None

    def show(self, frame: Answering | Delta, fence: int = 0) -> None:
        """Show it to the listeners; if it is of a claim, on all nodes.

        A fault of the server here does not fail the reply.
        """
        try:
            if fence:
                self._session.publish(frame, fence)
            else:
                self._session.show(frame)
        except Exception as error:  # noqa: BLE001  # the event replaces what was not delivered
            log("broadcast failed", level="error", session=self._session.tag, **where(error))

    async def _generate(self, draft: Draft, claim: Claim) -> History | None:
        history = History(self._store, self._session.key, self._session.tag)
        turn = self._turn(claim, history)
        attempt = self._attempt = Attempt(
            draft, turn, self._session.tag, lambda frame: self.show(frame, claim.fence)
        )
        await attempt.run(
            self._tutor, renew=lambda: self._store.renew(claim), every=self._store.lease / 3
        )
        match attempt.ending:
            case "handed over" | "lost":
                await self._take_back(claim)
            case "failed" if history.failed:
                await self._take_back(claim)
                return history
            case status:
                answer = answer_of(attempt, status, claim.state, self._session.tag)
                self._measure(attempt, answer)
                if turn.hold and answer.status == "complete":
                    await self._hold(claim, answer, *deadline_of(turn, self._session.tag))
                else:
                    await self._write(claim, answer)
        return None

    def _measure(self, attempt: Attempt, answer: Answer) -> None:
        observe, status = self._metrics.observe, answer.status
        if attempt.first is not None:
            seconds = attempt.first - attempt.began
            observe("reply_seconds", seconds, part="first", status=status)
        seconds = asyncio.get_running_loop().time() - attempt.began
        observe("reply_seconds", seconds, part="whole", status=status)
        if (used := answer.usage) is not None:
            self._metrics.count("tokens", used.prompt, kind="prompt")
            self._metrics.count("tokens", used.completion, kind="completion")

    def _turn(self, claim: Claim, history: History) -> Turn:
        return Turn(
            claim.message.text,
            claim.message.context,
            as_json(claim.state),
            account=self._session.pseudonym,
            lang=claim.message.lang,
            rev=claim.message.rev,
            state_rev=claim.rev,
            load_history=lambda limit: history.before(claim.event.seq, limit),
            load_spent=history.spent,
            load_reported=history.reported,
        )

    async def _take_back(self, claim: Claim) -> None:
        """Give the lease back, and do not count the attempt. No effect if there is a newer claim.

        A lease that expired while the store could not write is no death of the server either.
        """
        self._session.unanswered.forget(claim.fence)
        await self._store.release(claim, counts=False)

    async def _write(self, claim: Claim, answer: Answer) -> None:
        answered = await self._store.answer(claim, answer)
        # No await from here to the event: a client that attaches gets the reply or its event.
        if answered is None:
            await self._lost(claim)
            return
        self._metrics.count("replies", status=answer.status)
        self._session.answered(answered, answer.state)

    async def _hold(
        self, claim: Claim, answer: Answer, seconds: float | None, otherwise: str | None
    ) -> None:
        if await self._store.hold(claim, answer, seconds, otherwise):
            self.show(Answering(re=answer.re, held=True))
        else:
            await self._lost(claim)

    async def _lost(self, claim: Claim) -> None:
        log("lease lost", level="warning", session=self._session.tag)
        self._session.unanswered.forget(claim.fence)
        await self._session.catch_up()
