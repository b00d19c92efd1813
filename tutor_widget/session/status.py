"""The connection status: what people see of a session's connection, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tutor_widget.codes import Args

from .endings import Policy
from .phase import RESTING, Phase

QUIET_AFTER: Final = 300.0
"""Seconds of outage after which single attempts are no longer published."""
WORDS: Final = {Phase.LIVE: "connected", Phase.CLOSED: "closed", Phase.FAILED: "failed"}
"""The words of these phases. Any other is "reconnecting", or "connecting" if none was live yet."""


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """The status at one moment. Times in seconds on the session's monotonic clock.

    ``code``, ``args`` and ``advice`` are those of the last ending's `Policy`.
    ``attempt`` counts the attempts since the connection was last live. It is 0, and ``retry_at``
    None, once an outage is long: each change would be traffic that keeps an idle server awake.
    ``outage`` is the length of the last outage in seconds, None if there was none.
    """

    status: str
    since: float
    attempt: int
    retry_at: float | None
    code: str
    args: Args
    advice: str
    server: str
    outage: float | None


class StatusHistory:
    """What `ConnectionStatus` is made from. It observes the phases and decides nothing.

    ``word``    the status word of the public interface
    ``reason``  the policy on the last ending; None while no ending has to be explained
    """

    def __init__(self, now: float) -> None:
        self.word = "connecting"
        self.reason: Policy | None = None
        self._phase = Phase.IDLE
        self._ever_live = False
        self._since = now  # when the status last changed
        # When the outage began, or the first attempt to connect. None: connected.
        self._outage_began_at: float | None = now
        self._last_outage: float | None = None
        # Dials in total, and those before the outage began.
        self._dials = self._dials_before = 0
        # The last status that was published, and whether the outage was long then.
        self._published: tuple[ConnectionStatus, bool] | None = None

    def follow(self, phase: Phase, dials: int, now: float) -> None:
        """A step has ended in this phase, after so many dials in all."""
        before, self._phase, self._dials = self._phase, phase, dials
        if phase is before:
            return
        if phase is Phase.LIVE:
            if self._ever_live and self._outage_began_at is not None:
                self._last_outage = now - self._outage_began_at
            self._ever_live = True
            self.reason = self._outage_began_at = None
        elif before is Phase.LIVE and phase is not Phase.CLOSED:
            self._outage_began_at, self._dials_before = now, dials
        elif before in RESTING and phase is Phase.DIALING:
            self._outage_began_at, self._dials_before = now, dials - 1
        word = WORDS.get(phase) or ("reconnecting" if self._ever_live else "connecting")
        if word != self.word:
            self.word, self._since = word, now

    def at(self, now: float, retry_at: float | None, server: str) -> ConnectionStatus:
        """The status at this time."""
        is_long = self._is_long(now)
        return ConnectionStatus(
            self.word,
            self._since,
            0 if is_long else self._dials - self._dials_before,
            None if is_long else retry_at,
            self.reason.code if self.reason else "",
            self.reason.args if self.reason else {},
            self.reason.advice if self.reason else "",
            server,
            self._last_outage,
        )

    def _is_long(self, now: float) -> bool:
        return self._outage_began_at is not None and now - self._outage_began_at >= QUIET_AFTER

    def publish(self, status: ConnectionStatus, now: float) -> bool:
        """Note that the status is published. False if it need not be: it says nothing new.

        During a long outage only a change of the word is new.
        """
        is_long = self._is_long(now)
        if self._published is not None:
            last, was_long = self._published
            if status == last or (is_long and was_long and status.status == last.status):
                return False
        self._published = status, is_long
        return True
