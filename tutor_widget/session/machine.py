"""The client's session as a pure machine: `step(event, now, chance)` returns effects.

Theory of operation
===================

One `Session` is one conversation as one client sees it. It outlives every connection. It does no
I/O, reads no clock and uses no random numbers: the shell (`tutor_widget.client.client`, or a
simulator) passes it events, performs the effects that it returns, in order, and sends `Ticked` at
`wake_at`. So every run replays from its inputs.

The states and their transitions:

    IDLE ──Started──▶ DIALING ──Opened──▶ GREETING ──welcome──▶ REPLAYING ──last event──▶ LIVE
                       ▲    │                │                      │                      │
                       │    └───────── Dropped, deadline, contradiction, silence ──────────┘
                    time, nudge              │
                       │                     ├─▶ WAITING   come back later (most endings)
                       └─────────────────────┤
                                             ├─▶ RENEWING  the token was refused, ask for another
                                             └─▶ FAILED    trying again cannot help
    any ──Left──▶ CLOSED ──Started──▶ DIALING

Each dial has a number. Events of an earlier dial are late and ignored, so an abandoned connection
may end at any later time.

A connection is *welcomed* when the server has said which log it holds, and *live* once everything
up to the welcome's ``seq`` is here. Messages are sent on a live connection only, because only then
does the client know which of them the server already has. Every step on a live connection ends by
asking the queue what to transmit: no message leaves by another path.

Only proof resets the backoff: the connection lasted ten seconds, or the log or the queue moved
forward. A replay to a client that holds nothing proves nothing, and a server that contradicts its
own log proves nothing either.

Accounts. `delivery` has the rules for messages. For the log: a welcome of another account than the
one whose log is held drops the events, state and reply. If it also claims to resume them, the
server contradicts itself: nothing in that welcome is believed, and the client comes back with no
prefix. A log of no known account becomes that of the first which resumes it, since the server has
compared the prefix. A log of a known account is dropped too if the welcome names none.

What is ugly: `step` takes ``chance`` on every call, though only an ending uses it. The alternative,
a generator inside, would hide an input and break the replay.

All times are seconds of one monotonic clock; only ``Typed.at`` and ``Event.at`` are Unix ms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from tutor_widget.errors import Misuse
from tutor_widget.wire import (
    Answering,
    Bye,
    Delta,
    Event,
    Hello,
    Limits,
    Page,
    Refused,
    State,
    Welcome,
)

from . import effects as do
from . import events as ev
from .delivery import Delivery
from .endings import Ending, Kind, Policy, Recovery, policy_for
from .keepalive import Keepalive
from .outgoing import Outgoing
from .retry import RetryPolicy
from .status import ConnectionStatus, StatusHistory
from .transcript import Contradiction, Transcript

NO_TOKEN_NOW: Final = Policy(Recovery.RETRY, "sign_in_unavailable")
LOCATE_WITHIN: Final = 12.0
"""Seconds to URL and token: longer than the time limit of their source, whose error says more."""
OPEN_WITHIN: Final = 10.0
"""Seconds from there to an HTTP answer, and again from that to the end of the replay."""


class Phase(Enum):
    """The states of the session."""

    IDLE = "idle"
    DIALING = "dialing"
    GREETING = "greeting"
    REPLAYING = "replaying"
    LIVE = "live"
    WAITING = "waiting"
    RENEWING = "renewing"
    CLOSED = "closed"
    FAILED = "failed"


WELCOMED: Final = frozenset({Phase.REPLAYING, Phase.LIVE})
CONNECTED: Final = frozenset({Phase.GREETING, Phase.REPLAYING, Phase.LIVE})
DIALLED: Final = CONNECTED | {Phase.DIALING}


class Session:
    """The machine. See the module's theory of operation."""

    def __init__(
        self, session: str, instance: str, *, now: float, client: str = "", bound: int = 1000
    ) -> None:
        self.session = session
        self.instance = instance
        self.transcript = Transcript(bound)
        self.phase = Phase.IDLE
        self.dial = 0
        self.limits = Limits(text=32768, unacked=64)  # until a welcome says others
        self._client = client
        self._retry_policy = RetryPolicy(now)
        self._history = StatusHistory(now)
        self._effects: list[do.Effect] = []
        self._delivery = Delivery(self._emit)
        self._now = now  # of the step being taken, as is the chance
        self._chance = 0.0
        self._keepalive = Keepalive(now)
        self._open_by = 0.0
        self._target = 0  # the welcome's seq: live once it is held
        self._resumed = False  # this connection resumed a prefix, so its replay proves something

    # --- what the shell sees --------------------------------------------------------------------

    def step(self, event: ev.Happened, now: float, chance: float = 0.5) -> list[do.Effect]:
        """Take an event; return the effects to perform, in order.

        ``now`` in seconds never goes back; ``chance`` is uniform in [0, 1). Raises Misuse for an
        event that cannot happen in this phase, NotFound for a message that is not here, Refused for
        one that cannot be sent again.
        """
        if isinstance(event, ev.OfDial) and not (event.dial == self.dial and self.phase in DIALLED):
            return []
        act = TRANSITIONS.get((self.phase, type(event))) or ANYWHERE.get(type(event))
        if act is None:
            raise Misuse(f"{type(event).__name__} cannot happen while {self.phase.name}")
        self._effects, self._now, self._chance = [], now, chance
        try:
            act(self, event)
            self._transmit()
        except Contradiction as found:
            self.transcript.distrust()
            self._give_up(Ending(Kind.CONTRADICTED, args={"fault": found.fault}))
        self._announce()
        return self._effects

    @property
    def wake_at(self) -> float | None:
        """When to send the next `Ticked`; None: not before something happens."""
        match self.phase:
            case Phase.WAITING:
                return self._retry_policy.retry_at
            case Phase.DIALING | Phase.GREETING | Phase.REPLAYING:
                return self._open_by
            case Phase.LIVE:
                times = [self._keepalive.deadline]
                if (oldest := self.outgoing.oldest_under_way) is not None:
                    times.append(self._keepalive.acknowledged_by(oldest))
                if (hold := self.outgoing.wake_at) is not None:
                    times.append(hold)
                return min(times)
            case _:
                return None

    @property
    def status(self) -> str:
        """The status word of the public interface."""
        match self.phase:
            case Phase.LIVE:
                return "connected"
            case Phase.CLOSED:
                return "closed"
            case Phase.FAILED:
                return "failed"
            case _:
                return "reconnecting" if self._history.ever_live else "connecting"

    @property
    def outgoing(self) -> Outgoing:
        """The queue of unacknowledged messages."""
        return self._delivery.outgoing

    @property
    def account(self) -> str | None:
        """The account of the last welcome; None: it named none, or there was no welcome."""
        return self.outgoing.account

    def connection_status(self, now: float) -> ConnectionStatus:
        """The status that people see."""
        retry_at = self._retry_policy.retry_at if self.phase is Phase.WAITING else None
        return self._history.status(self.status, retry_at, now)

    # --- connecting and disconnecting -----------------------------------------------------------

    def _start(self, event: ev.Started | ev.Nudged) -> None:
        self._retry_policy.requested(self._now)
        self._history.requested(self._now)
        self._dial()

    def _restart(self, event: ev.Nudged) -> None:
        if event.by is ev.Nudge.BUTTON:
            self._start(event)

    def _dial(self) -> None:
        self.dial += 1
        self._history.dialled()
        self._retry_policy.dialled()
        self._open_by = self._now + LOCATE_WITHIN
        self.phase = Phase.DIALING
        self._emit(do.Dial(self.dial))

    def _located(self, event: ev.Located) -> None:
        self._open_by = self._now + OPEN_WITHIN

    def _greet(self, event: ev.Opened) -> None:
        self.phase = Phase.GREETING
        self._open_by = self._now + OPEN_WITHIN
        self._keepalive = Keepalive(self._now)
        epoch, after, last = self.transcript.offer()
        self._resumed = epoch is not None
        hello = Hello(
            session=self.session,
            instance=self.instance,
            dial=self.dial,
            epoch=epoch,
            after=after,
            last=last,
            client=self._client,
        )
        self._emit(do.Transmit(hello))

    def _leave(self, event: ev.Left) -> None:
        if self.phase in CONNECTED:
            self._emit(do.Close(1000, "the learner left"))
        elif self.phase is Phase.DIALING:
            self._emit(do.Abort())
        self.outgoing.disconnected()
        self._retry_policy.disconnected(self._now)
        self._history.policy = None
        self._rest(Phase.CLOSED)

    def _drop(self, event: ev.Dropped) -> None:
        self._ended(event.ending)

    def _give_up(self, ending: Ending) -> None:
        self._emit(do.Abort())
        self._ended(ending)

    def _ended(self, ending: Ending) -> None:
        """The present connection, or attempt, is over: decide what comes next."""
        policy = policy_for(ending)
        strike = self.outgoing.strike(ending, self._now)
        self._delivery.save(strike.set_aside)
        if strike.by_close_frame and policy.recovery is Recovery.MISDIRECTED:
            policy = replace(policy, recovery=Recovery.RETRY, advice="")
        self.outgoing.disconnected()
        honest = ending.kind not in (Kind.CONTRADICTED, Kind.BROKEN)
        self._retry_policy.disconnected(self._now, honest=honest)
        self._history.policy = policy
        if self.phase is Phase.LIVE:
            self._history.disconnected(self._now)
        match self._retry_policy.decide(policy, self._now, self._chance):
            case Recovery.RETRY:
                self.phase = Phase.WAITING
            case Recovery.RENEW:
                self.phase = Phase.RENEWING
                self._emit(do.Renew())
            case Recovery.ERASED:
                self._erase()
                self._rest(Phase.FAILED)
            case _:
                self._rest(Phase.FAILED)

    def _erase(self) -> None:
        self._delivery.erase()
        self._drop_history()
        self._emit(do.Erased(self.account))
        self._delivery.save(self.outgoing.messages)

    def _drop_history(self) -> None:
        self.transcript = Transcript(self.transcript.bound)
        self._emit(do.HistoryReplaced(0))
        self._emit(do.StateChanged())

    def _rest(self, phase: Phase) -> None:
        self.phase = phase
        self._history.stopped(self._now)

    def _renewal(self, event: ev.Renewed) -> None:
        match event.outcome:
            case "new":
                self._dial()
            case "none":
                self._rest(Phase.FAILED)
            case "unreachable":
                self._retry_policy.no_token_now(self._now, self._chance)
                self._history.policy = NO_TOKEN_NOW
                self.phase = Phase.WAITING
            case "rubbish":
                self._history.policy = policy_for(Ending(Kind.TOKEN))
                self._rest(Phase.FAILED)

    def _nudge(self, event: ev.Nudged) -> None:
        if self._retry_policy.nudge(self._now, by_message=event.by is ev.Nudge.MESSAGE):
            self._dial()

    def _probe(self, event: ev.Nudged | ev.Ticked) -> None:
        """A nudge casts doubt on a live connection: ping now instead of after the silence."""
        if isinstance(event, ev.Nudged) and event.by is ev.Nudge.WAKE:
            self._keepalive.woke(self._now)
        if self._keepalive.probe(self._now):
            self._emit(do.Ping())

    def _ignore(self, event: ev.Happened) -> None:
        pass

    # --- time -----------------------------------------------------------------------------------

    def _retry_due(self, event: ev.Ticked) -> None:
        if self._now >= self._retry_policy.retry_at:
            self._dial()

    def _opening_due(self, event: ev.Ticked) -> None:
        if self._now >= self._open_by:
            self._give_up(Ending(Kind.SILENT, cause="no_answer_in_time"))

    def _live_due(self, event: ev.Ticked) -> None:
        oldest = self.outgoing.oldest_under_way
        if oldest is not None and self._now >= self._keepalive.acknowledged_by(oldest):
            self._give_up(Ending(Kind.SILENT, cause="not_acknowledged"))
        elif self._keepalive.is_over(self._now):
            self._give_up(Ending(Kind.SILENT))
        elif self._now >= self._keepalive.deadline:
            self._probe(event)

    def _pinged(self, event: ev.Pinged) -> None:
        self._keepalive.pinged(self._now, event.backlog)

    def _heard(self, event: ev.Heard) -> None:
        self._keepalive.heard(self._now)

    # --- frames ---------------------------------------------------------------------------------

    def _receive(self, event: ev.Received) -> None:
        self._keepalive.heard(self._now)
        frame = event.frame
        if self.phase is Phase.GREETING and not isinstance(frame, Welcome | Bye):
            raise Contradiction("early_frame")
        match frame:
            case Welcome():
                self._welcome(frame)
            case Event():
                self._take(frame)
            case Page():
                if (placed := self.transcript.add_page(frame)) is not None:
                    self._emit(do.OlderArrived(tuple(placed)))
            case Refused():
                self._delivery.refused(frame, self._now)
            case Answering():
                self.transcript.answering(frame)
                self._emit(do.ReplyChanged())
            case Delta():
                self.transcript.extend(frame)
                self._emit(do.ReplyChanged())
            case State():
                if self.transcript.set_state(frame.rev, frame.state):
                    self._emit(do.StateChanged())
            case Bye():
                self._retry_policy.announced(frame)

    def _welcome(self, welcome: Welcome) -> None:
        if self.phase is not Phase.GREETING:
            raise Contradiction("second_welcome")
        if welcome.session != self.session:
            raise Contradiction("other_session")
        self._resumed = self._resumed and not welcome.reset
        if self.transcript.account not in (None, welcome.account):
            self._drop_history()
            if self._resumed:
                raise Contradiction("other_account")
        self.transcript.welcomed(welcome, resumed=self._resumed)
        self._delivery.save(self.outgoing.welcomed(welcome.account))
        self._retry_policy.welcomed(self._now, welcome.spread)
        self.limits = welcome.limits
        self._history.server = welcome.server[:200]
        self._target = welcome.seq
        self.phase = Phase.REPLAYING
        self._emit(do.ReplyChanged() if self._resumed else do.HistoryReplaced(welcome.seq))
        self._emit(do.StateChanged())
        self._live_if_complete()

    def _live_if_complete(self) -> None:
        if self.phase is not Phase.REPLAYING or self.transcript.last < self._target:
            return
        self.phase = Phase.LIVE
        self._history.connected(self._now)

    def _take(self, event: Event) -> None:
        reply = self.transcript.reply
        new = self.transcript.add(event)
        acknowledged = self.outgoing.acknowledged(event.id)
        if event.re is not None:
            self.outgoing.answered(event.re)
        if acknowledged:
            self._emit(do.Forget(event.id))
        if new:
            self._emit(do.Committed(event))
        elif acknowledged:
            self._emit(do.Acknowledged(event.id))
        if self.transcript.reply is not reply:
            self._emit(do.ReplyChanged())
        if acknowledged or (new and (self._resumed or self.phase is Phase.LIVE)):
            self._retry_policy.progressed()
        self._live_if_complete()

    # --- the learner ----------------------------------------------------------------------------

    def _type(self, event: ev.Typed) -> None:
        if self._delivery.type(event) and self.phase is Phase.WAITING:
            self._nudge(ev.Nudged(ev.Nudge.MESSAGE))

    def _load(self, event: ev.Loaded) -> None:
        self.outgoing.add_first(event.messages)
        self._claim()
        self._settle([message.id for message in event.messages])

    def _inherit(self, event: ev.Inherited) -> None:
        for id in self.outgoing.inherit(event.queue):
            self._delivery.save([id])
            self._settle([id])
        self._claim()

    def _settle(self, ids: list[str]) -> None:
        if self.phase is Phase.LIVE:  # only then is the log that is held the server's
            self._delivery.settle(id for id in ids if self.transcript.holds(id))

    def _claim(self) -> None:
        if self.phase in WELCOMED:
            self._delivery.save(self.outgoing.claim())

    def _stop(self, event: ev.Stopped) -> None:
        re = event.re
        if re is None and self.transcript.reply is not None:
            re = self.transcript.reply.re
        if re is not None and not self.transcript.answers(re):
            self.outgoing.stop(re)

    def _older(self, event: ev.OlderRequested) -> None:
        self._emit(do.Transmit(self.transcript.ask_older(event.limit)))

    # --- the end of every step ------------------------------------------------------------------

    def _transmit(self) -> None:
        if self.phase is not Phase.LIVE:
            return
        for frame in self.outgoing.transmit(self._now, self.limits.unacked):
            self._emit(do.Transmit(frame))
        reply = self.transcript.reply
        answering = reply is not None and reply.place is None
        self._keepalive.busy(self.outgoing.under_way or answering, self._now)

    def _announce(self) -> None:
        if self.outgoing.take_changed():
            self._emit(do.QueueChanged())
        if self._history.publish(self.connection_status(self._now)):
            self._emit(do.ConnectionChanged())

    def _emit(self, effect: do.Effect) -> None:
        self._effects.append(effect)


