"""Lessons: TOML files written by teachers, checked when they are loaded.

    title = "Lists in Python"
    about = "What a list is, and how to reach what is in it."

    [[steps]]
    question = "What does `[1, 2, 3][1]` give?"
    number = 2
    hints = ["Indexes start at 0.", "Index 0 is the `1`."]
    explanation = "Index 1 is the second entry."

Each step has one of ``answers`` (texts), ``number`` (and ``tolerance``), or ``choices`` (and
``correct``, a letter). docs/tutors.md describes the whole format.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tutor_widget.server.settings import BadSetting

from .judge import LETTERS, is_choice, is_number, is_text, tidy
from .tables import Reader, load_table, read_all, toml_files

__all__ = ["BUILT_IN", "Lesson", "Step", "load_lesson", "load_lessons"]

BUILT_IN: Final = Path(__file__).parent / "lessons"
_LESSON_KEYS: Final = frozenset({"title", "about", "glossary", "steps"})
_STEP_KEYS: Final = frozenset(
    "question answers case cases number tolerance choices correct hints explanation "
    "also example mistakes unassisted concept".split()
)
_KINDS: Final = ("answers", "number", "choices")


@dataclass(frozen=True, slots=True)
class Step:
    """One question of a lesson."""

    question: str
    hints: tuple[str, ...]
    explanation: str
    answers: tuple[str, ...] = ()
    case: bool = False
    number: float | None = None
    tolerance: float = 0
    choices: tuple[str, ...] = ()
    correct: str = ""

    def is_right(self, given: str) -> bool:
        """Whether the learner's text is a right answer."""
        if self.number is not None:
            return is_number(given, self.number, self.tolerance)
        if self.choices:
            return is_choice(given, self.choices, self.correct)
        return is_text(given, self.answers, self.case)

    @property
    def solution(self) -> str:
        """The right answer, as shown after the last hint."""
        if self.number is not None:
            return str(self.number).removesuffix(".0")
        if self.choices:
            return f"{self.correct}) {self.choices[LETTERS.index(self.correct)]}"
        return self.answers[0]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson. ``name`` is its file's name without the suffix."""

    name: str
    title: str
    about: str
    steps: tuple[Step, ...]


def load_lessons(folder: Path) -> dict[str, Lesson]:
    """Load the lessons of a folder, or one file: by name, in the order of their names.

    Raises BadSetting for the mistakes, one a line, at most one of each step: with file, step and
    key.
    """
    try:
        files = toml_files(folder)
    except OSError as error:
        raise BadSetting(
            f"The folder of lessons {folder} cannot be read: {error.strerror}. Name a folder that "
            "this user may read."
        ) from None
    if not files:
        raise BadSetting(f"The folder {folder} holds no lesson (*.toml).")
    return {lesson.name: lesson for lesson in read_all(partial(load_lesson, p) for p in files)}


def load_lesson(path: Path) -> Lesson:
    """Load one lesson. Raises BadSetting as `load_lessons` does."""
    table = load_table(path)
    reader = Reader(path.name, table)
    reader.only(_LESSON_KEYS)
    title, about = reader.text("title"), reader.text("about", "")
    steps = table.get("steps")
    if not isinstance(steps, list) or not steps:
        raise reader.fault("steps", "at least one [[steps]] is required")
    readings = (partial(_step, path.name, n, s) for n, s in enumerate(steps, 1))
    return Lesson(path.stem, title, about, read_all(readings))


def _step(file: str, number: int, table: Any) -> Step:
    place = f"{file}, step {number}"
    if not isinstance(table, dict):
        raise BadSetting(f"{place}: a table is required: write [[steps]] above it.")
    reader = Reader(place, table)
    reader.only(_STEP_KEYS)
    kinds = [kind for kind in _KINDS if kind in table]
    if len(kinds) != 1:
        raise reader.fault(
            kinds[1] if kinds else "answers", "exactly one of answers, number and choices is needed"
        )
    for key, kind in {"case": "answers", "tolerance": "number", "correct": "choices"}.items():
        if key in table and kind not in table:
            raise reader.fault(key, f"it is for steps with {kind} only")
    step = Step(
        reader.text("question"),
        reader.texts("hints"),
        reader.text("explanation"),
        answers=reader.texts("answers") if "answers" in table else (),
        case=reader.flag("case"),
        number=reader.number("number") if "number" in table else None,
        tolerance=reader.number("tolerance") if "tolerance" in table else 0,
        choices=reader.texts("choices") if "choices" in table else (),
        correct=reader.text("correct") if "choices" in table else "",
    )
    _check(reader, step)
    return step


def _check(reader: Reader, step: Step) -> None:
    for answer in step.answers:
        if not tidy(answer):
            raise reader.fault("answers", f"no learner can give the answer {answer!r}")
    if step.tolerance < 0:
        raise reader.fault("tolerance", "it cannot be negative")
    if step.choices:
        letters = LETTERS[: len(step.choices)]
        if not 2 <= len(step.choices) <= len(LETTERS):
            raise reader.fault("choices", f"2 to {len(LETTERS)} are possible")
        if step.correct not in tuple(letters):
            raise reader.fault("correct", f"a letter from A to {letters[-1]} is required")
