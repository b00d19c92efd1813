"""A plain and correct server of the protocol's sections 2 to 4: what a server has to be, without
what makes one quick. Its attributes are the faults and limits that a test or a schedule may set.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.world import SESSION, Link, World
from tutor_widget import wire
from tutor_widget.errors import ProtocolError
from tutor_widget.session import Ending, Kind, Reply
from tutor_widget.session import events as ev

PAGE: Final = 500
LOST: Final = Ending(Kind.LOST)


@dataclass
class Log:
    """One session's durable part."""

    epoch: str
    events: list[wire.Event] = field(default_factory=list)
    at: dict[str, int] = field(default_factory=dict)  # id → index
    withdrawn: set[str] = field(default_factory=set)
    stopped: set[str] = field(default_factory=set)
    attempts: Counter[str] = field(default_factory=Counter)
    state: dict[str, Any] = field(default_factory=dict)
    rev: int = 0
    is_restored: bool = False
    """It is an older copy of itself."""

    @property
    def unanswered(self) -> list[wire.Event]:
        answered = {event.re for event in self.events}
        return [e for e in self.events if e.role == "learner" and e.id not in answered]

    def append(self, event: wire.Event) -> None:
        self.at[event.id] = len(self.events)
        self.events.append(event)


@dataclass
class Desk:
    """One session's part that dies with the server."""

    intake: deque[tuple[Seat, wire.Send | wire.Withdraw | wire.Stop]] = field(default_factory=deque)
    is_working: bool = False
    reply: Reply | None = None


class Seat:
    """The server's end of a connection."""

    def __init__(self, server: ModelServer, link: Link) -> None:
        self.server = server
        self.link = link
        self.is_open = True
        self.hello: wire.Hello | None = None
        self.is_welcomed = False
        self.generation = -1  # of the log that it was welcomed to
        self.heard_at = server.world.now
        self.unacked = 0
        self.held: tuple[str, float] | None = None  # the refused message, and until when
        self.behind: list[str] = []  # what was refused behind it
        server.seats.append(self)

    def receive(self, text: str) -> None:
        self.heard_at = self.server.world.now
        try:
            frame = wire.decode_client(text)
        except ProtocolError as error:
            self.close(1002, str(error))
            return
        if frame is not None:
            self.server.receive(self, frame)

    def send(self, frame: wire.ServerFrame) -> None:
        text = wire.encode(frame)

        def arrive() -> None:
            decoded = wire.decode_server(text)
            assert decoded is not None
            self.link.tell_client(ev.Received(self.link.dial, decoded))

        if self.is_open:
            self.link.send_down(arrive)

    def close(self, code: int, reason: str = "") -> None:
        if self.is_open:
            self.leave()
            ending = Ending(Kind.CLOSED, code, reason)
            self.link.send_down(lambda: self.link.end(ending))

    def leave(self) -> None:
        self.is_open = False
        if self in self.server.seats:
            self.server.seats.remove(self)


