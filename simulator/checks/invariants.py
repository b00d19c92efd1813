"""What must hold after every step, and what must hold at the end.

Nothing that the session says about itself is trusted: what pages show is compared with what was
typed and with what the server has, and endings with the protocol's table.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from simulator.checks.client_checks import ClientChecks, is_history
from simulator.client.client import Client
from simulator.environment import BEGINNING
from simulator.server.store import Log
from simulator.world import World
from tutor_widget import wire
from tutor_widget.errors import Refused
from tutor_widget.session import Phase
from tutor_widget.session import events as ev


class Invariants:
    """Checks the whole world after every step. Each violation is an AssertionError."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dial_allowance = 0
        """How many things happened that may make a client dial once more."""
        self._log: tuple[str, int] = ("", 0)
        self._rev = 0
        self._seen: list[wire.Event] = []
        self._checks: dict[str, ClientChecks] = {}
        world.checks.append(self.check)

    def watch(self, client: Client) -> None:
        """Check each step of this client, too. Every client of the world must be watched."""
        self._checks[client.name] = checks = ClientChecks(client, self.world)
        client.before_step = checks.before_step

    def check(self) -> None:
        self._check_log()
        for client in self.world.clients:
            checks = self._checks[client.name]
            checks.check_liveness()
            checks.stops.check()
            if checks.is_changed:
                checks.is_changed = False
                checks.check_page()
                self._check_queue(client)

    def _check_log(self) -> None:
        server = self.world.server
        log = server.log()
        if (log.epoch, server.store.generation) != self._log:
            self._log, self._rev, self._seen = (log.epoch, server.store.generation), 0, []
        assert log.rev >= self._rev, "the server's state went back"
        self._rev = log.rev
        if len(log.events) == len(self._seen):
            return
        assert log.events[: len(self._seen)] == self._seen, "the server's log was rewritten"
        self._seen = log.events.copy()
        assert [event.seq for event in log.events] == list(range(1, len(log.events) + 1))
        assert max(Counter(event.id for event in log.events).values()) == 1, "committed twice"
        answers = Counter(event.re for event in log.events if event.re)
        assert max(answers.values(), default=1) == 1, "answered twice"
        for client in self.world.clients:
            # What failed or was being taken back is set aside; a crash may bring it back.
            failed = set().union(*(other.page.failed for other in self.world.clients))
            excused = self._undone() | failed | self._discarded()
            place = {id: number for number, id in enumerate(client.typed) if id not in excused}
            newest: dict[int, int] = {}
            for event in log.events:
                if (number := place.get(event.id)) is not None:
                    process = client.process_of[event.id]
                    assert number > newest.get(process, -1), "something was overtaken"
                    newest[process] = number
            gone = client.page.withdrawn - self._undone()
            assert not gone & log.at.keys(), "taken back, and committed"

    def _undone(self) -> set[str]:
        """What was promised about these ids no longer holds: their log or conversation is gone."""
        return self.world.server.store.undone.union(*(c.erased for c in self.world.clients))

    def _discarded(self) -> set[str]:
        """By any client: the one that typed it or one that adopted it."""
        return set().union(*(client.discarded for client in self.world.clients))

    def _settled(self) -> set[str]:
        """In any client: the one that typed it or one that adopted it."""
        return set().union(*(client.page.settled for client in self.world.clients))

    def _check_queue(self, client: Client) -> None:
        server = self.world.server
        settled = self._settled() | client.lost | self._undone()
        waiting = client.session.outgoing.messages.keys()
        forgotten = set(client.typed) - settled - waiting - server.log().at.keys()
        if forgotten:  # the disk is looked at only where it must be
            forgotten -= client.journal
            assert not forgotten, f"forgotten: {forgotten}"
        broken = client.lost & client.promised - self._settled() - self._undone()
        broken -= client.requested.keys()  # what becomes of these shows at the end
        assert not broken - server.log().at.keys(), f"lost, though durable: {broken}"

    def _check_requests(self, client: Client, log: Log) -> None:
        """What was asked to be deleted is gone, and what was reported is known to the server."""
        excused = client.lost - client.promised | self._undone()
        for id, request in client.requested.items():
            if id in excused or client.epoch_of[id] != log.epoch:
                continue
            assert isinstance(request, ev.ReportRequested), f"{id} was not erased"
            known = log.reports.keys() | self.world.server.store.undone_reports
            is_known = request.event not in log.at or request.event in known
            assert is_known, f"{request.event} is not reported"

    def end(self) -> None:
        """The faults are over: let everything recover, and check that it does."""
        world = self.world
        for _ in range(8):
            for client in world.clients:
                _repair(client)
            assert world.settle(1200), "it never settled"
            if world.disk.waiting():
                # The journal of a machine that is gone is adopted only after two minutes.
                world.run_until(lambda: not world.disk.waiting(), 200)
            elif all(_is_at_rest(client) for client in world.clients):
                break
        world.run(1)
        log = world.server.log()
        assert log.unanswered == []
        answers = Counter(event.re for event in log.events if event.re)
        assert world.disk.waiting() == set(), "a journal holds what is settled"
        for client in world.clients:
            shown = client.page.history
            assert is_history(shown, log.events[len(log.events) - len(shown) :], log)
            assert client.session.outgoing.messages == {}
            assert client.session.requests.waiting == {}
            self._check_requests(client, log)
            assert client.session.status == "connected"
            for id in client.typed:
                excused = self._discarded() | client.lost | self._undone()
                assert answers[id] == 1 or id in excused, f"{id} was not answered"
                assert (id in log.at) == (answers[id] == 1)
        # Each fault, message or nudge may cost a handful of dials; besides, time may.
        dials = sum(len(client.dialled_at) for client in world.clients)
        messages = sum(len(client.typed) for client in world.clients)
        most = 20 + 8 * (self.dial_allowance + messages) + (world.now - BEGINNING)
        assert dials <= most, "too many dials"


def _is_at_rest(client: Client) -> bool:
    session = client.session
    waits = session.outgoing.messages or session.requests.waiting
    return session.phase is Phase.LIVE and not waits


def _repair(client: Client) -> None:
    """Do what the learner does when the faults are over."""
    if client.is_new:
        return
    client.is_requested = True
    if client.session.phase in (Phase.FAILED, Phase.CLOSED, Phase.IDLE):
        client.nudge() if client.session.phase is not Phase.IDLE else client.start()
    for id, message in list(client.session.outgoing.messages.items()):
        if message.status == "failed" and "refused for good" in message.text:
            client.discard(id)
        elif message.status == "failed":
            with suppress(Refused):  # until its account is welcomed
                client.step(ev.Retried(id))
