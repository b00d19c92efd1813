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

`TRANSITIONS` at the end of this file is the same as a table: by state, what each event does there.
The methods stand in the order of the states.

Each dial has a number. Events of an earlier dial are late and ignored, so an abandoned connection
may end, and a token may be renewed, at any later time.

A connection is *welcomed* when the server has said which log it holds, and *live* once everything
up to the welcome's ``seq`` is here. Messages are sent on a live connection only, because only then
does the client know which of them the server already has. Every step on a live connection ends by
asking the queue what to transmit: no message leaves by another path.

Who decides what: `received` what a frame means, and when the connection is live; `retry` whether
and when to dial again; `delivery` what becomes of messages; `keepalive` when a silent connection is
dead. `status` only observes: at the end of every step it is given the phase.

What is ugly: `step` takes ``chance`` on every call, though only an ending uses it. The alternative,
a generator inside, would hide an input and break the replay.

All times are seconds of one monotonic clock; only ``Typed.at`` and ``Event.at`` are Unix ms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Literal

from tutor_widget.codes import Code
from tutor_widget.errors import Misuse, Refused
from tutor_widget.wire import Hello, Limits

from . import effects as do
from . import events as ev
from .delivery import Delivery
from .endings import Ending, Kind, Policy, Recovery, policy_for
from .keepalive import Keepalive
from .phase import CONNECTED, DIALLED, WELCOMED, Phase
from .queue.outgoing import Outgoing
from .queue.requests import Requests
from .received import Receiver
from .retry import RetryPolicy
from .status import ConnectionStatus, StatusHistory
from .transcript import Contradiction, Transcript

NO_TOKEN_NOW: Final = Policy(Recovery.RETRY, "sign_in_unavailable")
LOCATE_WITHIN: Final = 12.0
"""Seconds to URL and token: longer than the time limit of their source, whose error says more."""
OPEN_WITHIN: Final = 10.0
"""Seconds from there to an HTTP answer, and again from that to the end of the replay."""


