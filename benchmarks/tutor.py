"""How does the lesson tutor read what learners write?

    python3 dev.py bench tutor [--lessons FOLDER] [--misread]

The samples of tests/server/tutors/lesson/samples and the messages of benchmarks/tutoring are each
said in a session of their own. The table counts, for each class, how many are taken for what they
are; for talk also, over all talk of a step in one session, each said twice, how many replies tell
the answer and how many are the reply before them once more. It is written into docs/tutors.md.
Then: how long one message of 32 KiB holds the event loop, of each shape, the slowest first.

The exit status is 1 if less than 97 % of a class are as expected, or if any talk is told the
answer or answered twice in the same words.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.tutoring.corpus import own, samples
from benchmarks.tutoring.measure import CLASSES, Measured, held, measure
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN

PAGE: Final = Path(__file__).parents[1] / "docs" / "tutors.md"
BEGIN: Final = "<!-- tutor: written by python3 dev.py bench tutor -->"
END: Final = "<!-- end of tutor -->"
GOAL: Final = 0.97
SHOWN: Final = 8
"""Shapes of long messages that are printed: the slowest."""


def table(sets: dict[str, Measured]) -> str:
    """What is measured of each set, as Markdown."""
    head = "".join(f" | {name} | as expected" for name in sets)
    lines = [f"| message{head} |", "|---" + "|--:|--:" * len(sets) + "|"]
    for kind in CLASSES:
        cells = (f" | {one.asked[kind]} | {shares(one)[kind]:.1%}" for one in sets.values())
        lines.append(f"| {kind}{''.join(cells)} |")
    for name, key in (("told the answer", "given_away"), ("said twice in a row", "repeated")):
        cells = (f" | {one.replies} | {len(getattr(one, key))}" for one in sets.values())
        lines.append(f"| replies to talk: {name}{''.join(cells)} |")
    return "\n".join(lines)


def shares(measured: Measured) -> dict[str, float]:
    """The share of each class that is read as expected."""
    return {kind: measured.agreed[kind] / measured.asked[kind] for kind in CLASSES}


def is_good(measured: Measured) -> bool:
    """Whether the goal is reached."""
    enough = all(share >= GOAL for share in shares(measured).values())
    return enough and not measured.given_away and not measured.repeated


def faults(measured: Measured) -> Iterator[str]:
    """A line for each message that is not answered as it should be."""
    for one, kind in measured.misread:
        yield f"{one.lesson.stem} {one.step}: {one.text!r} is {one.expected}, taken for {kind}"
    for one, reply in measured.given_away:
        yield f"{one.lesson.stem} {one.step}: {one.text!r} is told the answer: {reply!r}"
    for one, reply in measured.repeated:
        yield f"{one.lesson.stem} {one.step}: {one.text!r} is answered as before: {reply!r}"


async def bench(folder: Path, show: bool) -> bool:
    """Print and write it all; returns whether the goal is reached."""
    sets = {"samples": await measure(samples()), "our own": await measure(own(folder))}
    if show:
        for measured in sets.values():
            print(*faults(measured), sep="\n")
    print(table(sets))
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(sets)}\n\n{END}{after}", "utf-8")
    print("\n32 KiB hold the event loop (and as a ratio to a small message):")
    for shape, seconds, ratio in (await held(samples()[0].lesson))[:SHOWN]:
        print(f"{seconds * 1000:8.1f} ms {ratio:6.1f}  {shape}")
    return all(map(is_good, sets.values()))


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lessons", type=Path, default=BUILT_IN, help="the built-in lessons")
    parser.add_argument("--misread", action="store_true", help="print each message that is not")
    given = parser.parse_args()
    return 0 if asyncio.run(bench(given.lessons, given.misread)) else 1


if __name__ == "__main__":
    sys.exit(main())
