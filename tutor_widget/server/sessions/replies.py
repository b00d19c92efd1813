"""The answers of one session: one at a time, in the order of the log, each written once.

A reply belongs to the session and not to a connection: it goes on while the learner is away. Its
life, with what may cut it short:

    claim     the lease is taken and the attempt counted, durably, before the first delta
    generate  the tutor's pieces go out as deltas; the lease is renewed meanwhile
    answer    text and state are written in one transaction, if the lease is still ours

    killed    the claim stands: whoever claims next begins anew, under a new id
    stop      the tutor is cancelled, the text so far is the answer (`stopped`)
    draining  the tutor is cancelled, the attempt is not counted, the lease given back

A store that cannot be read is not the tutor's fault: `Turn.history` waits until it can. If a tutor
fails meanwhile (by a time limit of its own), the attempt is not counted, and the reply begins anew
once the store can be read.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import secrets
from collections.abc import Sequence
from typing import Any, Final, Literal, Protocol

import msgspec

from tutor_widget.server.logs import log, where
from tutor_widget.server.metrics import Metrics
from tutor_widget.server.settings import Settings
from tutor_widget.server.store.contract import Answer, Answered, Busy, Claim, Store, StoreError
from tutor_widget.server.tutors import Turn, Tutor
from tutor_widget.wire import MAX_REPLY, Answering, Delta, Event, ServerFrame, without_surrogates

__all__ = ["MAX_STATE", "Replies", "Reply"]

MAX_STATE: Final = 256 << 10
"""Bytes of JSON that a tutor may keep as a session's state."""
_GRACE: Final = 2.0
"""Seconds that a cancelled tutor may take to end; later it is left behind."""
_APOLOGY: Final = "Sorry, I could not answer this. Please try again."
_GIVEN_UP: Final = (
    "Sorry, I could not answer this: the answer broke off {} times. Please try again, "
    "perhaps in other words."
)

_READ_AGAIN: Final = (0.1, 5.0)
"""Seconds before a read that failed is tried again: at first, and at most, doubled in between."""

Ending = Literal["complete", "stopped", "failed", "handed over", "lost"]