class Session:
    """The machine. See the module's theory of operation."""

    def __init__(
        self,
        session: str,
        instance: str,
        *,
        now: float,
        client: str = "",
        bound: int = 1000,
        account: str | None = None,
    ) -> None:
        """``account``: whose everything is until a welcome says otherwise, None if nobody knows."""
        self.session = session
        self.instance = instance
        self.phase = Phase.IDLE
        self.dial = 0
        self._client = client
        self._effects: list[do.Effect] = []
        self._now = now  # of the step being taken, as is the chance
        self._chance = 0.0
        self._retry_policy = RetryPolicy(now)
        self._status = StatusHistory(now)
        self._delivery = Delivery(self._emit)
        self._receiver = Receiver(session, bound, self._delivery, self._retry_policy, self._emit)
        self._keepalive = Keepalive(now)
        self._open_by = 0.0
        self._lang: str | None = None
        self._said_lang: str | None = None  # by the hello of this dial
        self._is_erased = False  # by the last ending
        self._erased_account: str | None = None
        if account is not None:
            self.outgoing.welcomed(account)

    # --- what the shell sees --------------------------------------------------------------------

    def step(self, event: ev.Happened, now: float, chance: float = 0.5) -> list[do.Effect]:
        """Take an event; return the effects to perform, in order.

        ``now`` in seconds never goes back; ``chance`` is uniform in [0, 1). Raises Misuse for an
        event that cannot happen in this phase, NotFound for a message that is not here, Refused for
        what cannot be done: the session is as it was before.
        """
        if self._is_late(event):
            return []
        act = TRANSITIONS[self.phase].get(type(event)) or ANYWHERE.get(type(event))
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

    def _is_late(self, event: ev.Happened) -> bool:
        if isinstance(event, ev.Renewed):
            return event.dial != self.dial or self.phase is not Phase.RENEWING
        if isinstance(event, ev.OfDial):
            return event.dial != self.dial or self.phase not in DIALLED
        return False

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
                if (oldest := self.oldest_under_way) is not None:
                    times.append(self._keepalive.acknowledged_by(oldest))
                if (hold := self._delivery.wake_at) is not None:
                    times.append(hold)
                return min(times)
            case _:
                return None

    @property
    def status(self) -> str:
        """The status word of the public interface."""
        return self._status.word

    def connection_status(self, now: float) -> ConnectionStatus:
        """The status that people see."""
        retry_at = self._retry_policy.retry_at if self.phase is Phase.WAITING else None
        return self._status.at(now, retry_at, self._receiver.server)

    @property
    def transcript(self) -> Transcript:
        """The held part of the log, with the state and the reply under way."""
        return self._receiver.transcript

    @property
    def outgoing(self) -> Outgoing:
        """The queue of unacknowledged messages."""
        return self._delivery.outgoing

    @property
    def requests(self) -> Requests:
        """The reports, and the erasure, that the server does not have yet."""
        return self._delivery.requests

    @property
    def offers(self) -> frozenset[str]:
        """What else the server takes, by the last welcome: ``report``, ``erase``."""
        return self._delivery.offers or frozenset()

    @property
    def refusal(self) -> Code | Literal[""]:
        """Why a report or a deletion was dropped that was accepted before a welcome; "" if none
        was, or the learner has said or asked for something since."""
        return self._delivery.refusal

    @property
    def can_send(self) -> bool:
        """Whether something waits that may yet be sent for the account welcomed last."""
        return self._delivery.can_send

    @property
    def oldest_under_way(self) -> float | None:
        """When what the server has not answered for longest was transmitted: a message, or the
        erasure. None if there is nothing."""
        sent = (self.outgoing.oldest_under_way, self.requests.erase_sent_at)
        return min((at for at in sent if at is not None), default=None)

    @property
    def is_erasing(self) -> bool:
        """Whether the learner has asked to delete the conversation, and it is not deleted yet."""
        return self._delivery.is_erasing

    @property
    def is_erased(self) -> bool:
        """Whether the server said last that the conversation was deleted."""
        return self._is_erased

    @property
    def account(self) -> str | None:
        """The account of the last welcome, until the first the one given at the beginning. None:
        the welcome named none, or none was given."""
        return self.outgoing.account

    @property
    def limits(self) -> Limits:
        """What the last welcome allows."""
        return self._receiver.limits

    # --- idle, closed, failed -------------------------------------------------------------------

    def _start(self, event: ev.Started | ev.Nudged) -> None:
        self._retry_policy.requested(self._now)
        self._dial()

    def _restart(self, event: ev.Nudged) -> None:
        if event.by is ev.Nudge.BUTTON:
            self._start(event)

    # --- waiting, renewing ----------------------------------------------------------------------

    def _retry_due(self, event: ev.Ticked) -> None:
        if self._now >= self._retry_policy.retry_at:
            self._dial()

    def _nudge(self, event: ev.Nudged) -> None:
        if self._retry_policy.nudge(self._now, by_message=event.by is ev.Nudge.MESSAGE):
            self._dial()

    def _renewal(self, event: ev.Renewed) -> None:
        match event.outcome:
            case "new":
                self._dial()
            case "none":
                self.phase = Phase.FAILED
            case "unreachable":
                self._retry_policy.no_token_now(self._now, self._chance)
                self._status.reason = NO_TOKEN_NOW
                self.phase = Phase.WAITING
            case "rubbish":
                self._status.reason = policy_for(Ending(Kind.TOKEN))
                self.phase = Phase.FAILED

    # --- dialing, greeting, replaying -----------------------------------------------------------

    def _dial(self) -> None:
        self.dial += 1
        self._is_erased, self._erased_account = False, None
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
        self._said_lang = self._lang
        epoch, after, last = self._receiver.offer()
        hello = Hello(
            session=self.session,
            instance=self.instance,
            dial=self.dial,
            epoch=epoch,
            after=after,
            last=last,
            client=self._client,
            lang=self._lang,
        )
        self._emit(do.Transmit(hello))

    def _opening_due(self, event: ev.Ticked) -> None:
        if self._now >= self._open_by:
            self._give_up(Ending(Kind.SILENT, cause="no_answer_in_time"))

    def _receive(self, event: ev.Received) -> None:
        self._keepalive.heard(self._now)
        self.phase = self._receiver.receive(event.frame, self.phase, self._now)

    def _heard(self, event: ev.Heard) -> None:
        self._keepalive.heard(self._now)

    # --- live -----------------------------------------------------------------------------------

    def _live_due(self, event: ev.Ticked) -> None:
        self._delivery.drop_ignored(self._keepalive.heard_at)
        oldest = self.oldest_under_way
        if oldest is not None and self._now >= self._keepalive.acknowledged_by(oldest):
            self._give_up(Ending(Kind.SILENT, cause="not_acknowledged"))
        elif self._keepalive.is_over(self._now):
            self._give_up(Ending(Kind.SILENT))
        elif self._now >= self._keepalive.deadline:
            self._probe(event)

    def _probe(self, event: ev.Nudged | ev.Ticked) -> None:
        """Ping now, not only after the silence. A nudge means that the connection may be dead."""
        if isinstance(event, ev.Nudged) and event.by is ev.Nudge.WAKE:
            self._keepalive.woke(self._now)
            self.requests.woke(self._now)
        if self._keepalive.probe(self._now):
            self._emit(do.Ping())

    def _pinged(self, event: ev.Pinged) -> None:
        self._keepalive.pinged(self._now, event.backlog)

    def _older(self, event: ev.OlderRequested) -> None:
        self._emit(do.Transmit(self.transcript.ask_older(event.limit, event.before)))

    # --- endings --------------------------------------------------------------------------------

    def _leave(self, event: ev.Left) -> None:
        if self.phase in CONNECTED:
            self._emit(do.Close(1000, "the learner left"))
        elif self.phase is Phase.DIALING:
            self._emit(do.Abort())
        self._delivery.left()
        self._retry_policy.disconnected(self._now)
        self._status.reason = None
        self.phase = Phase.CLOSED

    def _drop(self, event: ev.Dropped) -> None:
        self._ended(event.ending)

    def _give_up(self, ending: Ending) -> None:
        self._emit(do.Abort())
        self._ended(ending)

    def _ended(self, ending: Ending) -> None:
        """The present connection, or attempt, is over: decide what comes next."""
        policy = policy_for(ending)
        blames_message = self._delivery.disconnected(ending, self._now)
        if blames_message and policy.recovery is Recovery.MISDIRECTED:
            policy = replace(policy, recovery=Recovery.RETRY, advice="")
        honest = ending.kind not in (Kind.CONTRADICTED, Kind.BROKEN)
        self._retry_policy.disconnected(self._now, honest=honest)
        self._status.reason = policy
        match self._retry_policy.decide(policy, self._now, self._chance):
            case Recovery.RETRY:
                self.phase = Phase.WAITING
            case Recovery.RENEW:
                self.phase = Phase.RENEWING
                self._emit(do.Renew(self.dial))
            case Recovery.ERASED:
                self.phase = Phase.FAILED
                self._erase()
            case _:
                self.phase = Phase.FAILED

    def _erase(self) -> None:
        self._is_erased = True
        # A request that is found in a journal later may be the first that names it.
        account = self._erased_account or self._delivery.erased_account
        self._erased_account = account
        self._delivery.erase(account)
        self._receiver.drop_history()
        self._emit(do.Erased(account))
        self._delivery.save_all()

    # --- in any state: the learner, the journal -------------------------------------------------

    def _type(self, event: ev.Typed) -> None:
        if self._is_erased:
            raise Refused(code="erased")
        if self._delivery.type(event) and self.phase is Phase.WAITING:
            self._nudge(ev.Nudged(ev.Nudge.MESSAGE))

    def _load(self, event: ev.Loaded) -> None:
        self._delivery.load(event.entries)
        self._claim()
        if self._is_erased:
            self._erase()  # a journal was found late, with what is deleted
        self._settle([entry.id for entry in event.entries])

    def _inherit(self, event: ev.Inherited) -> None:
        self._settle(self._delivery.inherit(event))
        self._claim()

    def _report(self, event: ev.ReportRequested) -> None:
        self._delivery.report(event, self.transcript)

    def _request_erasure(self, event: ev.ErasureRequested) -> None:
        if not self._is_erased:
            self._delivery.request_erasure(event)

    def _choose_language(self, event: ev.LanguageChosen) -> None:
        self._lang = event.lang

    def _settle(self, ids: list[str]) -> None:
        if self.phase is Phase.LIVE:  # only then is the log that is held the server's
            self._delivery.settle(id for id in ids if self.transcript.holds(id))
            self._delivery.drop_gone(self.transcript)

    def _claim(self) -> None:
        if self.phase in WELCOMED:
            self._delivery.claim()

    def _stop(self, event: ev.Stopped) -> None:
        re = None if self._is_erased else event.re
        if re is None and self.transcript.reply is not None:
            re = self.transcript.reply.re
        if re is not None and not self.transcript.answers(re):
            self.outgoing.stop(re)

    def _ignore(self, event: ev.Happened) -> None:
        pass

    # --- the end of every step ------------------------------------------------------------------

    def _transmit(self) -> None:
        if self.phase is not Phase.LIVE:
            return
        if self._lang != self._said_lang and not (self._is_busy or self._retry_policy.is_ending):
            self._say_language()
            return
        for frame in self._delivery.transmit(self._now, self.limits.unacked):
            self._emit(do.Transmit(frame))
        self._keepalive.busy(self._is_busy, self._now)

    @property
    def _is_busy(self) -> bool:
        """Whether the server owes something: an acknowledgement, or the rest of a reply."""
        reply = self.transcript.reply
        return self.oldest_under_way is not None or (reply is not None and reply.is_under_way)

    def _say_language(self) -> None:
        """Connect anew. Only a hello names the language, and what waits is to be answered in it."""
        self._emit(do.Close(1000, "the language was changed"))
        self._delivery.left()
        self._retry_policy.disconnected(self._now)
        self._dial()

    def _announce(self) -> None:
        if self.outgoing.take_changed():
            self._emit(do.QueueChanged())
        self._status.follow(self.phase, self.dial, self._now)
        if self._status.publish(self.connection_status(self._now), self._now):
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
    ev.AccountRecalled: _deliver(Delivery.recall),
    ev.Loaded: Session._load,
    ev.Inherited: Session._inherit,
    ev.HandedOver: _deliver(Delivery.hand_over),
    ev.Orphaned: _deliver(Delivery.orphaned),
    ev.Saved: _deliver(Delivery.saved),
    ev.Discarded: _deliver(Delivery.discard),
    ev.Retried: _deliver(Delivery.retry),
    ev.Stopped: Session._stop,
    ev.ReportRequested: Session._report,
    ev.ErasureRequested: Session._request_erasure,
    ev.LanguageChosen: Session._choose_language,
    ev.OlderRequested: Session._ignore,
    ev.Nudged: Session._ignore,
    ev.Ticked: Session._ignore,
}
"""What may happen in every phase, where `TRANSITIONS` has no entry."""

