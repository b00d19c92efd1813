"""Does the proof prove anything? Deliberate faults, each of which must be caught.

`python3 dev.py mutants` applies each to a copy of the tree and runs what should notice: the
simulator, over at most `SEEDS` schedules, or a test file. It prints a table, writes it into
docs/reliability.md, and fails if any fault goes unnoticed or can no longer be applied.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from .mutations import MUTATIONS, SIMULATOR, Mutation

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = ROOT / "docs" / "reliability.md"
BEGIN: Final = "<!-- mutants: written by python3 dev.py mutants -->"
END: Final = "<!-- end of mutants -->"
SEEDS: Final = 1500
PATIENCE: Final = 100
"""Seconds after which a fault that makes everything hang counts as noticed."""
SIMULATE: Final = f"""
from simulator.__main__ import run
for first in range(0, {SEEDS}, 20):
    if found := run(range(first, first + 20)).violations:
        print(next(iter(found.values())))
        raise SystemExit(f"seed {{next(iter(found))}}")
"""


class Outcome(NamedTuple):
    """What became of one mutation; ``by`` is empty if nothing noticed it."""

    mutation: Mutation
    by: str
    seconds: float


def attempt(mutation: Mutation) -> Outcome:
    """Apply it to a copy and run what should notice."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        copy = Path(name)
        ignore = shutil.ignore_patterns("__pycache__", "browser", "static")
        for folder in ("tutor_widget", "simulator", "tests"):
            shutil.copytree(ROOT / folder, copy / folder, ignore=ignore)
        shutil.copy(ROOT / "pyproject.toml", copy)
        path = copy / "tutor_widget" / mutation.file
        path.write_text(path.read_text().replace(mutation.old, mutation.new))
        return Outcome(mutation, _notice(mutation, copy), time.monotonic() - began)


def _notice(mutation: Mutation, copy: Path) -> str:
    command = [sys.executable, "-c", SIMULATE]
    if mutation.by != SIMULATOR:
        command = [sys.executable, "-m", "pytest", "-q", "-x", f"tests/{mutation.by}"]
    try:
        done = subprocess.run(
            command, cwd=copy, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{mutation.by}: hangs"
    if mutation.by != SIMULATOR:
        return mutation.by if done.returncode == 1 else ""
    seed = done.stderr.strip().splitlines()[-1:]
    return f"the simulator, {seed[0]}" if done.returncode == 1 and seed else ""


def unfit() -> list[str]:
    """Mutations whose old text is not in its file exactly once."""
    return [
        f"{m.file}: {m.old!r}"
        for m in MUTATIONS
        if (ROOT / "tutor_widget" / m.file).read_text().count(m.old) != 1
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


def main() -> int:
    if lost := unfit():
        print("These can no longer be applied:", *lost, sep="\n  ")
        return 2
    outcomes = []
    with ThreadPoolExecutor(2) as pool:
        for outcome in pool.map(attempt, MUTATIONS):
            outcomes.append(outcome)
            mutation, by, seconds = outcome
            print(f"{seconds:6.1f} s  {by or 'NOT NOTICED':<34} {mutation.breaks}", flush=True)
    publish(table(outcomes))
    return int(not all(outcome.by for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
