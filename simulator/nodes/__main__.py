"""Run many schedules: `python3 dev.py simulate server --seeds 1000 [--first S] [--jobs J]`.

A violation prints its seed and the end of its trace; the seed alone repeats it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from simulator.nodes.schedule import Schedule

LEAST_EVENTS, LEAST_FAULTS = 20, 3
"""Medians below which the schedules show too little."""
SHOWN = 120
"""Lines of a trace, where there are more."""


@dataclass
class Report:
    """What schedules showed."""

    events: list[int] = field(default_factory=list)
    """In the logs of each schedule."""
    faults: list[Counter[str]] = field(default_factory=list)
    violations: dict[int, str] = field(default_factory=dict)

    @property
    def median_events(self) -> float:
        return statistics.median(self.events)

    @property
    def median_faults(self) -> float:
        return statistics.median(faults.total() for faults in self.faults)

    @property
    def is_dense(self) -> bool:
        """Whether enough happens in the schedules."""
        return self.median_events >= LEAST_EVENTS and self.median_faults >= LEAST_FAULTS

    def add(self, other: Report) -> None:
        self.events += other.events
        self.faults += other.faults
        self.violations |= other.violations


def run(seeds: Iterable[int], *, lines: int = SHOWN) -> Report:
    """Run these schedules. A violation comes with at most so many lines of its trace."""
    report = Report()
    for seed in seeds:
        schedule = Schedule(seed)
        world = schedule.world
        try:
            schedule.run()
        except Exception:  # noqa: BLE001 - any error is a finding
            trace = "\n".join(world.trace[-lines:])
            report.violations[seed] = f"{trace}\n{traceback.format_exc(limit=-3)}"
        report.events.append(world.database.count_events())
        report.faults.append(schedule.faults)
    return report


def run_many(seeds: Iterable[int], jobs: int) -> Iterator[Report]:
    """The same on several processes, a hundred schedules each at a time."""
    rest = iter(seeds)
    chunks = list(iter(lambda: list(islice(rest, 100)), []))
    if jobs == 1:
        yield from map(run, chunks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(run, chunks)


def show(report: Report, seconds: float) -> None:
    """Print it for people."""
    count, faults = len(report.events), sum(report.faults, Counter())
    print(f"{count:,} schedules in {seconds:,.0f} s: {count / seconds:.1f} a second")
    print(
        f"median {report.median_events:.0f} events and {report.median_faults:.0f} faults a "
        f"schedule, {sum(report.events):,} events and {faults.total():,} faults in all:"
    )
    print(", ".join(f"{count:,} × {name}" for name, count in faults.most_common()))
    for seed, trace in list(report.violations.items())[:5]:
        print(f"\nVIOLATED by seed {seed}\n{trace}")
    print(f"{len(report.violations)} violations")
    if report.violations:
        print(f"seeds: {', '.join(map(str, list(report.violations)[:50]))}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="dev.py simulate server", description="Many random schedules of the real server."
    )
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)
    began, total = time.monotonic(), Report()
    if options.seeds == 1:
        total.add(run(seeds, lines=1_000_000))
    else:
        for report in run_many(seeds, options.jobs):
            total.add(report)
    show(total, time.monotonic() - began)
    if is_sparse := options.seeds > 1 and not total.is_dense:
        print(f"FAILED: medians below {LEAST_EVENTS} events and {LEAST_FAULTS} faults")
    return int(bool(total.violations) or is_sparse)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
