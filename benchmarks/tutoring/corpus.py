"""Messages as twelve to sixteen year old learners write them, and what a teacher takes them for.

`messages.tsv` has the columns lesson, language of the interface, step, what is expected, and the
message as a JSON string. The messages over the built-in lessons and geography were written before
the engine that reads them; those of dictionaries, strings, files, decisions, texts, slices and
mengen by people who did not know it, those of sorting before any of it was read; those of the other
lessons by its author, and what was misread of them then mended.
`anywhere.tsv` has what learners say at any step, and which is no answer: language of the interface,
what is expected, and the message. The benchmark says each at one of the steps of `PLACES`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Final

from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, Lesson, Step, load_lesson

HERE: Final = Path(__file__).parent
SAMPLES: Final = HERE.parents[1] / "tests/server/tutors/lesson/samples"
"""Messages of others, in a lesson of their own."""
PLACES: Final = (
    ("loops", 1), ("loops", 4), ("lists", 5), ("reading-errors", 6), ("writing-functions", 3),
)  # fmt: skip
"""Lessons and steps that ask for a number, a choice, a list, a function's name and a value."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a learner at a step of a lesson, and the reading that is expected."""

    lesson: Path
    lang: str | None
    step: int
    expected: str
    text: str

    @property
    def kind(self) -> str:
        """The class that it counts in: all commands are one."""
        return self.expected.partition(":")[0]

    @property
    def asked(self) -> Step:
        """The step, in the language of the learner."""
        return lesson_of(self.lesson).spoken(self.lang).steps[self.step - 1]


@cache
def lesson_of(path: Path) -> Lesson:
    """The lesson of a file, which is loaded once."""
    return load_lesson(path)


def samples() -> list[Said]:
    """The messages of the samples."""
    lesson = min((SAMPLES / "lessons").glob("*.toml"))
    return [
        Said(lesson, None, int(step), expected, json.loads(text))
        for step, expected, text in _rows(SAMPLES / "messages.tsv")
    ]


def own(folder: Path = BUILT_IN) -> list[Said]:
    """Our messages: for the lessons of ``folder``, the built-in ones, and for those here."""
    at_steps = [
        Said(path, lang, int(step), expected, json.loads(text))
        for name, lang, step, expected, text in _rows(HERE / "messages.tsv")
        if (path := _lesson(name, folder)).exists()
    ]
    said, steps = anywhere(folder), len(PLACES)
    turns = zip(range(0, len(said), steps), cycle(range(steps)), strict=False)
    return at_steps + [said[first + turn] for first, turn in turns]


def anywhere(folder: Path = BUILT_IN) -> list[Said]:
    """What is said at any step, at each of `PLACES` in turn."""
    return [
        Said(path, lang, step, expected, json.loads(text))
        for lang, expected, text in _rows(HERE / "anywhere.tsv")
        for name, step in PLACES
        if (path := _lesson(name, folder)).exists()
    ]


def _lesson(name: str, folder: Path) -> Path:
    unlike = HERE / f"{name}.toml"
    return unlike if unlike.exists() else folder / f"{name}.toml"


def _rows(path: Path) -> Sequence[list[str]]:
    return [line.split("\t") for line in path.read_text("utf-8").splitlines()[1:]]
