"""What each frame of the server means: for the log, the queue, and the phase.

The first frame of a connection is a welcome, or a `bye`. The welcome says which log the server
holds: it resumes the prefix that the hello offered, or replaces the events held. Events up to its
``seq`` follow. With the last of them the connection is live.

Only proof resets the backoff: the connection lasted ten seconds (`retry`), or the log or the queue
moved forward. A replay to a client that holds nothing proves nothing, and a server that contradicts
its own log proves nothing either.

Accounts. `delivery` has the rules for messages. For the log: a welcome of another account than the
one whose log is held drops the events, state and reply. If it also claims to resume them, the
server contradicts itself: nothing in that welcome is believed, and the client comes back with no
prefix. A log of no known account becomes that of the first which resumes it, since the server has
compared the prefix. A log of a known account is dropped too if the welcome names none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from tutor_widget.wire import (
    Answering,
    Bye,
    Delta,
    Event,
    Limits,
    Page,
    Refused,
    Reported,
    ServerFrame,
    State,
    Welcome,
)

from . import effects as do
from .delivery import Delivery
from .phase import Phase
from .retry import RetryPolicy
from .transcript import Contradiction, Transcript


class Receiver:
    """Judges the frames of one session's connections. Gives its effects to ``emit``, in order."""

    def __init__(
        self,
        session: str,
        bound: int,
        delivery: Delivery,
        retry_policy: RetryPolicy,
        emit: Callable[[do.Effect], None],
    ) -> None:
        self.transcript = Transcript(bound)
        self.limits = Limits(text=32768, unacked=64)  # until a welcome names others
        self.server = ""
        """Name and version of the server, from the last welcome."""
        self._session = session
        self._delivery = delivery
        self._retry_policy = retry_policy
        self._emit = emit
        self._target = 0  # the welcome's seq: live once it is held
        self._resumed = False  # this connection resumes a prefix, so its replay proves something

    def offer(self) -> tuple[str | None, int | None, str | None]:
        """``epoch``, ``after``, ``last`` for the hello of a new connection."""
        epoch, after, last = self.transcript.offer()
        self._resumed = epoch is not None
        return epoch, after, last

    def receive(self, frame: ServerFrame, phase: Phase, now: float) -> Phase:
        """Take a frame; return the phase that follows. Raises Contradiction."""
        if phase is Phase.GREETING and not isinstance(frame, Welcome | Bye):
            raise Contradiction("early_frame")
        match frame:
            case Welcome():
                phase = self._welcomed(frame, phase, now)
            case Event():
                self._committed(frame, phase)
            case Page():
                if self.transcript.is_read_only(frame):
                    self._emit(do.OlderRead(*self.transcript.read_page(frame)))
                elif (placed := self.transcript.add_page(frame)) is not None:
                    self._emit(do.OlderArrived(tuple(placed)))
            case Refused():
                self._delivery.refused(frame, now)
            case Answering():
                self.transcript.answering(frame)
                self._emit(do.ReplyChanged())
            case Reported():
                self._delivery.reported(frame)
            case Delta():
                self.transcript.extend(frame)
                self._emit(do.ReplyChanged())
            case State():
                if self.transcript.set_state(frame.rev, frame.state):
                    self._emit(do.StateChanged())
            case Bye():
                self._retry_policy.announced(frame)
            case _:
                assert_never(frame)
        is_complete = phase is Phase.REPLAYING and self.transcript.last >= self._target
        if is_complete:
            self._delivery.drop_gone(self.transcript)
        return Phase.LIVE if is_complete else phase

    def _welcomed(self, welcome: Welcome, phase: Phase, now: float) -> Phase:
        if phase is not Phase.GREETING:
            raise Contradiction("second_welcome")
        if welcome.session != self._session:
            raise Contradiction("other_session")
        self._resumed = self._resumed and not welcome.reset
        if self.transcript.account not in (None, welcome.account):
            self.drop_history()
            if self._resumed:
                raise Contradiction("other_account")
        self.transcript.welcomed(welcome, resumed=self._resumed)
        self._delivery.welcomed(welcome.account, welcome.offers or ())
        self._retry_policy.welcomed(now, welcome.spread)
        self.limits = welcome.limits
        self.server = welcome.server[:200]
        self._target = welcome.seq
        self._emit(do.ReplyChanged() if self._resumed else do.HistoryReplaced(welcome.seq))
        self._emit(do.StateChanged())
        return Phase.REPLAYING

    def _committed(self, event: Event, phase: Phase) -> None:
        reply = self.transcript.reply
        new = self.transcript.add(event)
        acknowledged = self._delivery.committed(event)
        if new:
            self._emit(do.Committed(event))
        elif acknowledged:
            self._emit(do.Acknowledged(event.id))
        if self.transcript.reply is not reply:
            self._emit(do.ReplyChanged())
        if acknowledged or (new and (self._resumed or phase is Phase.LIVE)):
            self._retry_policy.progressed()

    def drop_history(self) -> None:
        """Drop the events, the state and the reply."""
        self.transcript = Transcript(self.transcript.bound)
        self._emit(do.HistoryReplaced(0))
        self._emit(do.StateChanged())
