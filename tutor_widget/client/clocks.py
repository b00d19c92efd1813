"""When a session is called: at the time that it asks for, and after a gap.

A gap is a stretch of time in which this process did not run. A machine that slept and a loop that
stood still (a C call that holds the GIL stops this thread too) received nothing meanwhile, and that
says nothing about the server. The monotonic clock may stand still while the machine sleeps, and the
wall clock goes on; a loop that stood still runs its timers late.

After a gap what has come meanwhile is read first, then the session is woken. Until then its timer
rests, because silence during which nothing could be read says nothing about the server.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import inf
from typing import Final

LOOK_EVERY: Final = 2.0
"""Seconds between two looks at the clocks, while there is a connection or a wait for one."""
GAP: Final = 2.0
"""Seconds that a timer may be late, or one clock gain on the other, before that is a gap."""
TURNS: Final = 100
"""Turns of the loop to read what came during a gap: each takes up to 256 KiB from a socket."""


class Alarm:
    """Calls ``ring`` when the time has come, or earlier, and ``wake`` after a gap.

    Everything runs on the loop.
    """

    def __init__(self, ring: Callable[[], None], wake: Callable[[], None]) -> None:
        self._ring = ring
        self._wake = wake
        self._timer: asyncio.TimerHandle | None = None
        self._due = inf  # when the timer is due, by the monotonic clock; inf: none runs
        self._ahead = time.time() - time.monotonic()
        self.is_catching_up = False
        """Whether what came during a gap is being read."""

    def set(self, at: float | None) -> None:
        """Ring at this time of the monotonic clock; None: not at all."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = inf
        if at is not None and not self.is_catching_up:
            now = time.monotonic()
            wait = min(max(0.0, at - now), LOOK_EVERY)
            self._due = now + wait
            self._timer = asyncio.get_running_loop().call_later(wait, self.look)

    def look(self) -> None:
        """Look for a gap, and ring if there was none."""
        self.check()
        if not self.is_catching_up:
            self._ring()

    def check(self) -> None:
        """Look for a gap. Call this before each step of the session."""
        if self._was_gap() and not self.is_catching_up:
            self.is_catching_up = True
            self._due = inf
            self._catch_up(TURNS)

    def _catch_up(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._catch_up, turns - 1)
            return
        self.is_catching_up = False
        self._wake()

    def _was_gap(self) -> bool:
        """Whether there was a gap since the last call."""
        monotonic = time.monotonic()
        before, self._ahead = self._ahead, time.time() - monotonic
        return monotonic - self._due > GAP or abs(self._ahead - before) > GAP
