"""Deliberate faults: each shows that a test, or the simulator, would notice it.

`python3 dev.py mutants` applies each to a copy of the tree and runs what should notice: the
simulator, over at most `SEEDS` schedules, or tests, of pytest or of vitest. Without a fault these
must pass; else their failure would prove nothing. It prints a table, writes it into
docs/reliability.md, and fails if any fault goes unnoticed or can no longer be applied.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from simulator.mutations import MUTATIONS, NODES, SIMULATOR, Mutation

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "reliability.md"
BEGIN: Final = "<!-- mutants: written by python3 dev.py mutants -->"
END: Final = "<!-- end of mutants -->"
SEEDS: Final = 1500
PATIENCE: Final = 100
"""Seconds in which a schedule is over, and a test besides five times the usual ones."""
FOUND: Final = 3
_FOLDERS: Final = "tutor_widget simulator tests js deploy docs devtools small_hub".split()
"""What the copy has of the tree, besides pyproject.toml."""
SIMULATORS: Final = {SIMULATOR: "simulator.__main__", NODES: "simulator.nodes.__main__"}
SIMULATE: Final = f"""
import faulthandler
from {{module}} import Report
for seed in range({{seeds}}):
    faulthandler.dump_traceback_later({PATIENCE}, exit=True)
    if violation := Report().run([seed]).violations.get(seed):
        said = violation.strip().splitlines()[-1].removeprefix("AssertionError: ")
        print(f"seed {{{{seed}}}}: {{{{said.partition(': [')[0][:60]}}}}")
        raise SystemExit({FOUND})
"""


class Outcome(NamedTuple):
    """What became of one mutation; ``by`` is empty if nothing noticed it."""

    mutation: Mutation
    by: str
    seconds: float


def attempt(mutation: Mutation, unharmed: float) -> Outcome:
    """Apply it to a copy and run what should notice it.

    ``unharmed``: how long such a run takes without a fault, in seconds.
    """
    began = time.monotonic()
    with _copy() as copy:
        path = copy / mutation.file
        path.write_text(path.read_text().replace(mutation.old, mutation.new))
        try:
            patience = None if mutation.by in SIMULATORS else PATIENCE + 5 * unharmed
            done = _run([mutation.by], copy, SEEDS, patience)
        except subprocess.TimeoutExpired:
            by = f"{mutation.by}: hangs"
        else:
            by = _verdict(mutation.by, done)
            if not by:
                print(f"{mutation.by} ended with status {done.returncode}", file=sys.stderr)
    return Outcome(mutation, by, time.monotonic() - began)


def _verdict(by: str, done: subprocess.CompletedProcess[str]) -> str:
    """What noticed it. A test that cannot be collected, or a crash, does not count."""
    if _is_of_vitest(by):
        return by if _failed(done.stdout) else ""
    if by not in SIMULATORS:
        return by if done.returncode == pytest.ExitCode.TESTS_FAILED else ""
    if done.returncode == FOUND:
        return f"{by}, {done.stdout.split(chr(10))[-2]}"
    return f"{by}: hangs" if done.stderr.startswith("Timeout (") else ""


def _failed(report: str) -> int:
    """How many tests failed, by vitest's JSON report; 0 if there is no report."""
    try:
        return int(json.loads(report)["numFailedTests"])
    except (ValueError, KeyError):
        return 0


def _is_of_vitest(by: str) -> bool:
    return by.startswith("js/")


def unharmed(judges: Sequence[str]) -> float:
    """How long the longest takes without a fault, in seconds. Raises SystemExit if one fails then.

    All tests run together: to start each by itself takes longer than most of them.
    """
    with _copy() as copy:
        longest = 0.0
        for group in (
            *([one] for one in SIMULATORS),
            [one for one in judges if _is_of_vitest(one)],
            [one for one in judges if not _is_of_vitest(one) and one not in SIMULATORS],
        ):
            began = time.monotonic()
            done = _run(group, copy, 50, None)
            if done.returncode:
                raise SystemExit(f"the tree as it is fails:\n{done.stdout}{done.stderr}")
            longest = max(longest, (time.monotonic() - began) / len(group))
    return longest


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        ignore = shutil.ignore_patterns("__pycache__", "browser", "node_modules", "images")
        for folder in _FOLDERS:
            shutil.copytree(ROOT / folder, Path(name) / folder, ignore=ignore)
        packages = Path("js", "node_modules")
        (Path(name) / packages).symlink_to(ROOT / packages, target_is_directory=True)
        shutil.copy(ROOT / "pyproject.toml", name)
        yield Path(name)


def _run(
    judges: Sequence[str], copy: Path, seeds: int, patience: float | None
) -> subprocess.CompletedProcess[str]:
    """Run judges of one kind."""
    folder, by = copy, judges[0]
    if by in SIMULATORS:
        program = SIMULATE.format(module=SIMULATORS[by], seeds=seeds)
        command = [sys.executable, "-c", program]
    elif _is_of_vitest(by):
        # By Node itself: npx would look for the package in the network where it is missing.
        command = ["node", "node_modules/vitest/vitest.mjs", "run", "--reporter=json"]
        command += ["--cache=false", "--bail=1", *(one.removeprefix("js/") for one in judges)]
        folder = copy / "js"
    else:
        command = [sys.executable, "-m", "pytest", "-q", "-x", *judges]
        if len(judges) > 1:  # what one left to the garbage collector is no fault of the next
            command += ["-p", "no:unraisableexception"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=patience, check=False
    )


def unfit() -> list[str]:
    """Mutations whose old text is not in its file exactly once."""
    return [
        f"{m.file}: {m.old!r}" for m in MUTATIONS if (ROOT / m.file).read_text().count(m.old) != 1
    ]


def table(outcomes: list[Outcome]) -> str:
    """The outcomes as Markdown."""
    caught = sum(bool(outcome.by) for outcome in outcomes)
    lines = [f"{caught} of {len(outcomes)} caught on {datetime.now(UTC):%Y-%m-%d}.", ""]
    lines += ["| file | what the fault does | noticed by |", "|---|---|---|"]
    for mutation, by, _ in outcomes:
        lines.append(f"| `{mutation.file}` | {mutation.breaks} | {by or '**nothing**'} |")
    return "\n".join(lines)


def publish(text: str) -> None:
    """Put the table into the page, in place of the last one."""
    page = PAGE.read_text() if PAGE.exists() else "# Reliability\n"
    if BEGIN not in page:
        page += f"\n## Faults put in on purpose\n\n{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py mutants", description="Faults put in on purpose.")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    options = parser.parse_args(arguments)
    if lost := unfit():
        print("These can no longer be applied:", *lost, sep="\n  ")
        return 2
    outcomes = []
    with ThreadPoolExecutor(options.jobs) as pool:
        judges = sorted({mutation.by for mutation in MUTATIONS})
        took = unharmed(judges)
        print(f"{len(judges)} judges find nothing in the tree as it is", flush=True)
        for outcome in pool.map(lambda m: attempt(m, took), MUTATIONS):
            outcomes.append(outcome)
            mutation, by, seconds = outcome
            print(f"{seconds:6.1f} s  {by or 'NOT NOTICED':<34} {mutation.breaks}", flush=True)
    publish(table(outcomes))
    return int(not all(outcome.by for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
