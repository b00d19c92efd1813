"""What a process's view of the database suffers from."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

__all__ = ["Weather"]


@dataclass
class Weather:
    """What delays a store, and how often. Durations in seconds; times by the database's `Line`."""

    random: Random = field(default_factory=lambda: Random(0))
    delay: float = 0.0
    """The mean of what each step of a read or write takes."""
    lost_answers: float = 0.0
    """How often a commit happens, and its answer is lost."""
    batch: int = 256
    """The most writes that are committed together."""
    gossip: float = 0.0
    """The mean time until another process is told something."""
    rumours: float = 0.0
    """How often something is told twice, or a change as a change of everything."""
    deafness: float = 0.0
    """How often what is told is lost. A change is found by the next poll."""
    loses_next: bool = False
    """The next commit's answer is lost."""
    unreadable_until: float = 0.0
    unwritable_until: float = 0.0
    away_until: float = 0.0
    """Until then nothing arrives at the database, and nothing comes from it."""

    def change(self) -> None:
        """Become better or worse."""
        choose = self.random.choice
        self.delay = choose([0.0, 0.001, 0.02, 0.3])
        self.lost_answers = choose([0.0, 0.1, 0.5])
        self.batch = choose([1, 3, 256])
        self.gossip = choose([0.0, 0.05, 0.5])
        self.rumours = choose([0.0, 0.3])
        self.deafness = choose([0.0, 0.0, 0.2, 1.0])

    def calm_down(self) -> None:
        """Let everything pass, soon."""
        self.delay, self.gossip = 0.001, 0.05
        self.lost_answers = self.rumours = self.deafness = 0.0
        self.unreadable_until = self.unwritable_until = self.away_until = 0.0

    def loses_answer(self) -> bool:
        """Whether the answer to this commit is lost."""
        lost, self.loses_next = self.loses_next, False
        return lost or self.random.random() < self.lost_answers

    def happens(self, how_often: float) -> bool:
        return self.random.random() < how_often

    def draw(self, mean: float) -> float:
        return self.random.expovariate(1 / mean) if mean else 0.0