_DIALLED: Final[dict[type, Act]] = {ev.Dropped: Session._drop}
_CONNECTED: Final[dict[type, Act]] = {
    **_DIALLED,
    ev.Received: Session._receive,
    ev.Heard: Session._heard,
}
TRANSITIONS: Final[dict[Phase, dict[type, Act]]] = {
    Phase.IDLE: {ev.Started: Session._start},
    Phase.DIALING: {
        **_DIALLED,
        ev.Located: Session._located,
        ev.Opened: Session._greet,
        ev.Ticked: Session._opening_due,
    },
    Phase.GREETING: {**_CONNECTED, ev.Ticked: Session._opening_due},
    Phase.REPLAYING: {**_CONNECTED, ev.Ticked: Session._opening_due},
    Phase.LIVE: {
        **_CONNECTED,
        ev.Ticked: Session._live_due,
        ev.Nudged: Session._probe,
        ev.Pinged: Session._pinged,
        ev.OlderRequested: Session._older,
    },
    Phase.WAITING: {ev.Ticked: Session._retry_due, ev.Nudged: Session._nudge},
    Phase.RENEWING: {ev.Renewed: Session._renewal},
    Phase.CLOSED: {ev.Started: Session._start, ev.Nudged: Session._restart},
    Phase.FAILED: {ev.Nudged: Session._restart},
}
"""By phase, what each event does there. What is neither here nor in `ANYWHERE` is a misuse."""
