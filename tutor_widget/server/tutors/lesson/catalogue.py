"""Lessons: TOML files written by teachers, checked when they are loaded.

    title = "Lists in Python"
    about = "What a list is, and how to reach what is in it."

    [[steps]]
    question = "What does `[1, 2, 3][1]` give?"
    number = 2
    hints = ["Indexes start at 0.", "Index 0 is the `1`."]
    explanation = "Index 1 is the second entry."

A subfolder named by a language (``de``) holds translations: files of the same names, with as many
steps of the same kinds.

Each step has one of ``answers`` (texts), ``number`` (and ``tolerance``), or ``choices`` (and
``correct``, a letter). docs/tutors.md describes the whole format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from tutor_widget.server.settings import BadSetting
from tutor_widget.server.tutors.tables import COURSE_FILE, Reader, load_table, read_all, toml_files

from .judge import LETTERS
from .normal import clean, tidy
from .steps import Lesson, Mistake, Step

__all__ = ["BUILT_IN", "Lesson", "Mistake", "Step", "load_lesson", "load_lessons"]

BUILT_IN: Final = Path(__file__).parent / "lessons"
_LESSON_KEYS: Final = frozenset({"title", "about", "glossary", "steps"})
_STEP_KEYS: Final = frozenset(
    "question answers case cases number tolerance percent choices correct hints explanation "
    "also example mistakes unassisted concept".split()
)
_MOST: Final = 100
"""Answers of a step or of a mistake, and mistakes of a step. Each message is compared with all, and
answers with each other: the server does nothing else meanwhile."""
_KINDS: Final = ("answers", "number", "choices")
_BELONGS: Final = {
    "case": "answers", "cases": "answers", "tolerance": "number", "percent": "number",
    "correct": "choices",
}  # fmt: skip


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
    """Load one lesson with its translations. Raises BadSetting as `load_lessons` does."""
    lesson = _load(path, path.name)
    others = [
        (other.name, other / path.name)
        for other in sorted(path.parent.iterdir())
        if other.is_dir() and len(other.name) == 2 and (other / path.name).is_file()
    ]
    translated = read_all(partial(_translation, lesson, language, p) for language, p in others)
    return replace(
        lesson, translations={n: t for (n, _), t in zip(others, translated, strict=True)}
    )


def _translation(lesson: Lesson, language: str, path: Path) -> Lesson:
    place = f"{language}/{path.name}"
    other = _load(path, place)
    if len(other.steps) != len(lesson.steps):
        raise BadSetting(
            f"{place}: it has {len(other.steps)} steps, and {path.name} has {len(lesson.steps)}. A "
            "translation has the same steps."
        )
    for number, (step, base) in enumerate(zip(other.steps, lesson.steps, strict=True), 1):
        for key in ("number", "correct"):
            if getattr(step, key) != getattr(base, key):
                raise BadSetting(
                    f"{place}, step {number}, key {key!r}: it is not that of {path.name}."
                )
    return replace(other, name=lesson.name)


def _load(path: Path, place: str) -> Lesson:
    table = load_table(path)
    reader = Reader(place, table)
    if not table.keys() & {"steps", "step"}:
        raise reader.fault(
            "steps",
            f"at least one [[steps]] is required; a file about the course is named {COURSE_FILE}",
        )
    reader.only(_LESSON_KEYS)
    title, about = reader.text("title"), reader.text("about", "")
    steps = table["steps"]
    if not isinstance(steps, list) or not steps:
        raise reader.fault("steps", "at least one [[steps]] is required, with two brackets")
    readings = (partial(_step, place, n, s) for n, s in enumerate(steps, 1))
    return Lesson(path.stem, title, about, read_all(readings), _glossary(reader, table))


def _glossary(reader: Reader, table: Mapping[str, Any]) -> dict[str, str]:
    glossary = table.get("glossary", {})
    if not isinstance(glossary, dict) or not all(isinstance(t, str) for t in glossary.values()):
        raise reader.fault("glossary", 'a table of words is required: index = "The place of …"')
    return {word: text.strip() for word, text in glossary.items()}


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
    for key, kind in _BELONGS.items():
        if key in table and kind not in table:
            raise reader.fault(key, f"it is for steps with {kind} only")
    step = Step(
        reader.text("question"),
        reader.texts("hints"),
        reader.text("explanation"),
        answers=_answers(reader) if "answers" in table else (),
        case=reader.flag("case"),
        cases=_cases(reader, table),
        number=reader.number("number") if "number" in table else None,
        tolerance=reader.number("tolerance") if "tolerance" in table else 0,
        percent=reader.flag("percent"),
        choices=reader.texts("choices") if "choices" in table else (),
        correct=reader.text("correct") if "choices" in table else "",
        also=reader.text("also", ""),
        example=reader.text("example", ""),
        mistakes=_mistakes(place, reader, table),
        unassisted=reader.flag("unassisted"),
        concept=reader.text("concept", ""),
    )
    _check(reader, step)
    return step


def _answers(reader: Reader) -> tuple[str, ...]:
    answers = reader.texts("answers")
    if len(answers) > _MOST:
        raise reader.fault("answers", f"it has {len(answers):,}, and {_MOST} at most are possible")
    return answers


def _cases(reader: Reader, table: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    cases = table.get("cases", [])
    if not isinstance(cases, list) or not all(isinstance(case, dict) and case for case in cases):
        raise reader.fault("cases", "a list of tables is required: [{price = 1}, {price = 2}]")
    return tuple(cases)


def _mistakes(place: str, reader: Reader, table: Mapping[str, Any]) -> tuple[Mistake, ...]:
    mistakes = table.get("mistakes", [])
    if not isinstance(mistakes, list) or not all(isinstance(one, dict) for one in mistakes):
        raise reader.fault("mistakes", 'a list of tables is required: {answers = ["…"], say = "…"}')
    if len(mistakes) > _MOST:
        raise reader.fault(
            "mistakes", f"it has {len(mistakes):,}, and {_MOST} at most are possible"
        )
    found = []
    for number, one in enumerate(mistakes, 1):
        entry = Reader(f"{place}, mistake {number}", one)
        entry.only(frozenset({"answers", "say"}))
        found.append(Mistake(_answers(entry), entry.text("say")))
    return tuple(found)


def _check(reader: Reader, step: Step) -> None:
    for answer in step.answers:
        if not tidy(clean(answer)):
            raise reader.fault("answers", f"no learner can give the answer {answer!r}")
    if step.tolerance < 0:
        raise reader.fault("tolerance", "it cannot be negative")
    if step.choices:
        letters = LETTERS[: len(step.choices)]
        if not 2 <= len(step.choices) <= len(LETTERS):
            raise reader.fault("choices", f"2 to {len(LETTERS)} are possible")
        if step.correct not in tuple(letters):
            raise reader.fault("correct", f"a letter from A to {letters[-1]} is required")
