"""What must hold after everything that happens, and what must have come true in the end.

A `Witness` believes nothing that the session says of itself: it compares what pages were told with
what was typed and what the server has, and endings with the protocol's table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import inf

import msgspec

from simulator.checks.dial_limits import DIALLED, Tries
from simulator.checks.stop_checks import Stops
from simulator.client.client import Client
from simulator.endings import POISONOUS
from simulator.world import World
from tutor_widget import wire
from tutor_widget.session import Ending, Kind, Phase
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev


class Witness:
    """Looks at everything after each thing that happens, and remembers what must not go back."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.allowance = 0  # for tries: what may make a client try once more
        self._log: tuple[str, int] = ("", 0)
        self._rev = 0
        self._seen: list[wire.Event] = []
        self._watched: dict[str, Watched] = {}
        world.watchers.append(self.look)

    def watch(self, client: Client) -> None:
        """Look at this client's endings and tries, too."""
        self._watched[client.name] = watched = Watched(client)
        client.before_step = watched.before

    def look(self) -> None:
        self._look_at_log()
        for client in self.world.clients:
            watched = self._watched[client.name]
            self._look_at_status(client, watched)
            watched.stops.look()
            if watched.is_changed:
                watched.is_changed = False
                self._look_at_view(client, watched)
                self._look_at_queue(client)

    def _look_at_log(self) -> None:
        server = self.world.server
        log = server.log()
        if (log.epoch, server.generation) != self._log:
            self._log, self._rev, self._seen = (log.epoch, server.generation), 0, []
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
            # What failed or was being taken back stands aside; a crash may bring it back.
            failed = set().union(*(other.failed for other in self.world.clients))
            excused = server.unmade | failed | self._discarded()
            place = {id: number for number, id in enumerate(client.typed) if id not in excused}
            newest: dict[int, int] = {}
            for event in log.events:
                if (number := place.get(event.id)) is not None:
                    life = client.life_of[event.id]
                    assert number > newest.get(life, -1), "something was overtaken"
                    newest[life] = number
            gone = client.told_gone - server.unmade
            assert not gone & log.at.keys(), "taken back, and committed"

    def _discarded(self) -> set[str]:
        """By whom it was typed or by whom it was adopted."""
        return set().union(*(client.discarded for client in self.world.clients))

    def _settled(self) -> set[str]:
        """By whom it was typed or by whom it was adopted."""
        return set().union(*(client.settled for client in self.world.clients))

    def _look_at_view(self, client: Client, watched: Watched) -> None:
        transcript = client.session.transcript
        assert client.view == transcript.events, "the page shows another history"
        assert client.shown_queue == client.session.outgoing.shown, "... another queue"
        assert client.shown_reply == transcript.reply, "... another reply"
        assert client.shown_state == transcript.state, "... another state"
        assert client.shown_status == client.session.status, "... another status"
        watched.look_at_history(self.world)

    def _look_at_queue(self, client: Client) -> None:
        server = self.world.server
        settled = self._settled() | client.lost | server.unmade
        waiting = client.session.outgoing.messages.keys()
        forgotten = set(client.typed) - settled - waiting - server.log().at.keys()
        if forgotten:  # the disk is looked at only where it must be
            forgotten -= client.journal
            assert not forgotten, f"forgotten: {forgotten}"
        broken = client.lost & client.promised - self._settled() - server.unmade
        assert not broken - server.log().at.keys(), f"lost, though durable: {broken}"

    def _look_at_status(self, client: Client, watched: Watched) -> None:
        link, now = client.link, self.world.now
        session = client.session
        busy = session.outgoing.under_way or (
            session.transcript.reply is not None and session.transcript.reply.place is None
        )
        if not busy or session.phase is not Phase.LIVE:
            watched.busy_since = inf
        elif watched.busy_since == inf:
            watched.busy_since = now
        if session.phase is not Phase.LIVE or link is None or client.is_frozen:
            return
        sent_at = session.outgoing.oldest_under_way
        if sent_at is not None:
            latest = max(sent_at + 30, client.awake_at + 5)  # who has slept asks first
            assert now <= latest + 0.01, "nothing acknowledged for half a minute"
        if link.silent_since is None:
            return
        since = max(link.silent_since + link.latency, link.stalled_until, link.heard_at)
        since = max(since, client.awake_at)
        assert now - since <= 15.01, "connected, on a dead link"
        assert now - max(since, watched.busy_since) <= 6.01, "busy and connected, on a dead link"

    def end(self) -> None:
        """The faults are over: now everything comes out right."""
        world = self.world
        for _ in range(8):
            for client in world.clients:
                _mend(client)
            assert world.settle(1200), "it never came to rest"
            if world.disk.waiting():
                # The journal of a machine that is gone is nobody's only after two minutes.
                world.run_until(lambda: not world.disk.waiting(), 200)
            elif all(_is_at_rest(client) for client in world.clients):
                break
        world.run(1)
        log = world.server.log()
        assert log.unanswered == []
        answers = Counter(event.re for event in log.events if event.re)
        assert world.disk.waiting() == set(), "a journal holds what is settled"
        for client in world.clients:
            assert _is_history(client.view, log.events[len(log.events) - len(client.view) :], world)
            assert client.session.outgoing.messages == {}
            assert client.session.status == "connected"
            for id in client.typed:
                excused = self._discarded() | client.lost | world.server.unmade
                assert answers[id] == 1 or id in excused, f"{id} was not answered"
                assert (id in log.at) == (answers[id] == 1)
        # Each fault, word or nudge may cost a handful of tries; besides, time may.
        tries = sum(len(client.dialled_at) for client in world.clients)
        words = sum(len(client.typed) for client in world.clients)
        assert tries <= 20 + 8 * (self.allowance + words) + (world.now - 1000), "too many tries"


