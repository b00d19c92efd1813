"""Who comes through faults with nothing lost, doubled or out of order, and how soon?

    python3 dev.py bench faults [--runs N] [--only SYSTEM] [--fault NAME] [--messages 200]
                                [--jobs 4] [--quick] [--json FILE] [--show FILE]

This project and its peers send numbered messages, ten a second, through a proxy that misbehaves in
the middle; then each server's log is compared with what each client accepted. All are real
processes on loopback. The peers' packages are installed on first use into .bench_cache. `--quick`
takes this project only, with fewer messages and a shorter silence. The exit status is 1 if this
project lost, doubled or reordered anything.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.faulty import packages, report
from benchmarks.faulty.actors import Failed
from benchmarks.faulty.faults import FAULTS
from benchmarks.faulty.systems import OURS, SYSTEMS, System
from benchmarks.faulty.trial import Plan, Result, run

QUICK = Plan(messages=60, silence=20.0)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", choices=SYSTEMS, action="append", help="may be given repeatedly")
    parser.add_argument("--fault", choices=FAULTS, action="append", help="may be given repeatedly")
    parser.add_argument("--messages", type=int)
    parser.add_argument("--jobs", type=int, default=4, help="trials at the same time")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, help="where to put all results")
    parser.add_argument("--show", type=Path, help="run nothing, print the table of such a file")
    return parser.parse_args(arguments)


def available(names: Iterable[str]) -> list[System]:
    """Those that can be had here; the others are named, with the reason."""
    systems = []
    for name in names:
        try:
            systems.append(SYSTEMS[name]())
        except packages.Missing as missing:
            print(f"left out: {name}, because {missing}", flush=True)
    return systems


async def run_all(
    systems: list[System], faults: list[str], runs: int, jobs: int, plan: Plan
) -> list[Result]:
    """Every system under every fault, so many times; a line for each as it ends.

    A trial that cannot be completed is reported, and has no result.
    """
    free = asyncio.Semaphore(jobs)
    results: list[Result] = []

    async def one(system: System, fault: str) -> None:
        async with free:
            try:
                result = await run(system, fault, plan)
            except (Failed, OSError, TimeoutError) as error:
                print(f"no result: {system.name}, {fault}: {error!r}", flush=True)
                return
        results.append(result)
        print(report.line(result), file=sys.stderr, flush=True)

    async with asyncio.TaskGroup() as trials:
        for _ in range(runs):
            for fault in faults:
                for system in systems:
                    trials.create_task(one(system, fault))
    return results


def main(arguments: list[str]) -> int:
    """Run it and print the table."""
    given = parse(arguments)
    if given.show:
        print(report.Report.from_json(given.show.read_text()).as_markdown())
        return 0
    plan = QUICK if given.quick else Plan()
    if given.messages:
        plan = Plan(given.messages, plan.silence)
    systems = available(given.only or ([OURS] if given.quick else SYSTEMS))
    faults = given.fault or list(FAULTS)
    results = asyncio.run(run_all(systems, faults, given.runs, given.jobs, plan))
    told = report.Report.now(arguments, plan, results)
    print(told.as_markdown())
    if given.json:
        given.json.write_text(told.as_json())
    return int(not kept([r for r in results if r.system == OURS], systems, faults, given.runs))


def kept(results: list[Result], systems: list[System], faults: list[str], runs: int) -> bool:
    """Whether this project came through all its trials with nothing lost, doubled, reordered."""
    due = runs * len(faults) * any(system.name == OURS for system in systems)
    whole = [r for r in results if not (r.lost or r.doubled or r.reordered)]
    return len(whole) == due


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
