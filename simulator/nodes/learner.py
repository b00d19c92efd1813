"""A raw client: it follows sections 3 and 4 of the protocol, and shows what it was sent.

It connects where it is told to. With `shout` it breaks the protocol on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from simulator.environment import Environment
from simulator.nodes.link import Link
from tutor_widget import wire

__all__ = ["Draft", "Learner"]

FATAL: Final = frozenset({4403, 4404, 4409, 4410})
_TIE: Final = 0.001
"""Seconds beyond ``retry_after``: no message is too early because of a rounded number."""


@dataclass
class Draft:
    """A message that is not acknowledged."""

    id: str
    text: str
    context: dict[str, Any] | None = None
    is_withdrawn: bool = False
    is_sent: bool = False
    """On this connection, and neither acknowledged nor refused."""
    is_doubled: bool = False
    """Its withdrawal was sent behind it, and neither is answered."""


@dataclass
class Learner:
    """One instance of a client. ``dial`` opens a link to a node, or returns None if none is up."""

    name: str
    account: str
    session: str
    environment: Environment
    random: Random
    dial: Callable[[Learner], Link | None]
    drafts: dict[str, Draft] = field(default_factory=dict)
    """Unacknowledged, oldest first."""
    typed: list[str] = field(default_factory=list)
    dropped: set[str] = field(default_factory=set)
    """Refused for good, or withdrawn."""
    stops: set[str] = field(default_factory=set)
    reports: set[str] = field(default_factory=set)
    wants_erasure: bool = False
    hold_until: float = 0.0
    """Something was refused for now: until then nothing is sent."""
    dials: int = 0
    link: Link | None = None
    welcome: wire.Welcome | None = None
    epoch: str | None = None
    events: list[wire.Event] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    rev: int = 0
    streams: dict[str, str] = field(default_factory=dict)
    """The texts so far on this connection, by message."""
    is_gone: bool = False
    """Its conversation was erased."""
    ended_with: int | None = None
    is_careless: bool = False
    """It sends more at once than the server allows."""

    # --- what people do ---------------------------------------------------------------------------

    def say(self, text: str, context: dict[str, Any] | None = None) -> str:
        id = f"{self.name}-{len(self.typed)}"
        self.typed.append(id)
        self.drafts[id] = Draft(id, text, context)
        self.flush()
        return id

    def say_of(self, kind: str, context: dict[str, Any] | None = None) -> str:
        """Say what is answered in this way. Returns the message's id."""
        return self.say(f"{kind} {self.name}-{len(self.typed)}", context)

    def withdraw(self, which: int) -> None:
        if self.drafts:
            draft = list(self.drafts.values())[which % len(self.drafts)]
            if not draft.is_withdrawn and draft.is_sent:
                draft.is_doubled = True
                self._send(wire.Withdraw(draft.id))
            draft.is_withdrawn = True
            self.flush()

    def stop(self) -> None:
        """Stop the oldest message without an answer."""
        unanswered = self.unanswered
        if unanswered:
            self.stops.add(unanswered[0])
            self._send(wire.Stop(unanswered[0]))

    def older(self, limit: int) -> None:
        if self.events:
            self._send(wire.Older(self.events[0].seq, limit))

    def report(self, which: int) -> None:
        tutors = [event.id for event in self.events if event.role == "tutor"]
        if tutors and self._is_offered("report"):
            self.reports.add(tutors[which % len(tutors)])
            self._send(wire.Report(tutors[which % len(tutors)], "wrong"))

    def erase(self) -> None:
        if self._is_offered("erase"):
            self.wants_erasure = True
            self._send(wire.Erase())

    @property
    def unanswered(self) -> list[str]:
        answered = {event.re for event in self.events}
        return [one.id for one in self.events if one.role == "learner" and one.id not in answered]

    # --- connecting -------------------------------------------------------------------------------

    def connect(self, *, knows: bool = True, last: str | None = None, leaves: bool = True) -> None:
        """Dial. Without ``knows`` it holds no prefix; ``last`` is a lie about its last event.

        Without ``leaves`` the connection before stays open, and nobody listens there any more.
        """
        if self.is_gone:
            return
        if leaves:
            self.leave()
        if (link := self.dial(self)) is None:
            return
        self.dials += 1
        self.link, self.welcome = link, None
        for draft in self.drafts.values():
            draft.is_sent = draft.is_doubled = False
        self.hold_until = 0.0
        if not knows or self.epoch is None:
            self._forget()
            self.epoch = None
        hello = wire.Hello(
            session=self.session,
            instance=self.name,
            dial=self.dials,
            epoch=self.epoch,
            after=(self.events[-1].seq if self.events else 0) if self.epoch else None,
            last=last or (self.events[-1].id if self.events else None),
            client="simulated/1",
        )
        link.send(wire.encode(hello))

    def leave(self) -> None:
        """End the connection, without a closing handshake."""
        if self.link is not None:
            link, self.link = self.link, None
            self.welcome = None
            link.abandon()

    def shout(self, text: str | bytes) -> None:
        """Send what breaks the protocol."""
        if self.link is not None:
            self.environment.record(self.name, text)
            self.link.send(text)

    # --- the link ---------------------------------------------------------------------------------

    def received(self, link: Link, text: str) -> None:
        if link is not self.link:
            return
        match wire.decode_server(text):
            case wire.Welcome() as welcome:
                self._welcomed(welcome)
            case wire.Event() as event:
                self._learned(event)
            case wire.State(rev, state):
                self.rev, self.state = rev, state
            case wire.Refused() as refused:
                self._refused(refused)
            case wire.Reported(id=id):
                self.reports.discard(id)
            case wire.Delta() as delta:
                self._heard(delta)
            case _:
                pass

    def ended(self, link: Link, code: int | None) -> None:
        if link is not self.link:
            return
        self.link = self.welcome = None
        self.ended_with = code
        self.environment.record(self.name, f"ended with {code}")
        if code == 4410:
            self._forget()
            self.is_gone = True
            self.drafts.clear()

    def _welcomed(self, welcome: wire.Welcome) -> None:
        if welcome.reset or self.epoch is None or not self.events:
            self._forget()
        self.welcome, self.epoch = welcome, welcome.epoch
        self.streams = {}
        self.rev, self.state = welcome.rev, welcome.state
        self.flush()
        for id in sorted(self.stops):
            self._send(wire.Stop(id))
        for id in sorted(self.reports):
            self._send(wire.Report(id, "wrong"))
        if self.wants_erasure and self._is_offered("erase"):
            self._send(wire.Erase())

    def _heard(self, delta: wire.Delta) -> None:
        text = "" if delta.from_ == 0 else self.streams.get(delta.re, "")
        if delta.from_ == len(text):
            self.streams[delta.re] = text + delta.text

    def _learned(self, event: wire.Event) -> None:
        if not self.events or event.seq == self.events[-1].seq + 1:
            self.events.append(event)
        if event.re is not None:
            self.stops.discard(event.re)
        if self.drafts.pop(event.id, None) is not None:
            self.flush()

    def _refused(self, refused: wire.Refused) -> None:
        draft = self.drafts.get(refused.id)
        if draft is None:
            if refused.id in self.reports and refused.retry_after is not None:
                self.environment.call_later(
                    refused.retry_after + _TIE, lambda: self._report_again(refused.id)
                )
            return
        if refused.retry_after is None:
            del self.drafts[refused.id]
            self.dropped.add(refused.id)
            self.flush()
            return
        draft.is_sent, draft.is_doubled = draft.is_doubled, False
        wait = refused.retry_after + _TIE
        self.hold_until = max(self.hold_until, self.environment.now + wait)
        self.environment.call_later(self.hold_until - self.environment.now, self.flush)
        self.flush()

    def _report_again(self, event_id: str) -> None:
        if self.welcome is not None and event_id in self.reports:
            self._send(wire.Report(event_id, "wrong"))

    def flush(self) -> None:
        """Send what may be sent, oldest first: nothing overtakes what was refused for now.

        Behind a refused message all that is in flight is refused too. So it waits for those
        refusals, and begins again with the oldest.
        """
        in_flight = sum(draft.is_sent for draft in self.drafts.values())
        is_held = self.hold_until > 0 and (in_flight or self.environment.now < self.hold_until)
        if self.welcome is None or is_held or any(one.is_doubled for one in self.drafts.values()):
            return
        self.hold_until = 0.0
        most = 10_000 if self.is_careless else self.welcome.limits.unacked
        for draft in self.drafts.values():
            if draft.is_sent:
                continue
            if in_flight >= most:
                return
            draft.is_sent = True
            in_flight += 1
            if draft.is_withdrawn:
                self._send(wire.Withdraw(draft.id))
            else:
                self._send(wire.Send(draft.id, draft.text, draft.context))

    def _send(self, frame: wire.ClientFrame) -> None:
        if self.link is not None and self.welcome is not None:
            self.environment.record(self.name, frame)
            self.link.send(wire.encode(frame))

    def _is_offered(self, what: str) -> bool:
        return self.welcome is not None and what in (self.welcome.offers or ())

    def _forget(self) -> None:
        self.events = []
        self.rev, self.state = 0, {}
