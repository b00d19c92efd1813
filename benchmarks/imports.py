"""What does `import tutor_widget` cost a notebook that has anywidget?

    python3 dev.py bench imports [--runs 15]

Each import runs in a process of its own, as a kernel does it: IPython is there already. The figures
are medians; *adds* is the difference to importing anywidget alone, and the ratio is to that.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

PROGRAM = """
import time
import IPython, ipykernel.ipkernel
before = time.perf_counter()
{statement}
print(time.perf_counter() - before)
"""
STATEMENTS = {
    "import anywidget": "import anywidget",
    "from tutor_widget import TutorChat": "from tutor_widget import TutorChat",
}


def seconds(statement: str) -> float:
    """How long the statement takes in a fresh process."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(statement=statement)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ran.stdout)


def main() -> int:
    """Run it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs: int = parser.parse_args().runs
    for statement in STATEMENTS.values():
        seconds(statement)  # byte code is written, files are in the cache
    took = {name: [seconds(s) for _ in range(runs)] for name, s in STATEMENTS.items()}
    medians = {name: statistics.median(times) for name, times in took.items()}
    for name, median in medians.items():
        print(f"{name:36} {median * 1000:6.0f} ms")
    base, whole = medians.values()
    print(f"adds {(whole - base) * 1000:.0f} ms, ratio {whole / base:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
