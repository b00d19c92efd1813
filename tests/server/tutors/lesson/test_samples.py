"""What learners write in a lesson, and what it is taken for: the samples, each said once."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.trial import Trial

SAMPLES = Path(__file__).parent / "samples"
WANTED = 0.97


async def test_the_samples_are_taken_for_what_they_are() -> None:
    """At least 97 % of each class; what says an answer is never told one."""
    trial = Trial(LessonTutor(SAMPLES / "lessons"))
    every: Counter[str] = Counter()
    read: Counter[str] = Counter()
    with (SAMPLES / "messages.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            _, state = await trial.begin(int(row["step"]))
            reading = await trial.read(json.loads(row["message"]), state)
            kind = row["expected"].partition(":")[0]
            every[kind] += 1
            read[kind] += reading.kind == row["expected"] or kind == "either"
    assert every.keys() == {"right", "wrong", "talk", "command", "either"}
    shares = {kind: read[kind] / count for kind, count in every.items()}
    assert all(share >= WANTED for share in shares.values()), shares
