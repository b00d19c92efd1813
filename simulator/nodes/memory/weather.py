"""What a process's view of the database suffers from."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

__all__ = ["Weather"]


@dataclass
class Weather:
    """What delays a store, and how often. Durations in seconds; times by the process's clock."""

    random: Random = field(default_factory=lambda: Random(0))
    delay: float = 0.0
    """The mean of what each step of a read or write takes."""
    repeats: float = 0.0
    """How often a commit's result is lost, so that the write runs twice."""
    gossip: float = 0.0
    """The mean time until a change is told."""
    rumours: float = 0.0
    """How often a change is told twice, or as a change of everything."""
    loses_next: bool = False
    """The next commit's result is lost."""
    unreadable_until: float = 0.0
    unwritable_until: float = 0.0

    def loses(self) -> bool:
        """Whether the result of this commit is lost."""
        lost, self.loses_next = self.loses_next, False
        return lost or self.random.random() < self.repeats

    def draw(self, mean: float) -> float:
        return self.random.expovariate(1 / mean) if mean else 0.0
