"""The rate limit of a session: a token bucket.

Pure: time is an argument, in seconds of any monotonic clock.
"""

from __future__ import annotations

__all__ = ["Bucket"]


class Bucket:
    """Admits ``rate`` messages a minute, and up to ``rate`` at once. 0 means no limit."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._tokens = max(1.0, rate)
        self._at = now

    def take(self, now: float) -> bool:
        """Take a token for one message. False if there is none."""
        if self._rate <= 0:
            return True
        self._tokens = min(max(1.0, self._rate), self._tokens + self._gained(now))
        self._at = now
        if self._tokens < 1 - 1e-6:  # tolerates rounding after exactly `wait` seconds
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """Undo a `take`: repeats do not count."""
        self._tokens += 1

    def wait(self, now: float) -> float:
        """Seconds until the next token."""
        if self._rate <= 0:
            return 0.0
        missing = 1 - self._tokens - self._gained(now)
        return max(0.0, missing * 60 / self._rate)

    def _gained(self, now: float) -> float:
        return (now - self._at) * self._rate / 60
