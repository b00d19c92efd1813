"""Many random schedules of the server's nodes: `python3 dev.py simulate server --seeds 1000 …`.

Prints what a schedule is made of, and which faults occurred how often.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from simulator import runner
from simulator.nodes.schedule import Schedule


@dataclass
class Report(runner.Report[Schedule]):
    """Many random schedules of the real server."""

    program: ClassVar[str] = "dev.py simulate server"
    unit: ClassVar[str] = "events"
    least_size: ClassVar[int] = 20

    named: Counter[str] = field(default_factory=Counter)
    """The faults of all schedules, by name."""
    crossed: int = 0
    """Pieces of replies that one node has told another."""

    def make(self, seed: int) -> Schedule:
        return Schedule(seed)

    def count(self, schedule: Schedule) -> None:
        self.sizes.append(schedule.world.database.count_events())
        self.faults.append(schedule.faults.total())
        self.named += schedule.faults
        self.crossed += schedule.world.database.board.pieces

    def add(self, other: Report) -> None:
        super().add(other)
        self.named += other.named
        self.crossed += other.crossed

    def missing(self) -> list[str]:
        return [] if self.crossed else ["a piece of a reply that crosses between nodes"]

    def details(self) -> Iterator[str]:
        yield ", ".join(f"{count:,} × {name}" for name, count in self.named.most_common())
        yield f"{self.crossed:,} pieces of replies between nodes"


if __name__ == "__main__":
    sys.exit(runner.main(Report, sys.argv[1:]))
