"""What a page shows of a class: sums of published values, by step and by concept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from tutor_widget.server.tutors.lesson.steps import Lesson, Step

from .cell import Cell
from .contribution import EFFORT, HERE, RESULT, TIME, error_family, is_sound
from .facts import StepId
from .ledger import Value

__all__ = ["ConceptRow", "Counts", "Effort", "Page", "Result", "StepRow", "page"]


class Result(NamedTuple):
    """How it went, as numbers of learners. `contribution.OUTCOMES` says what the words mean."""

    learners: int = 0
    first: int = 0
    later: int = 0
    helped: int = 0
    missed: int = 0
    open: int = 0

    @property
    def solved(self) -> int:
        """Learners who gave the right answer."""
        return self.first + self.later + self.helped


class Effort(NamedTuple):
    """What it took ``learners`` together."""

    learners: int = 0
    answers: int = 0
    wrong: int = 0
    hints: int = 0
    talk: int = 0
    failed: int = 0
    """Answers of the tutor that failed."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Figures, each None or left out where too few learners contribute to it in every cohort."""

    here: int | None = None
    """Learners who are asked this now, and have written within the last hour."""
    arrived: int | None = None
    """The sum of the times at which they came to it, in minutes since 1970."""
    result: Result | None = None
    effort: Effort | None = None
    minutes: tuple[int, ...] | None = None
    """Learners by how long it took to solve: up to 1, 3, 10, 30 minutes, and longer."""
    errors: Mapping[str, int] = field(default_factory=dict)
    """Learners by the name of an error that they attached, the most frequent first."""

    def __add__(self, other: Counts) -> Counts:
        names = sorted({*self.errors, *other.errors})
        errors = {name: self.errors.get(name, 0) + other.errors.get(name, 0) for name in names}
        return Counts(
            _sum(self.here, other.here),
            _sum(self.arrived, other.arrived),
            _results(self.result, other.result),
            _efforts(self.effort, other.effort),
            _added(self.minutes, other.minutes),
            dict(sorted(errors.items(), key=lambda item: -item[1])),
        )


class StepRow(NamedTuple):
    """A step and its figures."""

    lesson: str
    """The lesson's name."""
    number: int
    question: str
    concept: str
    unassisted: bool
    counts: Counts


class ConceptRow(NamedTuple):
    """A concept: how its steps went with help at hand, and how its checks went without.

    Each figure counts a learner once for each of the concept's steps.
    """

    concept: str
    assisted: Counts
    unassisted: Counts


class Page(NamedTuple):
    """The figures of a class. Totals are sums of what is shown."""

    steps: list[StepRow]
    """In the order of the lessons and their steps."""
    concepts: list[ConceptRow]
    """In the order in which the lessons come to them."""
    total: Counts


_NONE: Final = Counts()


def page(lessons: Mapping[str, Lesson], cells: Iterable[tuple[StepId, Cell]]) -> Page:
    """What these cells have published. It takes time with their number, not with the learners'."""
    found: dict[StepId, Counts] = {}
    for step, cell in cells:
        found[step] = found.get(step, _NONE) + _counts(cell)
    steps = [
        _row(name, number, step, found.get(StepId(name, digest), _NONE))
        for name, lesson in lessons.items()
        for number, (digest, step) in enumerate(
            zip(lesson.digests, lesson.steps, strict=True), start=1
        )
    ]
    return Page(steps, _concepts(steps), sum((row.counts for row in steps), _NONE))


def _row(lesson: str, number: int, step: Step, counts: Counts) -> StepRow:
    return StepRow(lesson, number, step.question, step.concept, step.unassisted, counts)


def _concepts(steps: Iterable[StepRow]) -> list[ConceptRow]:
    rows: dict[str, ConceptRow] = {}
    for step in steps:
        if step.concept:
            row = rows.get(step.concept, ConceptRow(step.concept, _NONE, _NONE))
            side = "unassisted" if step.unassisted else "assisted"
            rows[step.concept] = row._replace(**{side: getattr(row, side) + step.counts})
    return list(rows.values())


def _counts(cell: Cell) -> Counts:
    here, result, effort, time = (_sound(cell, name) for name in (HERE, RESULT, EFFORT, TIME))
    errors = {name: learners for name, (learners, *_) in cell.shown_names(error_family(""))}
    learners, arrived = here or (None, None)
    return Counts(
        learners,
        arrived,
        Result._make(result) if result else None,
        Effort._make(effort) if effort else None,
        time[1:] if time else None,
        errors,
    )


def _sound(cell: Cell, name: str) -> Value | None:
    """What is shown of a family. Another version may have published what says something else."""
    value = cell.shown(name)
    return value if value is not None and is_sound(name, value) else None


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is other is None else (one or 0) + (other or 0)


def _added(one: Value | None, other: Value | None) -> Value | None:
    if one is None or other is None:
        return one if other is None else other
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _results(one: Result | None, other: Result | None) -> Result | None:
    numbers = _added(one, other)
    return None if numbers is None else Result._make(numbers)


def _efforts(one: Effort | None, other: Effort | None) -> Effort | None:
    numbers = _added(one, other)
    return None if numbers is None else Effort._make(numbers)