def _is_history(view: list[wire.Event], kept: list[wire.Event], world: World) -> bool:
    """Whether a view shows that part of the log.

    Where a log was restored from an older copy and the same message came again to the same place,
    the three things by which a prefix is known agree: only its time is another.
    """
    if world.server.log().is_restored:
        view, kept = (
            [msgspec.structs.replace(event, at=0) for event in events] for events in (view, kept)
        )
    return view == kept


def _is_at_rest(client: Client) -> bool:
    return client.session.phase is Phase.LIVE and not client.session.outgoing.messages


def _mend(client: Client) -> None:
    """What the learner does when all is well again."""
    if client.is_new:
        return
    client.is_wanted = True
    if client.session.phase in (Phase.FAILED, Phase.CLOSED, Phase.IDLE):
        client.nudge() if client.session.phase is not Phase.IDLE else client.start()
    for id, message in list(client.session.outgoing.messages.items()):
        if message.status == "failed" and "refused for good" in message.text:
            client.discard(id)
        elif message.status == "failed":
            client.step(ev.Retried(id))


class Watched:
    """One client: its endings, its tries, its history."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.is_changed = True
        self.busy_since = inf
        self._coverage = client.world.coverage
        self._instance = ""
        self._welcomed = self._bye = False
        self._renewed = False
        self._not_before = 0.0
        self._asked = 0.0
        self._tries = Tries(client)
        self.stops = Stops(client)
        self._reset()

    def _reset(self) -> None:
        self._span: tuple[str, int] = ("", 0)
        self._generation = 0
        self._best = (0, 0)
        self._checked: tuple[object, ...] = ()

    # --- history --------------------------------------------------------------------------------

    def look_at_history(self, world: World) -> None:
        transcript, log = self.client.session.transcript, world.server.log()
        span = (self.client.session.instance, self.client.changes[do.HistoryReplaced])
        if span != self._span:
            self._span, self._best = span, (0, 0)
        assert transcript.last >= self._best[0], "the history went back"
        assert transcript.rev >= self._best[1], "the state went back"
        self._best = (transcript.last, transcript.rev)
        now = (transcript.epoch, transcript.last, len(transcript.events), self._generation)
        if now == self._checked or self._generation != world.server.generation:
            return
        self._checked = now
        if transcript.epoch == log.epoch and transcript.events:
            first = transcript.events[0].seq
            kept = log.events[first - 1 : transcript.last]
            assert _is_history(transcript.events, kept, world), "wrong history"
            assert transcript.rev <= log.rev

    # --- steps ----------------------------------------------------------------------------------

    def before(self, client: Client, event: ev.Happened) -> Callable[[], None]:
        session, phase, now = client.session, client.session.phase, client.world.now
        if session.instance != self._instance:
            self._instance = session.instance
            self._welcomed = self._bye = self._renewed = False
            self._not_before = 0.0
            self._tries = Tries(client)
            self.stops = Stops(client)
        self.is_changed = True
        fresh = not isinstance(event, ev.OfDial) or event.dial == session.dial
        if fresh:
            self._coverage.pairs[phase, type(event)] += 1
        dials, status, flight = session.dial, session.status, session.outgoing.oldest_under_way
        failed = {id for id, m in client.shown_queue.items() if m.status == "failed"}
        reply, waiting = session.transcript.reply, set(client.shown_queue)

        def after() -> None:
            if isinstance(event, ev.Received) and fresh:
                self._tries.received(event.frame, phase, waiting)
            self._look_at_tries(event, phase, dials)
            asked = self._asked if self._bye else None
            self._tries.stepped(event, phase, welcomed=self._welcomed, asked=asked)
            self.stops.stepped(event, phase, reply)
            if isinstance(event, ev.Dropped) and fresh and phase in DIALLED:
                self._look_at_ending(event.ending, flight)
                self._look_at_blame(event.ending, failed, flight)
            match event:
                case ev.Received(frame=frame) if fresh:
                    self._received(frame, failed, status)
                case ev.Nudged(by):
                    self._nudged(by, phase)
                case ev.Typed():
                    self._nudged(ev.Nudge.MESSAGE, phase)
                case ev.Ticked() if phase is not session.phase is Phase.WAITING:
                    name = {Phase.LIVE: "after silence"}.get(phase, "while opening")
                    if flight is not None and now - flight >= 30:
                        name = "unacknowledged"
                    self._coverage.rows[f"given up {name}"] += 1
                case ev.Renewed(outcome) if phase is Phase.RENEWING:
                    self._coverage.rows[f"token {outcome}"] += 1
                case ev.Left():
                    assert session.phase is Phase.CLOSED
                    self._coverage.rows["closed by the client itself"] += 1
                    self._not_before = 0.0
                case _:
                    pass

        return after

    def _look_at_tries(self, event: ev.Happened, phase: Phase, dials: int) -> None:
        client, now = self.client, self.client.world.now
        if client.session.dial == dials:
            return
        asked = isinstance(event, ev.Started) or phase in (Phase.FAILED, Phase.CLOSED)
        assert now >= self._not_before - 1e-6 or asked, "sooner than the server asked for"
        self._tries.dialled(event, phase)
        self._not_before, self._bye = 0.0, False

    def _received(self, frame: wire.ServerFrame, failed: set[str], status: str) -> None:
        match frame:
            case wire.Welcome():
                self._welcomed = True
                # What a frozen client finds buffered may be older than the log that there is now.
                if (link := self.client.link) is not None and link.seat is not None:
                    self._generation = link.seat.generation
            case wire.Bye():
                self._bye = True
                self._asked = frame.retry_after
            case wire.Event():
                if frame.id in failed and frame.id not in self.client.shown_queue:
                    self._coverage.rows["set aside, but delivered"] += 1
            case _:
                pass

    def _look_at_ending(self, ending: Ending, flight: float | None) -> None:
        session, now = self.client.session, self.client.world.now
        blamed = flight is not None and ending.kind is Kind.CLOSED and ending.code in POISONOUS
        expected = self._coverage.ended(
            ending, welcomed=self._welcomed, blamed=blamed, proven=not self._renewed
        )
        assert session.phase in expected, f"{ending} led to {session.phase}"
        if Phase.RENEWING in expected:
            if session.phase is Phase.FAILED:
                self._coverage.rows["token refused twice"] += 1
            self._renewed = session.phase is Phase.RENEWING
        if session.phase is not Phase.WAITING:
            return
        assert session.wake_at is not None
        asked = min(ending.retry_after or 0.0, 600.0)
        if ending.retry_after:
            self._coverage.rows["Retry-After"] += 1
        if ending == Ending(Kind.CLOSED, 4429):
            asked = 30.0
        if self._bye:
            self._coverage.rows["after a bye"] += 1
            asked = max(asked, self._asked)
        self._not_before = now + asked
        wait = session.wake_at - now
        assert wait >= asked - 1e-6
        stray = Ending(Kind.LOST) != ending and self._is_stray(ending) and not blamed
        assert not stray or 44.9 <= wait <= 60.1, f"after {ending} a wait of {wait:.1f} s"

    def _is_stray(self, ending: Ending) -> bool:
        kinds = (Kind.NO_SUBPROTOCOL, Kind.CERTIFICATE)
        return ending.kind in kinds or (ending.kind is Kind.CLOSED and 1002 <= ending.code <= 1003)

    def _look_at_blame(self, ending: Ending, failed: set[str], flight: float | None) -> None:
        if flight is None:
            return
        now_failed = {id for id, m in self.client.shown_queue.items() if m.status == "failed"}
        if ending.kind is Kind.CLOSED and ending.code in POISONOUS:
            what = "set aside" if now_failed - failed else "suspected"
            self._coverage.rows[f"poison {ending.code}: {what}"] += 1
        elif ending.kind is Kind.LOST and now_failed - failed:
            self._coverage.rows["poison without a frame: set aside"] += 1

    def _nudged(self, by: ev.Nudge, phase: Phase) -> None:
        session, now = self.client.session, self.client.world.now
        name = f"nudge {by.name.lower()}"
        if phase is Phase.FAILED and by is ev.Nudge.BUTTON:
            assert session.phase is Phase.DIALING
            self._coverage.rows["the button leaves failed"] += 1
        elif phase is Phase.FAILED and by is not ev.Nudge.MESSAGE:
            assert session.phase is Phase.FAILED
            self._coverage.rows["another nudge leaves failed alone"] += 1
        elif phase is Phase.WAITING and session.phase is Phase.DIALING:
            self._coverage.rows[f"{name}: tries at once"] += 1
        elif phase is Phase.WAITING and self._not_before > now:
            self._coverage.rows[f"{name}: no sooner than asked"] += 1