Act = Callable[[Session, Any], None]


def _deliver(act: Callable[[Delivery, Any], None]) -> Act:
    """Pass the event to the delivery alone."""
    return lambda session, event: act(session._delivery, event)


ANYWHERE: Final[dict[type, Act]] = {
    ev.Left: Session._leave,
    ev.Typed: Session._type,
    ev.Loaded: Session._load,
    ev.Inherited: Session._inherit,
    ev.HandedOver: _deliver(Delivery.hand_over),
    ev.Orphaned: _deliver(Delivery.orphaned),
    ev.Saved: _deliver(Delivery.saved),
    ev.Discarded: _deliver(Delivery.discard),
    ev.Retried: _deliver(Delivery.retry),
    ev.Stopped: Session._stop,
    ev.OlderRequested: Session._ignore,
    ev.Nudged: Session._ignore,
    ev.Renewed: Session._ignore,
    ev.Ticked: Session._ignore,
}
"""What may happen in every phase, where `TRANSITIONS` has no entry."""

TRANSITIONS: Final[dict[tuple[Phase, type], Act]] = {
    (Phase.IDLE, ev.Started): Session._start,
    (Phase.CLOSED, ev.Started): Session._start,
    (Phase.CLOSED, ev.Nudged): Session._restart,
    (Phase.FAILED, ev.Nudged): Session._restart,
    (Phase.WAITING, ev.Ticked): Session._retry_due,
    (Phase.WAITING, ev.Nudged): Session._nudge,
    (Phase.RENEWING, ev.Renewed): Session._renewal,
    (Phase.DIALING, ev.Located): Session._located,
    (Phase.DIALING, ev.Opened): Session._greet,
    (Phase.DIALING, ev.Ticked): Session._opening_due,
    (Phase.GREETING, ev.Ticked): Session._opening_due,
    (Phase.REPLAYING, ev.Ticked): Session._opening_due,
    (Phase.LIVE, ev.Ticked): Session._live_due,
    (Phase.LIVE, ev.Nudged): Session._probe,
    (Phase.LIVE, ev.Pinged): Session._pinged,
    (Phase.LIVE, ev.OlderRequested): Session._older,
    **{(phase, ev.Received): Session._receive for phase in CONNECTED},
    **{(phase, ev.Heard): Session._heard for phase in CONNECTED},
    **{(phase, ev.Dropped): Session._drop for phase in DIALLED},
}
