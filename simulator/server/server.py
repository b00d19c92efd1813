"""A plain and correct server of the protocol's sections 2 to 4.

It does what a server must do, without what makes one fast. Its attributes are the faults and limits
that a test or a schedule may set.
"""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.environment import Environment
from simulator.network import Connection
from simulator.server.connection import GIVE_UP, ServerConnection
from simulator.server.store import SESSION, Log, Store
from tutor_widget import wire
from tutor_widget.session import Reply

PAGE: Final = 500
"""Events that a welcome replays at most."""


Inbound = wire.Send | wire.Withdraw | wire.Stop | wire.Report | wire.Erase


@dataclass
class Pending:
    """One session's part that dies with the server."""

    inbound: deque[tuple[ServerConnection, Inbound]] = field(default_factory=deque)
    is_working: bool = False
    reply: Reply | None = None


class ModelServer:
    """A correct server. Its attributes are the faults and limits that a test may set."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.is_up = True
        self.connections: list[ServerConnection] = []
        """The open connections."""
        self.limits = wire.Limits(text=32768, unacked=64)
        self.spread = 0.0
        self.account: str | None = None
        """That every welcome names; from `account_from` on."""
        self.account_from = 0
        """The server names accounts from this start on."""
        self.commit_takes = 0.002
        self.pace = 0.05
        """Seconds between two pieces of a reply."""
        self.answer: Callable[[str], list[str]] = lambda text: ["You ", "said: ", text]
        self.refuse: Callable[[wire.Send], wire.Refused | None] = lambda send: None
        self.poison: dict[str, int | None] = {}
        """Texts at which the connection is closed with a code, or breaks (None)."""
        self.is_careless = False
        """It may commit the messages in `poison`."""
        self.on_welcome: Callable[[ServerConnection], None] = lambda connection: None
        self.page = PAGE
        self.is_stuck = False
        """It answers pings and does nothing else."""
        self.refusals: deque[int] = deque()
        """The codes with which the next hellos are answered."""
        self.report_waits: deque[float] = deque()
        """Seconds for which the next reports are refused."""
        self.erased_for = 5.0
        """Seconds for which hellos of a session that a learner erased are answered with 4410."""
        self.erased_until: dict[str, float] = {}
        self.before_erasure: Callable[[str], None] = lambda session: None
        """Called with the session that a learner erases."""
        self.is_flapping = False
        """It closes each connection after the welcome."""
        self.most_unacked = 0
        self._broken: Counter[str] = Counter()
        self._pending: dict[str, Pending] = {}
        self._starts = 0
        self._numbers = itertools.count(1)
        self.store = Store(environment, self._numbers)

    def log(self, session: str = SESSION) -> Log:
        return self.store.log(session)

    def accept(self, transport: Connection) -> ServerConnection | None:
        """The server's end of a new connection; None if the server is down."""
        return ServerConnection(transport, self.connections, self._receive) if self.is_up else None

    def connections_of(self, session: str) -> list[ServerConnection]:
        """The open connections whose hello named this session."""
        return [each for each in self.connections if each.session == session]

    # --- dying and coming back ------------------------------------------------------------------

    def crash(self, *, swallow: bool = False) -> None:
        """Everything that is not in a log is gone. ``swallow``: so is what it had written."""
        self._environment.record("server", f"crashes {swallow=}")
        self.is_up = False
        self._starts += 1
        self._pending.clear()
        for connection in self.connections.copy():
            connection.die(swallow=swallow)

    def start(self) -> None:
        self._environment.record("server", "starts")
        self.is_up = True
        for session in self.store.logs:
            self._answer_next(session)

    def shut_down(self, retry_after: float, spread: float) -> None:
        """Stop as at SIGTERM: `bye`, then 1012."""
        for connection in self.connections.copy():
            connection.send(wire.Bye("Restarting.", retry_after, spread))
            connection.close(1012)
        self.crash()

    def erase(self, session: str = SESSION) -> None:
        """The conversation is erased, and its connections are closed with 4410."""
        self.store.lose(session)
        self._starts += 1
        self._pending.clear()
        for connection in self.connections_of(session):
            connection.close(4410)

    def say(self, session: str, text: str) -> None:
        """Commit a notice."""
        self.commit(session, f"_n{next(self._numbers)}", "notice", text)

    def _soon(self, delay: float, act: Callable[[], None]) -> None:
        starts = self._starts
        self._environment.call_later(delay, lambda: act() if starts == self._starts else None)

    # --- frames ---------------------------------------------------------------------------------

    def _receive(self, connection: ServerConnection, frame: wire.ClientFrame) -> None:
        if self.is_stuck:
            return
        if (connection.hello is None) != isinstance(frame, wire.Hello):
            connection.close(1002, "a hello comes first, and once")
            return
        match frame:
            case wire.Hello():
                connection.hello = frame
                self._welcome(connection, frame)
            case wire.Older(before, limit):
                events = self._log_of(connection).events
                stop = max(0, min(before - 1, len(events)))
                start = max(0, stop - min(max(limit, 1), 200))
                connection.send(wire.Page(before, events[start:stop], start > 0))
            case wire.Send(text=text) if text in self.poison:
                self._poisoned(connection, frame)
                code = self.poison[text]
                if code is None:
                    connection.transport.cut()
                else:
                    connection.close(code)
            case wire.Send() | wire.Withdraw() | wire.Stop() | wire.Report() | wire.Erase():
                if isinstance(frame, wire.Send):
                    connection.unacked += 1
                    self.most_unacked = max(self.most_unacked, connection.unacked)
                pending = self._pending_of(connection)
                pending.inbound.append((connection, frame))
                if not pending.is_working:
                    pending.is_working = True
                    self._soon(self.commit_takes, lambda: self._work(pending))

    def _poisoned(self, connection: ServerConnection, send: wire.Send) -> None:
        """Before it breaks the connection a second time, the message may have been committed."""
        self._broken[send.id] += 1
        if (
            self.is_careless
            and self._broken[send.id] == 2
            and not self._pending_of(connection).inbound
        ):
            connection.is_open = False
            self._take(connection, send)
            connection.is_open = True

    def _log_of(self, connection: ServerConnection) -> Log:
        assert connection.hello is not None
        return self.log(connection.hello.session)

    def _pending_of(self, connection: ServerConnection) -> Pending:
        assert connection.hello is not None
        return self._pending.setdefault(connection.hello.session, Pending())

    def _welcome(self, connection: ServerConnection, hello: wire.Hello) -> None:
        for other in self.connections_of(hello.session):
            assert other.hello is not None
            if other is connection:
                continue
            if self._environment.now - other.heard_at > GIVE_UP:
                other.leave()
            elif other.hello.instance == hello.instance:
                older = other if other.hello.dial <= hello.dial else connection
                older.close(4409)
        if self._environment.now < self.erased_until.get(hello.session, 0.0):
            connection.close(4410)
        if self.refusals:
            connection.close(self.refusals.popleft())
        if not connection.is_open:
            return
        log = self._log_of(connection)
        last = len(log.events)
        after = hello.after or 0
        known = hello.epoch == log.epoch and after <= last and last - after <= self.page
        if known and after:
            known = log.events[after - 1].id == hello.last
        first = after + 1 if known else max(1, last - self.page + 1)
        reply = self._pending_of(connection).reply
        connection.send(
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
                account=self.account if self._starts >= self.account_from else None,
                offers=["report", "erase", "something new"],
            )
        )
        for event in log.events[first - 1 :]:
            connection.send(event)
        if reply is not None and reply.id:
            connection.send(wire.Delta(reply.id, reply.re, 0, reply.text))
        connection.generation = self.store.generation
        connection.is_welcomed = True
        self.on_welcome(connection)
        if self.is_flapping:
            connection.close(1011)

    def _broadcast(self, session: str, frame: wire.ServerFrame) -> None:
        for connection in self.connections_of(session):
            if connection.is_welcomed:
                connection.send(frame)

    # --- taking messages ------------------------------------------------------------------------

    def _work(self, pending: Pending) -> None:
        connection, frame = pending.inbound.popleft()
        if isinstance(frame, wire.Send):
            connection.unacked -= 1
        self._take(connection, frame)
        pending.is_working = bool(pending.inbound)
        if pending.is_working:
            self._soon(self.commit_takes, lambda: self._work(pending))

    def _take(self, connection: ServerConnection, frame: Inbound) -> None:
        assert connection.hello is not None
        session, log = connection.hello.session, self._log_of(connection)
        match frame:
            case wire.Stop(re):
                if re in log.at:
                    log.stopped.add(re)
                    pending = self._pending_of(connection)
                    if pending.reply is not None and pending.reply.re == re:
                        self._finish(session, pending, "stopped")
            case wire.Report(event, reason):
                self._take_report(connection, log, event, reason)
            case wire.Erase():
                self.erased_until[session] = self._environment.now + self.erased_for
                self.before_erasure(session)
                self.erase(session)
            case wire.Withdraw(id):
                if id in log.at:
                    connection.send(log.events[log.at[id]])
                else:
                    log.withdrawn.add(id)
                    connection.send(wire.Refused(id, "withdrawn", "Taken back."))
            case wire.Send():
                if (refusal := self._refusal(connection, log, frame)) is not None:
                    connection.send(refusal)
                    return
                if frame.id in log.at:
                    connection.send(log.events[log.at[frame.id]])
                    return
                self.commit(session, frame.id, "learner", frame.text)
                self._answer_next(session)

    def _take_report(
        self, connection: ServerConnection, log: Log, event: str, reason: str | None
    ) -> None:
        if event not in log.at or log.events[log.at[event]].role != "tutor":
            return
        if self.report_waits:
            connection.send(wire.Refused(event, "rate", "Slower.", self.report_waits.popleft()))
            return
        log.reports[event] = reason
        connection.send(wire.Reported(event))

    def _refusal(
        self, connection: ServerConnection, log: Log, send: wire.Send
    ) -> wire.Refused | None:
        now = self._environment.now
        if send.id in log.at:
            if log.events[log.at[send.id]].text == send.text:
                return None
            return wire.Refused(send.id, "conflict", "Another text has this id.")
        if send.id in log.withdrawn:
            return wire.Refused(send.id, "withdrawn", "Taken back.")
        while connection.held is not None and log.has_decided(connection.held[0]):
            # It came by another connection, or never comes: the next is awaited in its place.
            connection.held = (
                (connection.behind.pop(0), connection.held[1]) if connection.behind else None
            )
        if connection.held is not None:
            held, until = connection.held
            if send.id != held or now < until:
                if send.id != held and send.id not in connection.behind:
                    connection.behind.append(send.id)
                return wire.Refused(send.id, "rate", "Slower.", max(0.0, until - now))
            connection.held = None
            connection.behind.clear()
        if wire.is_blank(send.text):
            return wire.Refused(send.id, "empty", "Empty.")
        if len(send.text) > self.limits.text:
            return wire.Refused(send.id, "too_long", "Too long.")
        refusal = self.refuse(send)
        if refusal is not None and refusal.retry_after is not None:
            connection.held = (send.id, now + refusal.retry_after)
        return refusal

    def commit(
        self, session: str, id: str, role: Any, text: str, re: str | None = None, status: Any = ""
    ) -> None:
        log = self.log(session)
        event = wire.Event(
            seq=len(log.events) + 1,
            id=id,
            role=role,
            text=text,
            at=int(self._environment.now * 1000),
            status=status or "complete",
            re=re,
        )
        log.append(event)
        self._environment.record("server", f"commits {id} as {event.seq}")
        self._broadcast(session, event)

    # --- answering ------------------------------------------------------------------------------

    def _answer_next(self, session: str) -> None:
        log, pending = self.log(session), self._pending.setdefault(session, Pending())
        if pending.reply is not None or not log.unanswered:
            return
        message = log.unanswered[0]
        pending.reply = Reply(message.id, f"_t{next(self._numbers)}")
        if message.id in log.stopped:
            self._finish(session, pending, "stopped")
            return
        log.attempts[message.id] += 1
        if log.attempts[message.id] > 3:
            self._finish(session, pending, "failed")
            return
        self._broadcast(session, wire.Answering(message.id))
        self._write(session, pending, deque(self.answer(message.text)))

    def _write(self, session: str, pending: Pending, pieces: deque[str]) -> None:
        begun = pending.reply

        def write_piece() -> None:
            reply = pending.reply
            if reply is None or begun is None or reply.id != begun.id:
                return  # it was stopped
            if not pieces:
                self._finish(session, pending, "complete")
                return
            piece = pieces.popleft()
            self._broadcast(session, wire.Delta(reply.id, reply.re, len(reply.text), piece))
            pending.reply = Reply(reply.re, reply.id, reply.text + piece)
            self._soon(self.pace, write_piece)

        self._soon(self.pace, write_piece)

    def _finish(self, session: str, pending: Pending, status: str) -> None:
        reply, pending.reply = pending.reply, None
        assert reply is not None
        log = self.log(session)
        self.commit(session, reply.id, "tutor", reply.text, reply.re, status)
        log.rev += 1
        log.state = {"answers": log.state.get("answers", 0) + 1}
        self._broadcast(session, wire.State(log.rev, log.state))
        self._answer_next(session)
