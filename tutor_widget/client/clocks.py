"""Gaps: stretches of time in which this process did not run.

A machine that slept and a loop that stood still (a C call that holds the GIL stops this thread too)
received nothing meanwhile, and that says nothing about the server. The monotonic clock may stand
still while the machine sleeps, and the wall clock goes on; a loop that stood still runs its timers
late.
"""

from __future__ import annotations

import time
from math import inf
from typing import Final

LOOK_EVERY: Final = 2.0
"""Seconds between two looks at the clocks, while there is a connection or a wait for one."""
GAP: Final = 2.0
"""Seconds that a timer may be late, or one clock gain on the other, before that is a gap."""


class Clocks:
    """Detects gaps."""

    def __init__(self) -> None:
        self.due = inf
        """When the next look is due, by the monotonic clock; inf: no timer runs."""
        self._ahead = time.time() - time.monotonic()

    def gap(self) -> bool:
        """Whether there was a gap since the last call."""
        monotonic = time.monotonic()
        before, self._ahead = self._ahead, time.time() - monotonic
        return monotonic - self.due > GAP or abs(self._ahead - before) > GAP
