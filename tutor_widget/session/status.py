"""Where a session stands, in words and numbers for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tutor_widget.codes import Args

from .endings import Policy

QUIET_AFTER: Final = 300.0
"""Seconds of outage after which single attempts are no longer told of."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where things stand. Times on the session's monotonic clock.

    ``code``, ``args`` and ``advice`` are those of the last ending's `Policy`.
    ``attempt`` counts the tries since the connection was last live. It is 0, and ``retry_at`` None,
    once an outage is long: each change would be traffic that keeps an idle server awake.
    ``outage`` is how long the last one lasted, None if there was none.
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


class Chronicle:
    """What happened, as far as people are told of it."""

    def __init__(self, now: float) -> None:
        self.policy: Policy | None = None  # on the last ending
        self.server = ""
        self.ever_live = False
        self._since = now  # of the status
        self._down_since: float | None = now
        self._outage: float | None = None
        self._attempt = 0
        self._told: Standing | None = None

    def wanted(self, now: float) -> None:
        """The program or the learner asks for a connection."""
        self._down_since = now
        self._attempt = 0

    def tried(self) -> None:
        """Another attempt begins."""
        self._attempt += 1

    def live(self, now: float) -> None:
        """Connected."""
        if self.ever_live and self._down_since is not None:
            self._outage = now - self._down_since
        self.ever_live = True
        self.policy = self._down_since = None
        self._since = now

    def lost(self, now: float) -> None:
        """No longer connected."""
        self.wanted(now)
        self._since = now

    def rests(self, now: float) -> None:
        """No more attempts, for better or worse."""
        self._since = now

    def standing(self, status: str, retry_at: float | None, now: float) -> Standing:
        """Where things stand now."""
        is_long = self._down_since is not None and now - self._down_since >= QUIET_AFTER
        return Standing(
            status,
            self._since,
            0 if is_long else self._attempt,
            None if is_long else retry_at,
            self.policy.code if self.policy else "",
            self.policy.args if self.policy else {},
            self.policy.advice if self.policy else "",
            self.server,
            self._outage,
        )

    def is_news(self, standing: Standing) -> bool:
        """Whether to tell people of it; then they were told."""
        told = self._told
        if told is not None:
            is_long = told.attempt == standing.attempt == 0
            if standing == told or (is_long and standing.status == told.status):
                return False
        self._told = standing
        return True
