"""When learners leave the step that they are at, the next one first. Pure."""

from __future__ import annotations

import heapq

__all__ = ["Leaving"]


class Leaving:
    """Times by learner. What it costs depends on how many leave, and not on how many are there."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}
        self._queue: list[tuple[int, str]] = []
        """The same in the order of the times, and times that have changed since."""

    def note(self, learner: str, at: int | None) -> None:
        """The learner leaves then, and not when it was thought before; None: does not leave."""
        if at is None:
            self._times.pop(learner, None)
        elif at != self._times.get(learner):
            self._times[learner] = at
            heapq.heappush(self._queue, (at, learner))

    def is_due(self, now: int) -> bool:
        """Whether anybody leaves until ``now``."""
        while self._queue and not self._holds(self._queue[0]):
            heapq.heappop(self._queue)
        return bool(self._queue) and self._queue[0][0] <= now

    def take(self, now: int) -> list[str]:
        """Those who leave until ``now``. They are forgotten."""
        found = []
        while self.is_due(now):
            _, learner = heapq.heappop(self._queue)
            del self._times[learner]
            found.append(learner)
        return found

    def _holds(self, entry: tuple[int, str]) -> bool:
        at, learner = entry
        return self._times.get(learner) == at