class Reply:
    """A reply under way: its text so far and how it shall end."""

    def __init__(self, re: str) -> None:
        self.id = f"_{secrets.token_urlsafe(12)}"
        self.re = re
        self.ending: Ending = "complete"
        self.length = 0
        self._pieces: list[str] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def so_far(self) -> Delta:
        """All of the text in one delta, for one who comes in the middle."""
        return Delta(id=self.id, re=self.re, from_=0, text=self.text)

    def add(self, piece: str) -> Delta | None:
        """Take one more piece, as much of it as is allowed; what it adds, as a delta."""
        piece = without_surrogates(piece)[: MAX_REPLY - self.length]
        if not piece:
            return None
        delta = Delta(id=self.id, re=self.re, from_=self.length, text=piece)
        self._pieces.append(piece)
        self.length += len(piece)
        return delta

    @property
    def full(self) -> bool:
        return self.length >= MAX_REPLY

    def begin(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        self._task = task
        if self.ending != "complete":
            task.cancel()
        return task

    def cut(self, ending: Ending) -> None:
        """End it now, and so."""
        if self.ending == "complete":
            self.ending = ending
            if self._task is not None:
                self._task.cancel()


class Listeners(Protocol):
    """What a reply tells the session."""

    key: int
    tag: str

    def broadcast(self, frame: ServerFrame) -> None: ...

    def answered(self, answered: Answered, state: dict[str, Any] | None) -> None: ...

    async def catch_up(self) -> None: ...


class Replies:
    """Answers what waits in one session. Call `wake` whenever something may."""

    def __init__(
        self,
        session: Listeners,
        store: Store,
        tutor: Tutor,
        settings: Settings,
        metrics: Metrics,
    ) -> None:
        self._session = session
        self._store = store
        self._tutor = tutor
        self._settings = settings
        self._metrics = metrics
        self._wake = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._draining = False
        self._unreadable = False  # the last read for the present reply failed
        self.current: Reply | None = None

    @property
    def busy(self) -> bool:
        return self._worker is not None

    def wake(self) -> None:
        """Something may wait for an answer, or another node may have let go."""
        self._wake.set()
        if self._worker is None and not self._draining:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def stop(self, ids: frozenset[str]) -> None:
        """The learner wants no answer to these any more (the store knows it)."""
        if self.current is not None and self.current.re in ids:
            self.current.cut("stopped")

    async def drain(self, patience: float) -> None:
        """Begin no new reply; finish the present one within ``patience`` s or hand it over."""
        self._draining = True
        self._wake.set()
        if self._worker is None:
            return
        await asyncio.wait({self._worker}, timeout=patience)
        if self.current is not None:
            self.current.cut("handed over")
        if self._worker is not None:
            await asyncio.wait({self._worker}, timeout=_GRACE + 1)
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
                    case None:
                        if not self._wake.is_set():
                            return
            await self._store.release(self._session.key)
        except Exception as error:  # noqa: BLE001  # a session must not take the server with it
            log("reply worker failed", level="error", session=self._session.tag, **where(error))
        finally:
            self._worker = None
            if self.current is not None:
                self.current = None

    async def _answer(self, claim: Claim) -> None:
        if self._draining:
            await self._store.release(self._session.key, unbegun=claim.event.id)
            return
        reply = Reply(claim.event.id)
        if claim.stopped:
            await self._write(Answer(reply.id, reply.re, "", "stopped"))
        elif claim.attempt > self._settings.attempts:
            text = _GIVEN_UP.format(self._settings.attempts)
            await self._write(Answer(reply.id, reply.re, text, "failed"))
        else:
            await self._generate(reply, claim)

    async def _generate(self, reply: Reply, claim: Claim) -> None:
        turn = Turn(
            claim.message.text,
            claim.message.context,
            copy.deepcopy(claim.state),
            lambda limit: self._history(claim.event.seq, limit),
        )
        self.current = reply
        self._unreadable = False
        self._broadcast(Answering(re=reply.re))
        await self._attend(reply, turn)
        match reply.ending:
            case "handed over":
                self.current = None
                await self._store.release(self._session.key, unbegun=reply.re)
                return
            case "failed" if self._unreadable:
                self.current = None
                await self._store.release(self._session.key, unbegun=reply.re)
                await self._until_readable()
                return
            case "lost":
                self.current = None
                return
            case status:
                state = None if status == "failed" else self._changed(reply, turn, claim.state)
        status = reply.ending  # an ill state makes it fail
        text = reply.text or (_APOLOGY if status == "failed" else "")
        assert status in ("complete", "stopped", "failed")
        await self._write(Answer(reply.id, reply.re, text, status, state))

    async def _attend(self, reply: Reply, turn: Turn) -> None:
        """Run the tutor to its end, or to the reply's, and keep the lease meanwhile."""
        task = reply.begin(asyncio.create_task(self._run_tutor(reply, turn)))
        try:
            while not task.done():
                cut = reply.ending != "complete"
                await asyncio.wait({task}, timeout=_GRACE if cut else self._store.lease / 3)
                if task.done() or cut:
                    break
                if reply.ending == "complete" and not await self._store.renew(self._session.key):
                    reply.cut("lost")
        finally:
            task.cancel()  # one that is left behind; or the lease could not even be renewed

    async def _run_tutor(self, reply: Reply, turn: Turn) -> None:
        try:
            pieces = self._tutor.reply(turn)
            try:
                async for piece in pieces:
                    if reply.ending != "complete":
                        return
                    if (delta := reply.add(piece)) is not None:
                        self._broadcast(delta)
                    if reply.full:
                        return
                    # A tutor that never awaits must not keep everyone else waiting.
                    await asyncio.sleep(0)
            finally:
                if (close := getattr(pieces, "aclose", None)) is not None:
                    await close()
        except asyncio.CancelledError:
            # A tutor may cancel itself by mistake; that is no end that anybody asked for.
            if reply.ending == "complete":
                reply.ending = "failed"
        except Exception as error:  # noqa: BLE001  # somebody else's program
            if reply.ending == "complete":
                reply.ending = "failed"
            log("tutor failed", level="error", session=self._session.tag, **where(error))

    def _changed(self, reply: Reply, turn: Turn, before: dict[str, Any]) -> dict[str, Any] | None:
        """The state as the tutor left it, if it differs; an impossible one fails the reply."""
        try:
            after = msgspec.json.encode(turn.state)
            if len(after) > MAX_STATE:
                raise ValueError(f"the state has {len(after):,} bytes of {MAX_STATE:,} allowed")
            state = msgspec.json.decode(after, type=dict[str, Any])
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            reply.ending = "failed"
            log("tutor's state refused", level="error", session=self._session.tag, **where(error))
            return None
        return state if state != before else None

    async def _write(self, answer: Answer) -> None:
        answered = await self._store.answer(self._session.key, answer)
        # No await between these: one who attaches sees either the reply or its event.
        self.current = None
        if answered is None:
            log("answer lost", level="warning", session=self._session.tag)
            await self._session.catch_up()
            return
        self._metrics.count("replies", status=answer.status)
        self._session.answered(answered, answer.state)

    def _broadcast(self, frame: ServerFrame) -> None:
        """Tell the listeners. Not durable: a fault of ours here is no reason to fail the reply."""
        try:
            self._session.broadcast(frame)
        except Exception as error:  # noqa: BLE001  # the event will replace what was not delivered
            log("broadcast failed", level="error", session=self._session.tag, **where(error))

    async def _history(self, seq: int, limit: int) -> Sequence[Event]:
        """The dialogue before ``seq``. Waits while the store cannot be read, as its writes do."""
        if limit <= 0:
            return []
        delay, longest = _READ_AGAIN
        while (newest := await self._read(limit + 64)) is None:
            await asyncio.sleep(delay)
            delay = min(2 * delay, longest)
        return as_dialogue(newest, seq)[-limit:]

    async def _until_readable(self) -> None:
        """Wait until the store can be read again, or the server drains."""
        delay, longest = _READ_AGAIN
        while not self._draining and await self._read(1) is None:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), delay)
            delay = min(2 * delay, longest)

    async def _read(self, limit: int) -> Sequence[Event] | None:
        """The newest events; None if the store cannot be read now."""
        try:
            events = await self._store.read_before(self._session.key, 1 << 53, limit, 8 << 20)
        except (StoreError, OSError) as error:
            if not self._unreadable:
                log("history unreadable", level="error", session=self._session.tag, **where(error))
            self._unreadable = True
            return None
        self._unreadable = False
        return events


def as_dialogue(events: Sequence[Event], before: int) -> list[Event]:
    """The events that precede the message ``before``, each answer behind its question."""
    answers = {event.re: event for event in events if event.re is not None}
    dialogue: list[Event] = []
    shown = {event.id for event in events if event.seq < before}
    for event in events:
        if event.seq >= before or event.re in shown:
            continue
        dialogue.append(event)
        if (answer := answers.get(event.id)) is not None:
            dialogue.append(answer)
    return dialogue