class ModelServer:
    """A correct server. Its attributes are the faults and limits that a test may set."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.is_up = True
        self.seats: list[Seat] = []
        self.logs: dict[str, Log] = {}
        self.limits = wire.Limits(text=32768, unacked=64)
        self.spread = 0.0
        self.account: str | None = None
        """That every welcome names; from `account_from` on."""
        self.account_from = 0
        """In which of its lives the server names accounts."""
        self.commit_takes = 0.002
        self.pace = 0.05
        """Seconds between two pieces of a reply."""
        self.answer: Callable[[str], list[str]] = lambda text: ["You ", "said: ", text]
        self.refuse: Callable[[wire.Send], wire.Refused | None] = lambda send: None
        self.poison: dict[str, int | None] = {}
        """Texts at which the connection is closed with a code, or breaks (None)."""
        self.is_careless = False
        """It may commit what breaks it."""
        self.on_welcome: Callable[[Seat], None] = lambda seat: None
        self.page = PAGE
        self.is_stuck = False
        """It answers pings, and does nothing else."""
        self.farewells: deque[int] = deque()
        """The codes with which the next hellos are answered."""
        self.is_flapping = False
        """It welcomes everyone, and closes."""
        self.copies: list[Log] = []
        """Older copies of the log, from which it may be restored."""
        self.unmade: set[str] = set()
        """Ids about which a promise was broken, because a log was lost, erased or rewound."""
        self.generation = 0
        """How often that happened."""
        self.most_unacked = 0
        self._broken: Counter[str] = Counter()
        self._desks: dict[str, Desk] = {}
        self._life = 0
        self._names = itertools.count(1)

    def log(self, session: str = SESSION) -> Log:
        if session not in self.logs:
            self.logs[session] = Log(f"epoch-{next(self._names)}")
        return self.logs[session]

    # --- dying and coming back ------------------------------------------------------------------

    def crash(self, *, swallow: bool = False) -> None:
        """Everything that is not in a log is gone. ``swallow``: so is what was on its way."""
        self.world.tell("server", f"crashes {swallow=}")
        self.is_up = False
        self._life += 1
        self._desks.clear()
        for seat in self.seats.copy():
            seat.leave()
            if swallow:
                seat.link.go_silent(up=False)
                self.world.later(seat.link.latency, lambda link=seat.link: link.end(LOST))  # type: ignore[misc]
            else:
                seat.link.send_down(lambda link=seat.link: link.end(LOST))  # type: ignore[misc]

    def start(self) -> None:
        self.world.tell("server", "starts")
        self.is_up = True
        for session in self.logs:
            self._answer_next(session)

    def shut_down(self, retry_after: float, spread: float) -> None:
        """Politely: bye, 1012."""
        for seat in self.seats.copy():
            seat.send(wire.Bye("Restarting.", retry_after, spread))
            seat.close(1012)
        self.crash()

    def lose(self, session: str = SESSION) -> None:
        """The log is lost: another one begins."""
        self._unmake(self.log(session), None)
        del self.logs[session]

    def erase(self, session: str = SESSION) -> None:
        """The conversation is erased, and everyone on it told so."""
        self.lose(session)
        self._life += 1
        self._desks.clear()
        for seat in self.seats.copy():
            if seat.hello is not None and seat.hello.session == session:
                self.unmade |= seat.link.client.session.outgoing.messages.keys()
                seat.close(4410)

    def rewind(self, events: int, session: str = SESSION) -> None:
        """The log is restored from an older copy."""
        log = self.log(session)
        older = Log(log.epoch, log.events[:events], {}, stopped=log.stopped, rev=log.rev)
        older.at = {event.id: index for index, event in enumerate(older.events)}
        older.state = log.state
        older.is_restored = True
        self._unmake(log, older)
        self.logs[session] = older

    def copy(self, session: str = SESSION) -> None:
        """Keep a copy of the log."""
        self.copies.append(deepcopy(self.log(session)))

    def restore(self, session: str = SESSION) -> None:
        """The log is restored from the newest copy. Only while the server is down."""
        if self.copies and self.copies[-1].epoch == self.log(session).epoch:
            older = self.copies.pop()
            older.is_restored = True
            self._unmake(self.log(session), older)
            self.logs[session] = older

    def _unmake(self, log: Log, older: Log | None) -> None:
        self.world.tell("server", f"has lost its log from {len(older.events) if older else 0} on")
        kept = older.at.keys() if older else set()
        self.unmade |= {id for id in log.at if id not in kept}
        self.unmade |= log.withdrawn - (older.withdrawn if older else set())
        self.generation += 1

    def say(self, session: str, text: str) -> None:
        """A notice, which nobody asked for."""
        self._commit(session, f"_n{next(self._names)}", "notice", text)

    def _soon(self, delay: float, act: Callable[[], None]) -> None:
        life = self._life
        self.world.later(delay, lambda: act() if life == self._life else None)

    # --- frames ---------------------------------------------------------------------------------

    def receive(self, seat: Seat, frame: wire.ClientFrame) -> None:
        if self.is_stuck:
            return
        if (seat.hello is None) != isinstance(frame, wire.Hello):
            seat.close(1002, "a hello comes first, and once")
            return
        match frame:
            case wire.Hello():
                seat.hello = frame
                self._greet(seat, frame)
            case wire.Older(before, limit):
                events = self._log_of(seat).events
                end = max(0, min(before - 1, len(events)))
                start = max(0, end - min(max(limit, 1), 200))
                seat.send(wire.Page(before, events[start:end], start > 0))
            case wire.Send(text=text) if text in self.poison:
                self._poisoned(seat, frame)
                code = self.poison[text]
                if code is None:
                    seat.link.cut()
                else:
                    seat.close(code)
            case wire.Send() | wire.Withdraw() | wire.Stop():
                if isinstance(frame, wire.Send):
                    seat.unacked += 1
                    self.most_unacked = max(self.most_unacked, seat.unacked)
                desk = self._desk_of(seat)
                desk.intake.append((seat, frame))
                if not desk.is_working:
                    desk.is_working = True
                    self._soon(self.commit_takes, lambda: self._work(desk))

    def _poisoned(self, seat: Seat, send: wire.Send) -> None:
        """What breaks the connection the second time may have been committed before."""
        self._broken[send.id] += 1
        if self.is_careless and self._broken[send.id] == 2 and not self._desk_of(seat).intake:
            seat.is_open = False
            self._take(seat, send)
            seat.is_open = True

    def _log_of(self, seat: Seat) -> Log:
        assert seat.hello is not None
        return self.log(seat.hello.session)

    def _desk_of(self, seat: Seat) -> Desk:
        assert seat.hello is not None
        return self._desks.setdefault(seat.hello.session, Desk())

    def _greet(self, seat: Seat, hello: wire.Hello) -> None:
        for other in self.seats.copy():
            if other is seat or other.hello is None or other.hello.session != hello.session:
                continue
            if self.world.now - other.heard_at > 60:
                other.leave()
            elif other.hello.instance == hello.instance:
                older = other if other.hello.dial <= hello.dial else seat
                older.close(4409)
        if self.farewells:
            seat.close(self.farewells.popleft())
        if not seat.is_open:
            return
        log = self._log_of(seat)
        last = len(log.events)
        after = hello.after or 0
        known = hello.epoch == log.epoch and after <= last and last - after <= self.page
        if known and after:
            known = log.events[after - 1].id == hello.last
        first = after + 1 if known else max(1, last - self.page + 1)
        reply = self._desk_of(seat).reply
        seat.send(
            wire.Welcome(
                session=hello.session,
                epoch=log.epoch,
                seq=last,
                reset=not known,
                first=first,
                state=log.state,
                rev=log.rev,
                answering=reply.re if reply else None,
                limits=self.limits,
                spread=self.spread,
                server="model/1",
                account=self.account if self._life >= self.account_from else None,
            )
        )
        for event in log.events[first - 1 :]:
            seat.send(event)
        if reply is not None and reply.id:
            seat.send(wire.Delta(reply.id, reply.re, 0, reply.text))
        seat.generation = self.generation
        seat.is_welcomed = True
        self.on_welcome(seat)
        if self.is_flapping:
            seat.close(1011)

    def _tell_all(self, session: str, frame: wire.ServerFrame) -> None:
        for seat in self.seats.copy():
            if seat.is_welcomed and seat.hello is not None and seat.hello.session == session:
                seat.send(frame)

    # --- taking messages ------------------------------------------------------------------------

    def _work(self, desk: Desk) -> None:
        seat, frame = desk.intake.popleft()
        if isinstance(frame, wire.Send):
            seat.unacked -= 1
        self._take(seat, frame)
        desk.is_working = bool(desk.intake)
        if desk.is_working:
            self._soon(self.commit_takes, lambda: self._work(desk))

    def _take(self, seat: Seat, frame: wire.Send | wire.Withdraw | wire.Stop) -> None:
        assert seat.hello is not None
        session, log = seat.hello.session, self._log_of(seat)
        match frame:
            case wire.Stop(re):
                if re in log.at:
                    log.stopped.add(re)
                    desk = self._desk_of(seat)
                    if desk.reply is not None and desk.reply.re == re:
                        self._finish(session, desk, "stopped")
            case wire.Withdraw(id):
                if id in log.at:
                    seat.send(log.events[log.at[id]])
                else:
                    log.withdrawn.add(id)
                    seat.send(wire.Refused(id, "withdrawn", "Taken back."))
            case wire.Send():
                if (refusal := self._refusal(seat, log, frame)) is not None:
                    seat.send(refusal)
                    return
                if frame.id in log.at:
                    seat.send(log.events[log.at[frame.id]])
                    return
                self._commit(session, frame.id, "learner", frame.text)
                self._answer_next(session)

    def _refusal(self, seat: Seat, log: Log, send: wire.Send) -> wire.Refused | None:
        now = self.world.now
        if send.id in log.at:
            if log.events[log.at[send.id]].text == send.text:
                return None
            return wire.Refused(send.id, "conflict", "Another text has this id.")
        if send.id in log.withdrawn:
            return wire.Refused(send.id, "withdrawn", "Taken back.")
        while seat.held is not None and (seat.held[0] in log.at or seat.held[0] in log.withdrawn):
            # It came by another connection, or never comes: the next is awaited in its place.
            seat.held = (seat.behind.pop(0), seat.held[1]) if seat.behind else None
        if seat.held is not None:
            held, until = seat.held
            if send.id != held or now < until:
                if send.id != held and send.id not in seat.behind:
                    seat.behind.append(send.id)
                return wire.Refused(send.id, "rate", "Slower.", max(0.0, until - now))
            seat.held = None
            seat.behind.clear()
        if wire.is_blank(send.text):
            return wire.Refused(send.id, "empty", "Empty.")
        if len(send.text) > self.limits.text:
            return wire.Refused(send.id, "too_long", "Too long.")
        refusal = self.refuse(send)
        if refusal is not None and refusal.retry_after is not None:
            seat.held = (send.id, now + refusal.retry_after)
        return refusal

    def _commit(
        self, session: str, id: str, role: Any, text: str, re: str | None = None, status: Any = ""
    ) -> None:
        log = self.log(session)
        event = wire.Event(
            seq=len(log.events) + 1,
            id=id,
            role=role,
            text=text,
            at=int(self.world.now * 1000),
            status=status or "complete",
            re=re,
        )
        log.append(event)
        self.world.tell("server", f"commits {id} as {event.seq}")
        self._tell_all(session, event)

    # --- answering ------------------------------------------------------------------------------

    def _answer_next(self, session: str) -> None:
        log, desk = self.log(session), self._desks.setdefault(session, Desk())
        if desk.reply is not None or not log.unanswered:
            return
        message = log.unanswered[0]
        desk.reply = Reply(message.id, f"_t{next(self._names)}")
        if message.id in log.stopped:
            self._finish(session, desk, "stopped")
            return
        log.attempts[message.id] += 1
        if log.attempts[message.id] > 3:
            self._finish(session, desk, "failed")
            return
        self._tell_all(session, wire.Answering(message.id))
        self._write(session, desk, deque(self.answer(message.text)))

    def _write(self, session: str, desk: Desk, pieces: deque[str]) -> None:
        mine = desk.reply

        def on() -> None:
            reply = desk.reply
            if reply is None or mine is None or reply.id != mine.id:
                return  # stopped
            if not pieces:
                self._finish(session, desk, "complete")
                return
            piece = pieces.popleft()
            self._tell_all(session, wire.Delta(reply.id, reply.re, len(reply.text), piece))
            desk.reply = Reply(reply.re, reply.id, reply.text + piece)
            self._soon(self.pace, on)

        self._soon(self.pace, on)

    def _finish(self, session: str, desk: Desk, status: str) -> None:
        reply, desk.reply = desk.reply, None
        assert reply is not None
        log = self.log(session)
        self._commit(session, reply.id, "tutor", reply.text, reply.re, status)
        log.rev += 1
        log.state = {"answers": log.state.get("answers", 0) + 1}
        self._tell_all(session, wire.State(log.rev, log.state))
        self._answer_next(session)
