"""How long to wait: exponential backoff with full jitter (protocol section 6).

The n-th wait is uniform in [0, min(cap, 0.5 s · 2ⁿ)], the first (n = 0) uniform in
[0, max(0.5 s, spread)]. *Spread* is how many seconds the server wants its clients to take in coming
back; a large class thus returns no faster than its server takes it, one learner within seconds.
"""

from __future__ import annotations

from typing import Final

BASE: Final = 0.5
LONGEST_SPREAD: Final = 300.0
PATIENT_AFTER: Final = 600.0


class Backoff:
    """Counts failures, says how long to wait. All times in seconds of one monotonic clock."""

    def __init__(self, now: float) -> None:
        self.n = 0
        self.spread = 0.0
        self._welcomed = False
        self._since = now

    def out_since(self, now: float) -> None:
        """An outage begins here, or the search for a server does: patience counts from now."""
        self._since = now

    def welcomed(self, spread: float) -> None:
        """A server said welcome. That alone forgives nothing: a flapping server does it happily."""
        self._welcomed = True
        self.spread = min(max(spread, 0.0), LONGEST_SPREAD)

    def forgive(self) -> None:
        """There was proof that things work: the next wait is a first one."""
        self.n = 0

    def wait(self, now: float, chance: float) -> float:
        """The next wait in seconds; ``chance`` is uniform in [0, 1)."""
        longest = max(BASE, self.spread) if self.n == 0 else min(self._cap(now), BASE * 2.0**self.n)
        self.n = min(self.n + 1, 1000)  # 2.0**1024 would overflow
        return chance * longest

    def _cap(self, now: float) -> float:
        if now - self._since >= PATIENT_AFTER:
            return 60.0
        if not self._welcomed:
            return 15.0
        return max(5.0, 4 * self.spread)
