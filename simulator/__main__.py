"""Run many random schedules: `python3 dev.py simulate --seeds 1000 [--first S] [--jobs J]`.

Prints the rate, what a schedule is made of, and what of the tables was met. A violation prints its
seed and the end of its trace; the seed alone repeats it. The exit status is 0 only if nothing
was violated, the schedules were long and faulty enough, and, from 1,000 on, met all of the tables.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from simulator.endings import JOURNALS, Coverage, pairs, rows
from simulator.schedule import Schedule

ACTIONS = 55
"""Actions in a schedule."""
COMPLETE_FROM = 1000
"""From so many schedules on, everything must be met."""
LEAST_STEPS, LEAST_FAULTS = 200, 3
"""Medians below which the schedules show too little."""
SHOWN = 80
"""Lines of a trace, where there are more."""


@dataclass
class Report:
    """What schedules showed."""

    steps: list[int] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    violations: dict[int, str] = field(default_factory=dict)

    @property
    def median_steps(self) -> float:
        return statistics.median(self.steps)

    @property
    def median_faults(self) -> float:
        return statistics.median(self.faults)

    @property
    def is_dense(self) -> bool:
        """Whether enough happens in the schedules."""
        return self.median_steps >= LEAST_STEPS and self.median_faults >= LEAST_FAULTS

    def add(self, other: Report) -> None:
        self.steps += other.steps
        self.faults += other.faults
        self.coverage.add(other.coverage)
        self.violations |= other.violations


def run(seeds: Iterable[int], *, lines: int = SHOWN) -> Report:
    """Run these schedules. A violation comes with at most so many lines of its trace."""
    report = Report()
    for seed in seeds:
        schedule = Schedule(seed)
        world = schedule.workload.world
        try:
            schedule.run(ACTIONS)
        except Exception:  # noqa: BLE001 - any error is a finding
            trace = "\n".join(world.trace[-lines:])
            report.violations[seed] = f"{trace}\n{traceback.format_exc(limit=-3)}"
        report.steps.append(sum(client.steps for client in world.clients))
        report.faults.append(schedule.faults)
        report.coverage.add(world.coverage)
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
    count, coverage = len(report.steps), report.coverage
    known_rows, known = list(rows()), list(pairs())
    journals = sum(coverage.journals[what] > 0 for what in JOURNALS)
    print(f"{count:,} schedules in {seconds:,.0f} s: {count / seconds:.1f} a second")
    print(
        f"median {report.median_steps:.0f} steps and {report.median_faults:.0f} faults a schedule, "
        f"{sum(report.steps):,} steps and {sum(report.faults):,} faults in all"
    )
    met = sum(coverage.rows[row] > 0 for row in known_rows)
    print(f"protocol section 6: {met} of {len(known_rows)} rows met")
    print(f"transitions: {sum(coverage.pairs[p] > 0 for p in known)} of {len(known)} met")
    print(f"journals: {journals} of {len(JOURNALS)} things met")
    for missing in coverage.missing():
        print(f"  never met: {missing}")
    for seed, trace in list(report.violations.items())[:5]:
        print(f"\nVIOLATED by seed {seed}\n{trace}")
    print(f"{len(report.violations)} violations")
    if report.violations:
        print(f"seeds: {', '.join(map(str, list(report.violations)[:50]))}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py simulate", description="Many random schedules.")
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
            if sys.stderr.isatty():
                print(f"{len(total.steps):,} …", end="\r", file=sys.stderr)
    show(total, time.monotonic() - began)
    incomplete = options.seeds >= COMPLETE_FROM and bool(total.coverage.missing())
    if incomplete:
        print("FAILED: not everything was met")
    if is_sparse := options.seeds > 1 and not total.is_dense:
        print(f"FAILED: medians below {LEAST_STEPS} steps and {LEAST_FAULTS} faults")
    return int(bool(total.violations) or incomplete or is_sparse)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
