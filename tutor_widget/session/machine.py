"""The client's session as a pure machine: `step(event, now, chance)` returns effects.

Theory of operation
===================

One `Session` is one conversation seen from one client. It lives longer than any connection. It does
no I/O, reads no clock and rolls no dice: the shell (`tutor_widget.client.client`, or a simulator)
tells it what happened, performs the effects it answers with, in order, and wakes it at `wake_at`.
So every run replays from its inputs.

The states, and what leads on:

    IDLE ──Started──▶ DIALING ──Opened──▶ GREETING ──welcome──▶ REPLAYING ──last event──▶ LIVE
                       ▲    │                │                      │                      │
                       │    └───────── Dropped, deadline, contradiction, silence ──────────┘
                    time, nudge              │
                       │                     ├─▶ WAITING   come back later (most endings)
                       └─────────────────────┤
                                             ├─▶ RENEWING  the token was refused, ask for another
                                             └─▶ FAILED    trying again cannot help
    any ──Left──▶ CLOSED ──Started──▶ DIALING

Each dial has a number. What comes from an earlier dial is late and ignored, so a connection that
was given up may die in its own time.

A connection is *welcomed* when the server has said which log it holds, and *live* once everything
up to the welcome's ``seq`` is here. Only a live connection is sent messages, because only then is
it known which of them the server has already. From then on, whenever something changes, the queue
is asked what to transmit: there is no second path by which a message could leave.

The backoff is forgiven only by proof: the connection stayed for ten seconds, or the log or the
queue moved forward. A replay to a client that holds nothing proves nothing, and whoever contradicts
the log he himself sent is not forgiven at all.

Accounts. A log and a queue belong to one account, and only a welcome says whose they are:

- What is typed belongs to the account welcomed last; what belongs to nobody yet, to the first
  account that a welcome names. The journal has it before it is sent.
- A live connection is sent messages, withdrawals and stops of its own account only. The others stay
  in the queue and the journal, are shown as failed, and go out when their account is welcomed
  again. A server that names no account is sent none that has one.
- A message that is taken back leaves at once if no server can have it. Else its withdrawal waits
  for its own account: only there can it be promised that it will never be committed.
- "Try again" gives a message to the present account, but only one that no server can have: another
  could be in two logs.
- A welcome of another account than the one whose log is held drops the events, state and reply. If
  it also claims to resume them, the server contradicts itself: nothing is believed of that welcome,
  and the client comes back with no prefix. A log of no known account becomes that of the first
  which resumes it, since the server has compared the prefix. What had an account and is welcomed
  without one is dropped too.
- An erasure (4410) ends what belongs to the account welcomed last, not what is another's.

What is ugly: `step` takes ``chance`` on every call, though only an ending uses it. The alternative,
a generator inside, would hide an input and break the replay.

All times are seconds of one monotonic clock; only ``Typed.at`` and ``Event.at`` are Unix ms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any, Final

from tutor_widget import errors
from tutor_widget.errors import Misuse, NotFound
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
from .endings import Ending, Kind, Policy, Recovery, policy_for
from .keepalive import Keepalive
from .outgoing import Message, Outgoing
from .retry import Comeback
from .status import Chronicle, Standing
from .transcript import Contradiction, Transcript

NO_TOKEN_NOW: Final = Policy(Recovery.RETRY, "sign_in_unavailable")
LOCATE_WITHIN: Final = 12.0
"""Seconds to URL and token: longer than their source has, which says what was the matter."""
OPEN_WITHIN: Final = 10.0
"""Seconds from there to an HTTP answer, and again from that to the end of the replay."""


class Phase(Enum):
    """Where the session stands."""

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
        self.outgoing = Outgoing()
        self.phase = Phase.IDLE
        self.dial = 0
        self.limits = Limits(text=32768, unacked=64)  # until a welcome says others
        self._client = client
        self._comeback = Comeback(now)
        self._chronicle = Chronicle(now)
        self._effects: list[do.Effect] = []
        self._now = now  # of the step being taken, as is the chance
        self._chance = 0.0
        self._keepalive = Keepalive(now)
        self._open_by = 0.0
        self._target = 0  # the welcome's seq: live once it is held
        self._resumed = False  # this connection resumed a prefix, so its replay proves something

    # --- what the shell sees --------------------------------------------------------------------

    def step(self, event: ev.Happened, now: float, chance: float = 0.5) -> list[do.Effect]:
        """Take an event; the effects to perform, in order.

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
            self._give_up(Ending(Kind.CONTRADICTED, detail=str(found)))
        self._announce()
        return self._effects

    @property
    def wake_at(self) -> float | None:
        """When to send the next `Ticked`; None: not before something happens."""
        match self.phase:
            case Phase.WAITING:
                return self._comeback.retry_at
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
        """The word of the public interface."""
        match self.phase:
            case Phase.LIVE:
                return "connected"
            case Phase.CLOSED:
                return "closed"
            case Phase.FAILED:
                return "failed"
            case _:
                return "reconnecting" if self._chronicle.ever_live else "connecting"

    @property
    def account(self) -> str | None:
        """The account of the last welcome; None: it named none, or there was no welcome."""
        return self.outgoing.account

    def standing(self, now: float) -> Standing:
        """Where things stand, for people."""
        retry_at = self._comeback.retry_at if self.phase is Phase.WAITING else None
        return self._chronicle.standing(self.status, retry_at, now)

    # --- coming and going -----------------------------------------------------------------------

    def _start(self, event: ev.Started | ev.Nudged) -> None:
        self._comeback.wanted(self._now)
        self._chronicle.wanted(self._now)
        self._dial()

    def _restart(self, event: ev.Nudged) -> None:
        if event.by is ev.Nudge.BUTTON:
            self._start(event)

    def _dial(self) -> None:
        self.dial += 1
        self._chronicle.tried()
        self._comeback.dialled()
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
        self.outgoing.parted()
        self._comeback.parted(self._now)
        self._chronicle.policy = None
        self._rest(Phase.CLOSED)

    def _drop(self, event: ev.Dropped) -> None:
        self._ended(event.ending)

    def _give_up(self, ending: Ending) -> None:
        self._emit(do.Abort())
        self._ended(ending)

    def _ended(self, ending: Ending) -> None:
        """The present connection, or try, is over: decide what comes next."""
        policy = policy_for(ending)
        blame = self.outgoing.suspect(ending, self._now)
        for id in blame.set_aside:
            self._save(id)
        if blame.laid and policy.recovery is Recovery.MISDIRECTED:
            policy = replace(policy, recovery=Recovery.RETRY, advice="")
        self.outgoing.parted()
        honest = ending.kind not in (Kind.CONTRADICTED, Kind.BROKEN)
        self._comeback.parted(self._now, honest=honest)
        self._chronicle.policy = policy
        if self.phase is Phase.LIVE:
            self._chronicle.lost(self._now)
        match self._comeback.decide(policy, self._now, self._chance):
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
        left = self.outgoing.erased()
        for id in self.outgoing.messages:
            if id not in left.messages:
                self._take_back(id)
        self.outgoing = left
        self._drop_history()
        self._emit(do.Erased(self.account))
        for id in left.messages:
            self._save(id)

    def _drop_history(self) -> None:
        self.transcript = Transcript(self.transcript.bound)
        self._emit(do.HistoryReplaced(0))
        self._emit(do.StateChanged())

    def _rest(self, phase: Phase) -> None:
        self.phase = phase
        self._chronicle.rests(self._now)

    def _renewal(self, event: ev.Renewed) -> None:
        match event.outcome:
            case "new":
                self._dial()
            case "none":
                self._rest(Phase.FAILED)
            case "unreachable":
                self._comeback.no_token_now(self._now, self._chance)
                self._chronicle.policy = NO_TOKEN_NOW
                self.phase = Phase.WAITING
            case "rubbish":
                self._chronicle.policy = policy_for(Ending(Kind.TOKEN))
                self._rest(Phase.FAILED)

    def _nudge(self, event: ev.Nudged) -> None:
        if self._comeback.nudge(self._now, by_message=event.by is ev.Nudge.MESSAGE):
            self._dial()

    def _probe(self, event: ev.Nudged | ev.Ticked) -> None:
        """Whoever nudges a live connection doubts it: ask at once instead of after the silence."""
        if isinstance(event, ev.Nudged) and event.by is ev.Nudge.WAKE:
            self._keepalive.woke(self._now)
        if self._keepalive.probe(self._now):
            self._emit(do.Ping())

    def _ignore(self, event: ev.Happened) -> None:
        pass

    # --- time -----------------------------------------------------------------------------------

    def _retry_due(self, event: ev.Ticked) -> None:
        if self._now >= self._comeback.retry_at:
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
            raise Contradiction("the server spoke before it said welcome")
        match frame:
            case Welcome():
                self._welcome(frame)
            case Event():
                self._take(frame)
            case Page():
                if (placed := self.transcript.add_page(frame)) is not None:
                    self._emit(do.OlderArrived(tuple(placed)))
            case Refused():
                self._refuse(frame)
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
                self._comeback.announced(frame)

    def _welcome(self, welcome: Welcome) -> None:
        if self.phase is not Phase.GREETING or welcome.session != self.session:
            raise Contradiction("the server welcomed another session, or twice")
        self._resumed = self._resumed and not welcome.reset
        if self.transcript.account not in (None, welcome.account):
            self._drop_history()
            if self._resumed:
                raise Contradiction("the server resumed the log of another account")
        self.transcript.welcomed(welcome, resumed=self._resumed)
        for id in self.outgoing.welcomed(welcome.account):
            self._save(id)
        self._comeback.welcomed(self._now, welcome.spread)
        self.limits = welcome.limits
        self._chronicle.server = welcome.server[:200]
        self._target = welcome.seq
        self.phase = Phase.REPLAYING
        self._emit(do.ReplyChanged() if self._resumed else do.HistoryReplaced(welcome.seq))
        self._emit(do.StateChanged())
        self._live_if_complete()

    def _live_if_complete(self) -> None:
        if self.phase is not Phase.REPLAYING or self.transcript.last < self._target:
            return
        self.phase = Phase.LIVE
        self._chronicle.live(self._now)

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
            self._comeback.progressed()
        self._live_if_complete()

    def _refuse(self, frame: Refused) -> None:
        match self.outgoing.refused(frame, self._now):
            case "failed":
                self._save(frame.id)
            case "taken back":
                self._take_back(frame.id)
            case "held" | "unknown":
                pass

    def _take_back(self, id: str) -> None:
        self.outgoing.answered(id)
        self._emit(do.Forget(id))
        self._emit(do.TakenBack(id))

    # --- the learner ----------------------------------------------------------------------------

    def _type(self, event: ev.Typed) -> None:
        if event.id in self.outgoing.messages:
            return
        account = self.outgoing.account
        self.outgoing.add(Message(event.id, event.text, event.at, event.context, account=account))
        self._save(event.id)
        if self.phase is Phase.WAITING:
            self._nudge(ev.Nudged(ev.Nudge.MESSAGE))

    def _load(self, event: ev.Loaded) -> None:
        self.outgoing.add_first(event.messages)
        self._claim()
        for message in event.messages:
            self._settle_if_held(message.id)

    def _inherit(self, event: ev.Inherited) -> None:
        for id in self.outgoing.inherit(event.queue):
            self._save(id)
            self._settle_if_held(id)
        self._claim()

    def _hand_over(self, event: ev.HandedOver) -> None:
        for id in event.ids:
            message = self.outgoing.messages.get(id)
            if message is not None and message.account != self.account:
                self.outgoing.remove(id)
                self.outgoing.answered(id)
                self._emit(do.Forget(id))
                self._emit(do.MovedAway(id))

    def _settle_if_held(self, id: str) -> None:
        """A live connection's log is the server's: what it holds need not be sent."""
        live = self.phase is Phase.LIVE and self.transcript.holds(id)
        if live and self.outgoing.acknowledged(id):
            self._emit(do.Forget(id))
            self._emit(do.Acknowledged(id))

    def _claim(self) -> None:
        if self.phase in WELCOMED:
            for id in self.outgoing.claim():
                self._save(id)

    def _orphaned(self, event: ev.Orphaned) -> None:
        self.outgoing.orphaned()

    def _saved(self, event: ev.Saved) -> None:
        for id in event.ids:
            match self.outgoing.saved(id):
                case "outdated":
                    self._save(id)
                case "taken back":
                    self._take_back(id)
                case "settled":
                    pass

    def _discard(self, event: ev.Discarded) -> None:
        if self._message(event.id).status != "withdrawing":
            self.outgoing.discard(event.id)
            self._save(event.id)

    def _retry(self, event: ev.Retried) -> None:
        message = self._message(event.id)
        if self.outgoing.shown[event.id].status != "failed":
            return
        if self.outgoing.is_foreign(event.id) and message.transmitted:
            raise errors.Refused(code="maybe_sent")
        self.outgoing.retry(event.id)
        self._save(event.id)

    def _save(self, id: str) -> None:
        if (message := self.outgoing.to_save(id)) is not None:
            self._emit(do.Save(message))

    def _message(self, id: str) -> Message:
        try:
            return self.outgoing.messages[id]
        except KeyError:
            raise NotFound(code="no_such_message", id=id) from None

    def _stop(self, event: ev.Stopped) -> None:
        re = event.re
        if re is None and self.transcript.reply is not None:
            re = self.transcript.reply.re
        if re is not None and not self.transcript.answers(re):
            self.outgoing.stop(re)

    def _older(self, event: ev.OlderWanted) -> None:
        self._emit(do.Transmit(self.transcript.ask_older(event.limit)))

    # --- what every step ends with --------------------------------------------------------------

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
        if self._chronicle.is_news(self.standing(self._now)):
            self._emit(do.ConnectionChanged())

    def _emit(self, effect: do.Effect) -> None:
        self._effects.append(effect)


Act = Callable[[Session, Any], None]

ANYWHERE: Final[dict[type, Act]] = {
    ev.Left: Session._leave,
    ev.Typed: Session._type,
    ev.Loaded: Session._load,
    ev.Inherited: Session._inherit,
    ev.HandedOver: Session._hand_over,
    ev.Orphaned: Session._orphaned,
    ev.Saved: Session._saved,
    ev.Discarded: Session._discard,
    ev.Retried: Session._retry,
    ev.Stopped: Session._stop,
    ev.OlderWanted: Session._ignore,
    ev.Nudged: Session._ignore,
    ev.Renewed: Session._ignore,
    ev.Ticked: Session._ignore,
}
"""What may happen in every phase, where `TRANSITIONS` has nothing better."""

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
    (Phase.LIVE, ev.OlderWanted): Session._older,
    **{(phase, ev.Received): Session._receive for phase in CONNECTED},
    **{(phase, ev.Heard): Session._heard for phase in CONNECTED},
    **{(phase, ev.Dropped): Session._drop for phase in DIALLED},
}
