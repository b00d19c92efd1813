"""How many messages a learner may send: a token bucket.

Pure: time is an argument, in seconds of any steady clock.
"""

from __future__ import annotations

__all__ = ["Bucket"]


class Bucket:
    """A token bucket: ``rate`` messages a minute, up to ``rate`` of them at once; 0: no limit."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._tokens = max(1.0, rate)
        self._at = now

    def take(self, now: float) -> bool:
        """Take one message's token, if there is one."""
        if self._rate <= 0:
            return True
        self._tokens = min(max(1.0, self._rate), self._tokens + self._gained(now))
        self._at = now
        if self._tokens < 1 - 1e-6:  # one who comes exactly in time finds the whole token
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """Undo a `take`: the message was a repeat, which costs nothing."""
        self._tokens += 1

    def wait(self, now: float) -> float:
        """Seconds until the next token."""
        if self._rate <= 0:
            return 0.0
        missing = 1 - self._tokens - self._gained(now)
        return max(0.0, missing * 60 / self._rate)

    def _gained(self, now: float) -> float:
        return (now - self._at) * self._rate / 60
