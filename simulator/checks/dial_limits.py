"""How soon a client may dial again, from the protocol's rule and the chance that it was given.

Failures are counted here independently of the session. Where it is not known whether a connection
proved anything, it is assumed that it did: the limit is then looser, never stricter than the rule.
"""

from __future__ import annotations

from math import inf

from simulator.client.client import Client
from simulator.endings import is_misdirected
from simulator.server.server import ModelServer
from tutor_widget import wire
from tutor_widget.session import Kind, Phase
from tutor_widget.session import events as ev

DIALLED = (Phase.DIALING, Phase.GREETING, Phase.REPLAYING, Phase.LIVE)


class DialLimits:
    """One session's dials, from its first on."""

    def __init__(self, client: Client, server: ModelServer) -> None:
        self._client = client
        self._server = server
        self._failures = 0  # at least so many since a connection proved anything
        self._is_first = True  # the next wait is certainly a first one
        self._has_proof = False  # the present connection certainly proved something
        self._spread = 0.0  # what the last welcome said
        self._bye_spread = 0.0
        self._is_proven = False  # the present connection may have brought something forward
        self._is_resumed = False
        self._welcomed_at = inf
        self._due = -inf
        self._is_nudged = False
        self._nudged_at = -inf

    def received(self, frame: wire.ServerFrame, phase: Phase, waiting: set[str]) -> None:
        """A frame came, which may be a proof. ``waiting``: the ids in the queue before it."""
        match frame:
            case wire.Welcome():
                self._welcomed_at = self._client.environment.now
                self._spread = frame.spread
                hello = next(f for f in reversed(self._client.frames) if isinstance(f, wire.Hello))
                self._is_resumed = hello.epoch is not None and not frame.reset
            case wire.Event(id=id):
                known = self._is_resumed or phase is Phase.LIVE or id in waiting
                self._is_proven = self._is_proven or known
                self._has_proof = self._has_proof or id in waiting
            case wire.Bye():
                self._bye_spread = frame.spread
            case _:
                pass

    def dialled(self, event: ev.Happened, phase: Phase) -> None:
        """The event made the session dial."""
        now = self._client.environment.now
        if phase is Phase.WAITING and isinstance(event, ev.Ticked):
            assert now >= self._due - 1e-6 or self._is_nudged, "sooner than the backoff allows"
        elif phase is Phase.WAITING:
            by_message = isinstance(event, ev.Typed) or event == ev.Nudged(ev.Nudge.MESSAGE)
            least = max(1.0, self._spread) if by_message else 1.0
            assert now - self._nudged_at >= least - 1e-6, "nudged again too soon"
            self._nudged_at = now
        elif phase in DIALLED:  # to say another language: the connection before it was good
            self._count_proof()
        self._is_proven = self._has_proof = self._is_nudged = False
        self._welcomed_at = inf

    def stepped(
        self, event: ev.Happened, phase: Phase, *, welcomed: bool, asked: float | None
    ) -> None:
        """The session was in ``phase`` before the event.

        ``welcomed``: it was ever welcomed. ``asked``: how long a `bye` asked it to stay away.
        """
        session, now = self._client.session, self._client.environment.now
        if phase is session.phase:
            self._is_nudged = self._is_nudged or isinstance(event, ev.Nudged | ev.Typed)
            return
        if phase in DIALLED and session.phase not in DIALLED:
            self._disconnected(event)
        elif self._is_proven and isinstance(event, ev.Left):
            self._failures = 0
        if session.phase is not Phase.WAITING:
            return
        assert session.wake_at is not None
        self._due, self._is_nudged = session.wake_at, False
        is_first, self._is_first = self._is_first, False
        if isinstance(event, ev.Dropped) and is_misdirected(event.ending):
            return  # these have a wait of their own: `ClientChecks`
        wait, n = session.wake_at - now, self._failures
        first = self._client.chance * max(0.5, self._spread)
        # From 600 s on the cap is 60 s: where it may be either, the lower one is taken.
        cap = min(60.0, max(5.0, 4 * self._spread)) if welcomed else 15.0
        later = self._client.chance * min(cap, 0.5 * 2 ** max(n, 1))
        least = later if n else min(first, later)
        if asked is not None:
            least = asked + self._client.chance * self._bye_spread + (least if n else 0.0)
        elif is_first:
            least = first
            assert wait <= first + 1e-6 or _asks_to_wait(event), "a first wait beyond the spread"
        self._failures += asked is None or not self._is_proven
        assert wait >= least - 1e-6, f"no wait for {n} failures in a row"

    def _disconnected(self, event: ev.Happened) -> None:
        """The connection, or the attempt at one, is over: what did it prove?"""
        if _is_dishonest(event):
            self._is_proven = self._has_proof = False
            self._welcomed_at = inf
        self._count_proof()

    def _count_proof(self) -> None:
        if self._client.environment.now - self._welcomed_at >= 10:
            self._is_proven = self._has_proof = True
        if self._is_proven:
            self._failures = 0
        if self._has_proof:
            self._is_first = True


def _is_dishonest(event: ev.Happened) -> bool:
    """The server broke the protocol or contradicted itself: then nothing was proven."""
    broken = isinstance(event, ev.Dropped) and event.ending.kind is Kind.BROKEN
    return broken or isinstance(event, ev.Received)


def _asks_to_wait(event: ev.Happened) -> bool:
    """The ending has a least wait of its own: `ClientChecks`."""
    return isinstance(event, ev.Dropped) and (
        event.ending.retry_after is not None or event.ending.code == 4429
    )
