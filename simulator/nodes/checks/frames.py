"""What must hold for the frames that a node writes to one connection (protocol.md §3, §4).

The node's end is watched, before the network: so every frame counts, also one that never arrives.
Nothing that a node says is believed: each frame is compared with the database.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol

from simulator.nodes.checks.attempts import Attempts
from simulator.nodes.checks.verdict import Verdict
from simulator.nodes.memory.database import Database
from simulator.nodes.memory.sessions import Session
from tutor_widget import wire
from tutor_widget.errors import ProtocolError
from tutor_widget.server.store import SessionKey

__all__ = ["ConnectionChecks"]

ALLOWED: Final = frozenset({1008, 1012, 1013, 4408, 4409, 4410, 4429})
"""Close codes that a client may meet that keeps to the protocol. 1011 is a fault of the server."""
CLOSING: Final = 5.0
"""Seconds in which a connection that is being closed takes what was queued before."""
QUEUED: Final = 0.02
"""Seconds in which a welcome is written that was queued before a session was erased."""
PLACE_EVERY: Final = 1.99
"""Seconds between two places that a client is told; two, but for the rounding of clocks."""
ABUSED: Final = ALLOWED | {1002, 1003}


class Home(Protocol):
    """The node of a connection."""

    erased: dict[str, float]
    """Epochs of the sessions of which it has said that they are erased, and since when."""

    @property
    def owner(self) -> str:
        """The name of its store."""

    def has_lost(self, key: SessionKey, message_id: str) -> bool:
        """Whether it was told that its lease to answer this message is lost."""


class ConnectionChecks:
    """Checks one connection. ``replay`` is the most events that a welcome may replay.

    ``newest_dial`` returns the number of the newest connection of this instance.
    """

    def __init__(
        self,
        database: Database,
        account: str,
        attempts: Attempts,
        replay: int,
        newest_dial: Callable[[], int],
        home: Home,
        verdict: Verdict,
        record: Callable[[object], None],
    ) -> None:
        self.hello: wire.Hello | None = None
        """What the client said first. Set by the node that reads it."""
        self.asked: dict[str, str | None] = {}
        """Texts of the messages that were sent on this connection, None for a withdrawal."""
        self.reported: set[str] = set()
        """The tutor's messages that were reported on this connection."""
        self.is_abused = False
        self.is_closed = False
        self.session: Session | None = None
        self._database = database
        self.account = account
        self._attempts = attempts
        self._replay = replay
        self._newest_dial = newest_dial
        self._home = home
        self._verdict = verdict
        self._record = record
        self._first = 1
        self._last = 0
        self._end_of_replay = 0
        self._rev = 0
        self._answering: str | None = None
        """The welcome named it, and its text so far is still to come."""
        self._reply: wire.Delta | None = None
        """The text so far, as one delta."""
        self._fence = 0
        """Of the newest claim under which a delta was written."""
        self._answered: set[str] = set()
        self._placed_at = 0.0
        """When a place in the queue was told last."""
        self._has_bye = False

    # --- what the client sends --------------------------------------------------------------------

    def taken(self, text: str | bytes) -> None:
        """The node's end has received a frame."""
        try:
            frame = wire.decode_client(text) if isinstance(text, str) else None
        except ProtocolError:
            frame = None
        self.is_abused |= frame is None
        match frame:
            case wire.Hello() as hello:
                self.is_abused |= self.hello is not None
                self.hello = self.hello or hello
            case wire.Send(id=id, text=words):
                self.asked[id] = words
            case wire.Withdraw(id=id):
                self.asked.setdefault(id, None)
            case wire.Report(id=id):
                self.reported.add(id)

    # --- what the node writes ---------------------------------------------------------------------

    def closed(self, code: int, reason: str) -> None:
        self._record(f"close {code} {reason}")
        with self._verdict.judging():
            self._check_close(code, reason)

    def sent(self, text: str) -> None:
        frame = wire.decode_server(text)
        self._record(frame)
        with self._verdict.judging():
            self._check(frame)

    def _check_close(self, code: int, reason: str) -> None:
        assert not self.is_closed, "closed twice"
        self.is_closed = True
        if code == 4410:
            self._check_erasure()
        if code == 4409:
            is_older = self.hello is not None and self.hello.dial < self._newest_dial()
            assert is_older, "the newest connection of an instance was replaced"
        allowed = ABUSED if self.is_abused else ALLOWED
        assert code in allowed, f"closed with {code}: {reason}"
        assert code == 1012 or not self._has_bye, "a bye, and then another end"

    def _check(self, frame: wire.ServerFrame | None) -> None:
        assert not self.is_closed, "a frame behind the close frame"
        if isinstance(frame, wire.Bye):
            self._has_bye = True
            return
        assert (self.session is None) == isinstance(frame, wire.Welcome), "not the welcome first"
        if self.session is not None:
            told = self._home.erased.get(self.session.epoch, math.inf)
            is_late = self._database.clock() > told + CLOSING
            assert not is_late, "a frame long after the erasure"
        match frame:
            case wire.Welcome():
                self._welcome(frame)
            case wire.Event():
                self._event(frame)
            case wire.State():
                self._state(frame)
            case wire.Delta():
                self._delta(frame)
            case wire.Refused():
                self._refused(frame)
            case wire.Page():
                self._page(frame)
            case wire.Answering():
                self._announced(frame)
            case wire.Reported(id=id):
                assert id in self.reported, "nobody reported"
                assert id in self._log.reports, "a report is acknowledged and not kept"

    def _check_erasure(self) -> None:
        if self.session is not None:
            assert self.session.epoch in self._database.erased, "erased, and still there"
            self._home.erased.setdefault(self.session.epoch, self._database.clock())
        elif self.hello is not None:
            place = (self.account, self.hello.session)
            assert place in self._database.marks, "erased, and never was"

    @property
    def _log(self) -> Session:
        assert self.session is not None
        return self.session

    def _welcome(self, welcome: wire.Welcome) -> None:
        hello = self.hello
        assert hello is not None, "a welcome before the hello"
        assert welcome.session == hello.session
        self.session = self._database.of_epoch(welcome.epoch)
        assert self.session is not None, "the epoch of no log"
        assert (self.session.account, self.session.name) == (self.account, hello.session)
        told = self._home.erased.get(welcome.epoch, math.inf)
        is_late = self._database.clock() > told + QUEUED
        assert not is_late, "the welcome of a session that was erased"
        log, last = self.session, welcome.seq
        assert last <= len(log.events), "a welcome to what is not durable"
        self._check_prefix(hello, welcome)
        assert welcome.rev < len(log.states), "a revision that is not durable"
        assert welcome.state == log.states[welcome.rev], "another state than that of its revision"
        self._first, self._last, self._end_of_replay = welcome.first, welcome.first - 1, last
        self._rev, self._answering = welcome.rev, welcome.answering
        answered = (event.re for event in log.events[: welcome.first - 1] if event.re)
        self._answered.update(answered)

    def _check_prefix(self, hello: wire.Hello, welcome: wire.Welcome) -> None:
        """`reset` and `first` follow from the hello and the log, and from nothing else."""
        events, last = self._log.events, welcome.seq
        newest = max(1, last - self._replay + 1)
        if hello.epoch is None:
            assert welcome.first == newest, "a client without a prefix gets the newest page"
            return
        after = hello.after or 0
        is_good = hello.epoch == welcome.epoch and after <= len(events)
        is_good = is_good and (after == 0 or events[after - 1].id == hello.last)
        assert not is_good or after <= last, "a welcome to less than the client has"
        is_reset = not is_good or last - after > self._replay
        assert welcome.reset == is_reset, f"reset should be {is_reset}"
        assert welcome.first == (newest if is_reset else after + 1), "it begins at another event"

    def _event(self, event: wire.Event) -> None:
        assert self._log.at.get(event.id) == event, "an event that is not durable"
        if event.seq <= self._last:
            assert event.id in self.asked, "an event is sent twice, and nobody asked"
            return
        assert event.seq == self._last + 1, f"a hole: {event.seq} follows {self._last}"
        self._last = event.seq
        if event.role == "tutor":
            assert self._log.revs[event.id] <= self._rev, "an answer before its state"
        if event.re is not None:
            assert event.re not in self._answered, "answered twice"
            self._answered.add(event.re)
        if event.re == self._answering:
            self._answering = None
        reply = self._reply
        if reply is not None and reply.re == event.re:
            self._reply = None
            if reply.id == event.id:
                self._check_answer(reply, event)

    def _state(self, frame: wire.State) -> None:
        assert frame.rev > self._rev, "the state goes back"
        assert frame.rev < len(self._log.states), "a revision that is not durable"
        assert frame.state == self._log.states[frame.rev], "another state than that of its revision"
        self._rev = frame.rev

    def _delta(self, delta: wire.Delta) -> None:
        assert self._last >= self._end_of_replay, "a delta during the replay"
        assert delta.re in self._log.at, "a delta for what is in no log"
        assert delta.re not in self._answered, "a delta after its answer"
        reply = self._joined(delta)
        attempt = self._attempts.of(delta.re, reply.text)
        if attempt.owner == self._home.owner:
            assert not self._home.has_lost(self._log.key, delta.re), "a delta under a lost lease"
        assert attempt.fence >= self._fence, "a delta of an older claim"
        self._reply, self._fence = reply, attempt.fence
        if self._answering is not None:
            assert delta.re == self._answering, "the text so far is of another reply"
            self._answering = None

    def _joined(self, delta: wire.Delta) -> wire.Delta:
        """The text so far with this delta."""
        reply = self._reply
        if delta.from_ == 0:
            is_new = reply is None or reply.id != delta.id or len(delta.text) > len(reply.text)
            assert is_new, "the text so far again, and no more"
            return delta
        assert reply is not None, "a delta joins nothing"
        joins = (reply.id, reply.re, len(reply.text)) == (delta.id, delta.re, delta.from_)
        assert joins, "a delta does not join"
        return wire.Delta(reply.id, reply.re, 0, reply.text + delta.text)

    def _check_answer(self, reply: wire.Delta, event: wire.Event) -> None:
        """The answer has the words of its deltas; and no more where it was made."""
        assert event.text.startswith(reply.text), "an answer in other words than its deltas"
        is_of_here = self._attempts.of(reply.re, reply.text).owner == self._home.owner
        is_whole = event.text == reply.text or event.status == "failed"
        assert is_whole or not is_of_here, "an answer with more words than its deltas"

    def _announced(self, frame: wire.Answering) -> None:
        assert frame.re in self._log.at, "the answer to what is in no log is announced"
        assert frame.re not in self._answered, "an answer is announced after its event"
        if frame.place is not None:
            now = self._database.clock()
            assert now >= self._placed_at + PLACE_EVERY, "places are told too often"
            self._placed_at = now

    def _refused(self, refused: wire.Refused) -> None:
        if refused.id in self.reported:
            assert refused.code == "rate", "a report is refused for another reason"
            assert (refused.retry_after or 0) > 0, "refused for no time"
            return
        assert refused.id in self.asked, "nobody asked"
        log, known = self._log, self._log.at.get(refused.id)
        match refused.code:
            case "rate" | "unacked" | "full":
                assert refused.retry_after is not None
                assert refused.retry_after > 0, "refused for no time"
            case "withdrawn":
                assert refused.id in log.withdrawn, "a withdrawal is not durable"
                assert known is None, "withdrawn, and committed"
            case "conflict":
                assert known is not None, "in conflict with nothing"
                assert known.text != self.asked[refused.id], "in conflict with itself"
            case code:
                assert code in ("too_long", "empty", "bad_context"), code
                assert refused.retry_after is None
        if refused.code in ("withdrawn", "conflict"):
            assert refused.retry_after is None

    def _page(self, page: wire.Page) -> None:
        before = max(1, page.before)
        expected = self._log.events[: before - 1][-len(page.events) :] if page.events else []
        assert page.events == expected, "a page of other events"
        assert page.events or before == 1, "a page is empty"
        assert page.more == bool(page.events and page.events[0].seq > 1), "more, or not"
