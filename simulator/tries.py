"""How soon a client may try again, from the protocol's rule and the chance that it was given.

It counts failures by itself. Where it can't know whether a connection proved anything it takes it
that it did: then less is asked of the session, and never more than the rule says.
"""

from __future__ import annotations

from math import inf

from simulator.client import Client
from simulator.endings import MISDIRECTED
from tutor_widget import wire
from tutor_widget.session import Phase
from tutor_widget.session import events as ev

DIALLED = (Phase.DIALING, Phase.GREETING, Phase.REPLAYING, Phase.LIVE)


class Tries:
    """One session's tries, from its first on."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._failures = 0  # at least so many since anything was proven
        self._is_proven = False  # the present connection may have brought something forward
        self._is_resumed = False
        self._welcomed_at = inf
        self._due = -inf
        self._is_nudged = False
        self._nudged_at = -inf

    def received(self, frame: wire.ServerFrame, phase: Phase, waiting: set[str]) -> None:
        """A frame came, which may be a proof. ``waiting``: what was in the queue before."""
        match frame:
            case wire.Welcome():
                self._welcomed_at = self._client.world.now
                hello = next(f for f in reversed(self._client.frames) if isinstance(f, wire.Hello))
                self._is_resumed = hello.epoch is not None and not frame.reset
            case wire.Event(id=id):
                known = self._is_resumed or phase is Phase.LIVE or id in waiting
                self._is_proven = self._is_proven or known
            case _:
                pass

    def dialled(self, event: ev.Happened, phase: Phase) -> None:
        """The event made the session dial."""
        now = self._client.world.now
        if phase is Phase.WAITING and isinstance(event, ev.Ticked):
            assert now >= self._due - 1e-6 or self._is_nudged, "sooner than the backoff allows"
        elif phase is Phase.WAITING:
            assert now - self._nudged_at >= 1 - 1e-6, "nudged twice in a second"
            self._nudged_at = now
        self._is_proven = self._is_nudged = False
        self._welcomed_at = inf

    def stepped(
        self, event: ev.Happened, phase: Phase, *, welcomed: bool, asked: float | None
    ) -> None:
        """The session was in ``phase`` before the event.

        ``welcomed``: some server ever said so. ``asked``: how long a bye asked it to stay away.
        """
        session, now = self._client.session, self._client.world.now
        if phase is session.phase:
            self._is_nudged = self._is_nudged or isinstance(event, ev.Nudged | ev.Typed)
            return
        if phase in DIALLED and now - self._welcomed_at >= 10:
            self._is_proven = True
        if self._is_proven and (phase in DIALLED or isinstance(event, ev.Left)):
            self._failures = 0
        if session.phase is not Phase.WAITING:
            return
        assert session.wake_at is not None
        self._due, self._is_nudged = session.wake_at, False
        if isinstance(event, ev.Dropped) and event.ending in MISDIRECTED:
            return  # those have a wait of their own
        n = self._failures
        cap = max(5.0, 4 * self._client.world.server.spread) if welcomed else 15.0
        least = self._client.chance * (min(cap, 0.5 * 2**n) if n else 0.5)
        if asked is not None:
            least = asked + (least if n else 0.0)
        self._failures += asked is None or not self._is_proven
        assert session.wake_at - now >= least - 1e-6, f"no wait for {n} failures in a row"
