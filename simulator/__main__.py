"""Many random schedules of clients: `python3 dev.py simulate --seeds 1000 [--first S] [--jobs J]`.

Prints what a schedule is made of, and what of the tables was met.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from simulator import runner
from simulator.endings import JOURNALS, Coverage, pairs, rows
from simulator.schedule import Schedule


@dataclass
class Report(runner.Report[Schedule]):
    """Many random schedules."""

    program: ClassVar[str] = "dev.py simulate"
    unit: ClassVar[str] = "steps"
    least_size: ClassVar[int] = 200

    coverage: Coverage = field(default_factory=Coverage)

    def make(self, seed: int) -> Schedule:
        return Schedule(seed)

    def count(self, schedule: Schedule) -> None:
        world = schedule.workload.world
        self.sizes.append(sum(client.steps for client in world.clients))
        self.faults.append(schedule.faults)
        self.coverage.add(world.coverage)

    def add(self, other: Report) -> None:
        super().add(other)
        self.coverage.add(other.coverage)

    def missing(self) -> list[str]:
        return self.coverage.missing()

    def details(self) -> Iterator[str]:
        coverage, known_rows, known = self.coverage, list(rows()), list(pairs())
        met = sum(coverage.rows[row] > 0 for row in known_rows)
        yield f"protocol section 6: {met} of {len(known_rows)} rows met"
        yield f"transitions: {sum(coverage.pairs[p] > 0 for p in known)} of {len(known)} met"
        journals = sum(coverage.journals[what] > 0 for what in JOURNALS)
        yield f"journals: {journals} of {len(JOURNALS)} things met"


if __name__ == "__main__":
    sys.exit(runner.main(Report, sys.argv[1:]))
