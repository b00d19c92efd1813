"""The connection status: what people see of a session's connection, and its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tutor_widget.codes import Args

from .endings import Policy

QUIET_AFTER: Final = 300.0
"""Seconds of outage after which single attempts are no longer published."""


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
    """What `ConnectionStatus` is made from. The one owner of the time at which an outage began."""

    def __init__(self, now: float) -> None:
        self.policy: Policy | None = None  # on the last ending
        self.server = ""
        self.ever_live = False
        self._since = now  # of the status
        self._outage_began_at: float | None = now  # or the search for a first connection did
        self._last_outage: float | None = None
        self._attempts = 0
        self._published: ConnectionStatus | None = None

    def requested(self, now: float) -> None:
        """The program or the learner asks for a connection."""
        self._outage_began_at = now
        self._attempts = 0

    def dialled(self) -> None:
        """Another attempt begins."""
        self._attempts += 1

    def connected(self, now: float) -> None:
        """The connection is live."""
        if self.ever_live and self._outage_began_at is not None:
            self._last_outage = now - self._outage_began_at
        self.ever_live = True
        self.policy = self._outage_began_at = None
        self._since = now

    def disconnected(self, now: float) -> None:
        """The connection is no longer live: an outage begins."""
        self._outage_began_at = self._since = now
        self._attempts = 0

    def stopped(self, now: float) -> None:
        """No further attempt follows: closed or failed."""
        self._since = now

    def status(self, word: str, retry_at: float | None, now: float) -> ConnectionStatus:
        """The present status. ``word`` is that of the public interface."""
        is_long = self._outage_began_at is not None and now - self._outage_began_at >= QUIET_AFTER
        return ConnectionStatus(
            word,
            self._since,
            0 if is_long else self._attempts,
            None if is_long else retry_at,
            self.policy.code if self.policy else "",
            self.policy.args if self.policy else {},
            self.policy.advice if self.policy else "",
            self.server,
            self._last_outage,
        )

    def publish(self, status: ConnectionStatus) -> bool:
        """Note that the status is published. False if it need not be: it says nothing new."""
        last = self._published
        if last is not None:
            is_long = last.attempt == status.attempt == 0
            if status == last or (is_long and status.status == last.status):
                return False
        self._published = status
        return True
