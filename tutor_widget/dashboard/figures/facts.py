"""The facts of one conversation at one step, and what a session's state says of the place. Pure.

A state may be any JSON. What is malformed counts as absent: nothing here raises.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

from tutor_widget.server.tutors.lesson.teaching.kept import MOST, Kept

__all__ = ["MOST_TEXTS", "Outcome", "Questions", "Standing", "StepFacts", "StepId", "step_id"]

Outcome = Literal["first", "later", "helped", "missed", "open"]
"""How a step went: right at the first try without a hint, later without one, with one; passed
without a right answer; none of these yet."""

Questions = Mapping[str, Sequence[str]]
"""Of each lesson the digests of its questions (`Lesson.digests`)."""

MOST_TEXTS: Final = 20
"""Different wrong answers, and names of errors, that are kept of a conversation at a step."""
_LONGEST: Final = 200
_MOST_STEPS: Final = 1_000
"""Steps that are read of a list in a state."""


class StepId(NamedTuple):
    """A step. ``question`` is its digest; of a lesson that is not known, its number behind "#"."""

    lesson: str
    question: str


def step_id(lesson: str, question: str, number: int, questions: Questions) -> StepId | None:
    """The step with this digest, or, where none was kept, the one with this number now."""
    if not lesson or not (question or number):
        return None
    known = questions.get(lesson, ())
    if not question:
        question = known[number - 1] if 0 < number <= len(known) else f"#{number}"
    return StepId(lesson, question)


@dataclass(slots=True)
class StepFacts:
    """What happened at a step. Times are Unix ms."""

    began: int
    """When the step was asked first."""
    solved: int | None = None
    """When the first right answer was given."""
    how: Outcome = "open"
    """How it was solved."""
    answers: int = 0
    wrong: int = 0
    hints: int = 0
    talk: int = 0
    failed: int = 0
    """Answers of the tutor that failed."""
    wrong_texts: list[str] = field(default_factory=list)
    """Different wrong answers, as they were written, the oldest first."""
    errors: set[str] = field(default_factory=set)
    """Names of errors that were attached."""

    def count(self, name: Literal["answers", "wrong", "talk", "failed"]) -> None:
        """Count one more, up to the largest number that is shown."""
        setattr(self, name, min(getattr(self, name) + 1, MOST))

    def outcome(self, is_missed: bool, is_solved: bool) -> Outcome:
        """How it went, with what the state says of the step."""
        if self.how != "open":
            return self.how
        return "missed" if is_missed else "later" if is_solved else "open"


class Standing(NamedTuple):
    """What a state says: the step that is asked now, and the steps that were passed."""

    here: StepId | None = None
    missed: frozenset[StepId] = frozenset()
    solved: frozenset[StepId] = frozenset()

    def says(self, step: StepId) -> tuple[bool, bool, bool]:
        """Whether the step is asked now, was missed, was solved."""
        return step == self.here, step in self.missed, step in self.solved

    def differs(self, other: Standing) -> set[StepId]:
        """The steps of which two states say different things."""
        here = {self.here} ^ {other.here}
        steps = (self.missed ^ other.missed) | (self.solved ^ other.solved)
        return {step for step in here if step is not None} | steps


def read_standing(state: object, questions: Questions) -> Standing:
    """What a session's state says. The keys are those of `lesson.teaching.learner`."""
    kept = Kept(state)
    name = kept.text("lesson", _LONGEST)
    here = None
    if name and not kept.flag("done"):
        here = _asked(name, kept, questions)
    places = [(name, kept)] if name else []
    tables = islice(kept.table("places").values.items(), _MOST_STEPS)
    places += [(lesson[:_LONGEST], Kept(table)) for lesson, table in tables]
    missed = frozenset(_passed(places, "missed", questions))
    return Standing(here, missed, frozenset(_passed(places, "solved", questions)) - missed)


def _asked(lesson: str, kept: Kept, questions: Questions) -> StepId | None:
    return step_id(lesson, kept.text("question", 64), kept.count("step") or 0, questions)


def _passed(places: Sequence[tuple[str, Kept]], key: str, questions: Questions) -> Iterator[StepId]:
    """The steps in the lists of this key. Those of a lesson that is known and has them."""
    for lesson, kept in places:
        known = questions.get(lesson, ())
        entries = islice(kept.entries(key) or [], _MOST_STEPS)
        given = {entry for entry in map(_digest(known), entries) if entry}
        yield from (StepId(lesson, digest) for digest in known if digest in given)


def _digest(known: Sequence[str]) -> Any:
    """Reads an entry of such a list: a digest, or, as 0.1 kept it, the number of a step."""

    def read(entry: object) -> str:
        if type(entry) is int:
            return known[entry - 1] if 0 < entry <= len(known) else ""
        return entry[:64] if isinstance(entry, str) else ""

    return read
