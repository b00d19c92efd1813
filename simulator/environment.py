"""What all of the simulation shares: one clock, one source of chance, what is due, the trace.

Nothing here waits. `Environment.run` moves the simulated clock from one call that is due to the
next, and all chance comes from one seed, so that every run can be repeated.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from random import Random
from typing import Final

BEGINNING: Final = 1000.0
"""What the clock shows at first, in seconds."""
LONGEST_LINE: Final = 160


class Environment:
    """What every part of the simulation shares. ``seed`` decides everything that is random."""

    def __init__(self, seed: int = 0) -> None:
        self.now = BEGINNING
        """The monotonic clock, in seconds."""
        self.wall_offset = 0.0
        """How far the wall clock is ahead of the monotonic one, in seconds."""
        self.random = Random(seed)
        self.checks: list[Callable[[], None]] = []
        """Called after every step; they raise AssertionError if something is wrong."""
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []
        self._count = itertools.count()
        self._trace: list[tuple[float, str, object]] = []

    # --- time -----------------------------------------------------------------------------------

    def wall_clock(self) -> float:
        """Unix time in seconds, which may be set."""
        return self.now + self.wall_offset

    def call_later(self, delay: float, act: Callable[[], object]) -> None:
        """Call ``act`` after ``delay`` seconds; calls of one time keep their order."""
        self.call_at(self.now + delay, act)

    def call_at(self, time: float, act: Callable[[], object]) -> None:
        """Call ``act`` at that time. What is due at one time, and asked for at different ones,
        keeps its order only so: a time that is made of a delay is rounded."""
        heapq.heappush(self._agenda, (max(time, self.now), next(self._count), act))

    def run(self, seconds: float) -> None:
        """Let that much time pass."""
        self.run_until(lambda: False, seconds)

    def run_until(self, holds: Callable[[], bool], within: float = 300.0) -> bool:
        """Let time pass until ``holds()``. Returns False if that takes over ``within`` seconds."""
        end = self.now + within
        while not holds():
            if not self._agenda or self._agenda[0][0] > end:
                self.now = end
                return holds()
            self.now, _, act = heapq.heappop(self._agenda)
            act()
            for check in self.checks:
                check()
        return True

    # --- the trace ------------------------------------------------------------------------------

    def record(self, who: str, what: object) -> None:
        """Add to the trace: ``what`` happened to or by ``who``."""
        self._trace.append((self.now, who, what))

    @property
    def trace(self) -> list[str]:
        """What happened, oldest first, one line each."""
        return [
            f"{now - BEGINNING:9.3f}  {who:<8} {_shortened(str(what))}"
            for now, who, what in self._trace
        ]


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"
