"""Runs many schedules and says what they showed: of simulated clients, or of simulated nodes.

A violation prints its seed and the end of its trace; the seed alone repeats it. The exit status is
0 only if nothing was violated, enough happened in the schedules, and, from `COMPLETE_FROM` on, all
that there is to meet was met.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import sys
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import ClassVar, Generic, Protocol, Self, TypeVar

COMPLETE_FROM = 5000
"""From so many schedules on, everything must be met."""
LEAST_FAULTS = 3
"""The median below which the schedules show too little."""
SHOWN = 100
"""Lines of a trace, where there are more."""


class Schedule(Protocol):
    """A random run that is made of its seed."""

    @property
    def trace(self) -> list[str]:
        """What happened so far, a line each."""
        ...

    def run(self) -> None:
        """Raises an error if something is wrong."""
        ...


S = TypeVar("S", bound=Schedule)


@dataclass
class Report(ABC, Generic[S]):
    """What schedules showed. Each simulator counts what else it wants to know."""

    program: ClassVar[str]
    """Its command line."""
    unit: ClassVar[str]
    """What the size of a schedule is counted in."""
    least_size: ClassVar[int]
    """The median below which the schedules show too little."""

    sizes: list[int] = field(default_factory=list)
    """How much happened in each schedule."""
    faults: list[int] = field(default_factory=list)
    """How many in each schedule."""
    violations: dict[int, str] = field(default_factory=dict)
    """By seed: the end of the trace, and the error."""

    @abstractmethod
    def make(self, seed: int) -> S:
        """The schedule of this seed."""

    @abstractmethod
    def count(self, schedule: S) -> None:
        """Add what a schedule showed that is over: its size, its faults and the rest."""

    @abstractmethod
    def details(self) -> Iterable[str]:
        """Lines for people, on the rest."""

    def missing(self) -> list[str]:
        """What was never met."""
        return []

    def add(self, other: Self) -> None:
        """What other schedules showed counts, too."""
        self.sizes += other.sizes
        self.faults += other.faults
        self.violations |= other.violations

    @property
    def medians(self) -> tuple[float, float]:
        """Of the sizes, and of the faults."""
        return statistics.median(self.sizes), statistics.median(self.faults)

    @property
    def is_dense(self) -> bool:
        """Whether enough happens in the schedules."""
        size, faults = self.medians
        return size >= self.least_size and faults >= LEAST_FAULTS

    def run(self, seeds: Iterable[int], *, lines: int = SHOWN) -> Self:
        """Run these schedules. A violation comes with at most so many lines of its trace."""
        for seed in seeds:
            schedule = self.make(seed)
            try:
                schedule.run()
            except Exception:  # noqa: BLE001 - any error is a finding
                trace = "\n".join(schedule.trace[-lines:])
                self.violations[seed] = f"{trace}\n{traceback.format_exc(limit=-3)}"
            self.count(schedule)
        return self


R = TypeVar("R", bound=Report)  # type: ignore[type-arg]


def run_many(kind: type[R], seeds: Iterable[int], jobs: int) -> Iterator[R]:
    """Run the schedules on several processes, a hundred at a time; a report of each hundred."""
    rest = iter(seeds)
    chunks = list(iter(lambda: list(islice(rest, 100)), []))
    run = functools.partial(_run, kind)
    if jobs == 1:
        yield from map(run, chunks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(run, chunks)


def _run(kind: type[R], seeds: list[int]) -> R:
    return kind().run(seeds)


def main(kind: type[R], arguments: list[str]) -> int:
    """Run what the command line asks for, and print it for people. Returns the exit status."""
    parser = argparse.ArgumentParser(prog=kind.program, description=kind.__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args(arguments)
    seeds = range(options.first, options.first + options.seeds)
    began, total = time.monotonic(), kind()
    if options.seeds == 1:
        total.run(seeds, lines=1_000_000)
    else:
        for report in run_many(kind, seeds, options.jobs):
            total.add(report)
            if sys.stderr.isatty():
                print(f"{len(total.sizes):,} …", end="\r", file=sys.stderr)
    _show(total, time.monotonic() - began)
    incomplete = options.seeds >= COMPLETE_FROM and bool(total.missing())
    if incomplete:
        print("FAILED: not everything was met")
    if is_sparse := options.seeds > 1 and not total.is_dense:
        print(f"FAILED: medians below {kind.least_size} {kind.unit} and {LEAST_FAULTS} faults")
    return int(bool(total.violations) or incomplete or is_sparse)


def _show(report: Report[S], seconds: float) -> None:
    (size, faults), count, unit = report.medians, len(report.sizes), report.unit
    print(f"{count:,} schedules in {seconds:,.0f} s: {count / seconds:.1f} a second")
    print(
        f"median {size:.0f} {unit} and {faults:.0f} faults a schedule, "
        f"{sum(report.sizes):,} {unit} and {sum(report.faults):,} faults in all"
    )
    print(*report.details(), sep="\n")
    for missing in report.missing():
        print(f"  never met: {missing}")
    for seed, trace in list(report.violations.items())[:5]:
        print(f"\nVIOLATED by seed {seed}\n{trace}")
    print(f"{len(report.violations)} violations")
    if report.violations:
        print(f"seeds: {', '.join(map(str, list(report.violations)[:50]))}")
