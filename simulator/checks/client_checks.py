"""What must hold for one client, whatever happens to the others."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import msgspec

from simulator.checks.dial_limits import DIALLED, DialLimits
from simulator.checks.stop_checks import StopChecks
from simulator.client.client import Client
from simulator.endings import POISONOUS
from simulator.server.connection import ServerConnection
from simulator.server.store import Log
from simulator.world import World
from tutor_widget import wire
from tutor_widget.session import Ending, Kind, Phase
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev


def is_history(shown: list[wire.Event], kept: list[wire.Event], log: Log) -> bool:
    """Whether what is shown is that part of the log.

    Where a log was restored from an older copy, and went on until its end is the same message in
    the same place, the three things by which a prefix is known agree: what the server said before
    it may be another event of the same words, and each event may have another time.
    """
    if log.is_restored:
        shown, kept = _unproven(shown), _unproven(kept)
    return shown == kept


def _unproven(events: list[wire.Event]) -> list[wire.Event]:
    """The events without what a client cannot compare with a log that was restored."""
    replace = msgspec.structs.replace
    before = [event if event.role == "learner" else replace(event, id="") for event in events[:-1]]
    return [replace(event, at=0) for event in (*before, *events[-1:])]


class ClientChecks:
    """One client: its page, its history, its liveness, its dials and its endings."""

    def __init__(self, client: Client, world: World) -> None:
        self.is_changed = True
        """The client took a step since its page was checked."""
        self._client = client
        self._server = world.server
        self._coverage = world.coverage
        self._busy_since = inf
        self._instance = ""
        self._welcomed = self._bye = False
        self._renewed = False
        self._is_distrusted = False
        """The server contradicted itself, and has not welcomed the client since."""
        self._not_before = 0.0
        self._asked = 0.0
        self._dials = DialLimits(client, self._server)
        self.stops = StopChecks(client, self._server)
        self._erased: set[str] = set()
        """Messages of this process that were deleted with their conversation."""
        self._span: tuple[str, int] = ("", 0)
        self._generation = 0
        self._best = (0, 0)
        self._checked: tuple[object, ...] = ()

    # --- after every step of the environment ----------------------------------------------------

    def check_page(self) -> None:
        """The page shows what the session holds, and that is what the server has."""
        page, session = self._client.page, self._client.session
        assert page.history == session.transcript.events, "the page shows another history"
        assert page.queue == session.outgoing.shown, "the page shows another queue"
        assert page.reply == session.transcript.reply, "the page shows another reply"
        assert page.state == session.transcript.state, "the page shows another state"
        reports = {request.event for request in session.requests.reports(session.account)}
        assert page.reports == reports, "the page shows other reports"
        self._check_status()
        self._check_history()

    def _check_status(self) -> None:
        """The page shows the present status. Only a long outage may hide attempts and reasons."""
        page, session = self._client.page, self._client.session
        assert page.status == session.status, "the page shows another status"
        if page.connection is None:
            return
        status = session.connection_status(self._client.environment.now)
        is_long = status.attempt == 0 and status.retry_at is None and page.connection.attempt == 0
        assert is_long or page.connection == status, "the page shows an old status"

    def _check_history(self) -> None:
        transcript, log = self._client.session.transcript, self._server.log()
        span = (self._client.session.instance, self._client.page.changes[do.HistoryReplaced])
        if span != self._span:
            self._span, self._best = span, (0, 0)
        assert transcript.last >= self._best[0], "the history went back"
        rev = transcript.rev or 0
        assert rev >= self._best[1], "the state went back"
        self._best = (transcript.last, rev)
        now = (transcript.epoch, transcript.last, len(transcript.events), self._generation)
        if now == self._checked or self._generation != self._server.store.generation:
            return
        self._checked = now
        if transcript.epoch == log.epoch and transcript.events:
            first = transcript.events[0].seq
            kept = log.events[first - 1 : transcript.last]
            assert is_history(transcript.events, kept, log), "wrong history"
            assert rev <= log.rev

    def check_liveness(self) -> None:
        """A dead connection and a dead server are noticed in time."""
        client, session, now = self._client, self._client.session, self._client.environment.now
        connection, reply = client.connection, session.transcript.reply
        sent_at = session.oldest_under_way
        busy = sent_at is not None or (reply is not None and reply.is_under_way)
        if not busy or session.phase is not Phase.LIVE:
            self._busy_since = inf
        elif self._busy_since == inf:
            self._busy_since = now
        if session.phase is not Phase.LIVE or connection is None or client.is_frozen:
            return
        if sent_at is not None:
            latest = max(sent_at + 30, client.awake_at + 5)  # after a freeze it pings first
            assert now <= latest + 0.01, "nothing acknowledged for half a minute"
        if connection.silent_since is None:
            return
        since = max(
            connection.silent_since + connection.latency,
            connection.last_down_at,
            connection.heard_at,
            client.awake_at,
        )
        assert now - since <= 15.01, "connected, on a dead connection"
        assert now - max(since, self._busy_since) <= 6.01, "busy, on a dead connection"

    # --- around every step of the client ----------------------------------------------------------

    def before_step(self, client: Client, event: ev.Happened) -> Callable[[], None]:
        session, phase, now = client.session, client.session.phase, client.environment.now
        if session.instance != self._instance:
            self._instance = session.instance
            self._welcomed = self._bye = self._renewed = self._is_distrusted = False
            self._not_before = 0.0
            self._dials = DialLimits(client, self._server)
            self.stops = StopChecks(client, self._server)
            self._erased = set()
        self.is_changed = True
        fresh = not isinstance(event, ev.OfDial | ev.Renewed) or event.dial == session.dial
        if fresh:
            self._coverage.pairs[phase, type(event)] += 1
        dials, status, flight = session.dial, session.status, session.outgoing.oldest_under_way
        sent_at = session.oldest_under_way
        failed = client.page.failing
        contradicts = self._contradiction(event) if fresh else ""
        transmitted = len(client.frames)
        reply, waiting = session.transcript.reply, set(client.page.queue)
        queue, is_erasing = set(session.outgoing.messages), session.is_erasing

        def after() -> None:
            if isinstance(event, ev.Received) and fresh:
                self._dials.received(event.frame, phase, waiting)
            self._check_erased(queue, client.frames[transmitted:], is_erasing=is_erasing)
            self._check_dials(event, phase, dials)
            asked = self._asked if self._bye else None
            self._dials.stepped(event, phase, welcomed=self._welcomed, asked=asked)
            self.stops.stepped(event, phase, reply)
            self._check_distrust(contradicts, client.frames[transmitted:])
            if isinstance(event, ev.Dropped) and fresh and phase in DIALLED:
                self._check_ending(event.ending, flight)
                self._count_poison(event.ending, failed, flight)
            match event:
                case ev.Received(frame=frame) if fresh:
                    self._received(frame, failed, status)
                case ev.Nudged(by):
                    self._nudged(by, phase)
                case ev.Typed():
                    self._nudged(ev.Nudge.MESSAGE, phase)
                case ev.Ticked() if phase is not session.phase is Phase.WAITING:
                    name = {Phase.LIVE: "after silence"}.get(phase, "while opening")
                    if sent_at is not None and now - sent_at >= 30:
                        name = "unacknowledged"
                    self._coverage.rows[f"given up {name}"] += 1
                case ev.Renewed() if not fresh:
                    assert session.phase is phase, "a late token was taken for the present dial's"
                case ev.Renewed(outcome=outcome) if phase is Phase.RENEWING:
                    self._coverage.rows[f"token {outcome}"] += 1
                case ev.Left():
                    assert session.phase is Phase.CLOSED
                    self._coverage.rows["closed by the client itself"] += 1
                    self._not_before = 0.0
                case _:
                    pass

        return after

    def _check_erased(
        self, queue: set[str], transmitted: list[wire.ClientFrame], *, is_erasing: bool
    ) -> None:
        """Nothing of a deleted conversation is held or sent, nor of one that is to be deleted."""
        session, page = self._client.session, self._client.page
        if session.is_erased:
            self._coverage.rows["erased: nothing is held"] += 1
            self._erased |= queue - session.outgoing.messages.keys()
            assert not session.transcript.events, "erased, and held"
            assert not page.history, "erased, and shown"
            account = session.account if self._welcomed else self._client.recalled
            held = {message.account for message in session.outgoing.messages.values()}
            assert not held & {None, account}, "erased, and queued"
            assert all(map(session.outgoing.is_foreign, session.outgoing.messages))
            assert not session.is_erasing, "erased, and to be erased"
        sent = {frame.id for frame in transmitted if isinstance(frame, wire.Send)}
        assert not sent & self._erased, "erased, and sent"
        assert not (sent and is_erasing and session.is_erasing), "sent, though it is to be erased"

    def _check_dials(self, event: ev.Happened, phase: Phase, dials: int) -> None:
        client, now = self._client, self._client.environment.now
        if client.session.dial == dials:
            return
        asked = isinstance(event, ev.Started) or phase in (Phase.FAILED, Phase.CLOSED)
        assert now >= self._not_before - 1e-6 or asked, "sooner than the server asked for"
        self._dials.dialled(event, phase)
        self._not_before, self._bye = 0.0, False

    def _contradiction(self, event: ev.Happened) -> str:
        """The row of the table that applies if the event does not fit the events held; else ""."""
        session, transcript = self._client.session, self._client.session.transcript
        if session.phase not in (Phase.REPLAYING, Phase.LIVE):
            return ""
        match event:
            case ev.Received(frame=wire.Event(seq=seq)) if seq > transcript.last + 1:
                return "a hole: the whole log is fetched"
            case ev.Received(frame=wire.Event(seq=seq, id=id)) if seq <= transcript.last and any(
                held.seq == seq and held.id != id for held in self._client.page.history
            ):
                return "known number, another id: the same"
            case _:
                return ""

    def _check_distrust(self, contradicts: str, transmitted: list[wire.ClientFrame]) -> None:
        """After a contradiction the client aborts, and comes back with no prefix."""
        if contradicts:
            assert self._client.connection is None, f"not aborted after {contradicts}"
            assert self._client.session.phase is Phase.WAITING
            self._coverage.rows[contradicts] += 1
            self._is_distrusted = True
        for frame in transmitted:
            if isinstance(frame, wire.Hello) and self._is_distrusted:
                prefix = (frame.epoch, frame.after, frame.last)
                assert prefix == (None, None, None), "a prefix that was contradicted"

    def _received(self, frame: wire.ServerFrame, failed: set[str], status: str) -> None:
        match frame:
            case wire.Welcome():
                self._welcomed = True
                self._is_distrusted = False
                # What a frozen client finds buffered may be older than the present log.
                connection = self._client.connection
                if connection is not None and connection.server_end is not None:
                    assert isinstance(connection.server_end, ServerConnection)
                    self._generation = connection.server_end.generation
            case wire.Bye():
                self._bye = True
                self._asked = frame.retry_after
            case wire.Event():
                if frame.id in failed and frame.id not in self._client.page.queue:
                    self._coverage.rows["set aside, but delivered"] += 1
            case _:
                pass

    def _check_ending(self, ending: Ending, flight: float | None) -> None:
        session, now = self._client.session, self._client.environment.now
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
        misdirected = Ending(Kind.LOST) != ending and self._is_misdirected(ending) and not blamed
        assert not misdirected or 44.9 <= wait <= 60.1, f"after {ending} a wait of {wait:.1f} s"

    def _is_misdirected(self, ending: Ending) -> bool:
        kinds = (Kind.NO_SUBPROTOCOL, Kind.CERTIFICATE, Kind.BROKEN)
        return ending.kind in kinds or (ending.kind is Kind.CLOSED and 1002 <= ending.code <= 1003)

    def _count_poison(self, ending: Ending, failed: set[str], flight: float | None) -> None:
        if flight is None:
            return
        now_failed = self._client.page.failing
        if ending.kind is Kind.CLOSED and ending.code in POISONOUS:
            what = "set aside" if now_failed - failed else "suspected"
            self._coverage.rows[f"poison {ending.code}: {what}"] += 1
        elif ending.kind is Kind.LOST and now_failed - failed:
            self._coverage.rows["poison without a frame: set aside"] += 1

    def _nudged(self, by: ev.Nudge, phase: Phase) -> None:
        session, now = self._client.session, self._client.environment.now
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
