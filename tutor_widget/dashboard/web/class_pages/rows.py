"""What the templates show of a step, a concept and a wrong answer: from published figures. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, groupby
from typing import Final, NamedTuple

from tutor_widget.dashboard.figures import (
    MINUTE,
    ConceptRow,
    Counts,
    Misconception,
    StepRow,
    as_toml,
)
from tutor_widget.server.tutors.lesson.steps import Lesson
from tutor_widget.server.tutors.lesson.steps import Step as LessonStep

from .bars import Part, bar

__all__ = [
    "OUTCOMES",
    "TIMES",
    "Concept",
    "LessonRows",
    "Side",
    "Step",
    "WrongAnswer",
    "WrongAnswers",
    "concepts",
    "lessons_of",
    "others_of",
    "wrong_answers",
]

OUTCOMES: Final = ("first", "later", "helped", "missed", "open")
"""How a step went, in the order of a bar's parts."""
TIMES: Final = (1, 3, 10, 30)
"""Upper limits of the times until a step is solved, in minutes; the last time has none."""
_BLOCK: Final = re.compile(r"^ *```[^`\n]*(?:\n|\Z)(.*?)(?:```|\Z)", re.DOTALL | re.MULTILINE)
"""Code on lines of its own, behind the name of its language."""
_MARKED: Final = re.compile(
    r"(?P<ticks>`+)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)"
    r"|(?P<stars>\*\*?)(?=\S)(?P<words>[^*`]+)(?<=\S)(?P=stars)",
    re.DOTALL,
)
"""Code within a line, whose asterisks are its own; else words between asterisks."""
_LONGEST: Final = 90
"""Characters of a question in a row."""


class Step(NamedTuple):
    """A step as a row. What is None is of too few learners."""

    number: int
    question: str
    concept: str
    unassisted: bool
    counts: Counts
    here: list[Part]
    went: list[Part]
    """Bars: who is asked it now, and how it went."""
    time: int | None
    """Half of those who solved it were as fast as this place in `TIMES` says."""
    since: int | None
    """When those who are asked it now came to it, on average, Unix ms."""

    @property
    def tries(self) -> float | None:
        """Answers for each learner who gave one or did anything else there."""
        return self._each("answers")

    @property
    def hints(self) -> float | None:
        """Hints for each of them."""
        return self._each("hints")

    @property
    def is_hidden(self) -> bool:
        """Whether nothing is shown of it."""
        return self.counts == Counts()

    def _each(self, name: str) -> float | None:
        effort = self.counts.effort
        if effort is None or not effort.learners:
            return None
        number: int = getattr(effort, name)
        return number / effort.learners


class LessonRows(NamedTuple):
    """A lesson."""

    name: str
    title: str
    steps: list[Step]

    @property
    def checks(self) -> int:
        """How many of its steps are solved without help or not at all."""
        return sum(step.unassisted for step in self.steps)


def lessons_of(lessons: Mapping[str, Lesson], steps: Iterable[StepRow]) -> list[LessonRows]:
    """The lessons of which anything is shown, each with all its steps."""
    found = []
    for name, group in groupby(steps, key=lambda row: row.lesson):
        rows = list(group)
        if any(row.counts != Counts() for row in rows):
            found.append(LessonRows(name, lessons[name].title, _steps(rows)))
    return found


def others_of(lessons: Mapping[str, Lesson], shown: Iterable[LessonRows]) -> list[LessonRows]:
    """The lessons of which nothing is shown yet: what they will ask."""
    known = {lesson.name for lesson in shown}
    return [
        LessonRows(name, lesson.title, [_unseen(*step) for step in enumerate(lesson.steps, 1)])
        for name, lesson in lessons.items()
        if name not in known
    ]


def _unseen(number: int, step: LessonStep) -> Step:
    return Step(
        number=number,
        question=shortened(step.question),
        concept=step.concept,
        unassisted=step.unassisted,
        counts=Counts(),
        here=[],
        went=[],
        time=None,
        since=None,
    )


def _steps(rows: Sequence[StepRow]) -> list[Step]:
    """Bars of one lesson have one scale, so that it is seen where learners stay away."""
    sizes = [sum(_went(row).values()) for row in rows] + [row.counts.here or 0 for row in rows]
    longest = max(sizes, default=0)
    return [_step(row, longest) for row in rows]


def _step(row: StepRow, longest: int) -> Step:
    return Step(
        number=row.number,
        question=shortened(row.question),
        concept=row.concept,
        unassisted=row.unassisted,
        counts=row.counts,
        here=bar({"here": row.counts.here or 0}, longest),
        went=bar(_went(row), longest),
        time=_median(row.counts.minutes),
        since=_since(row.counts),
    )


def _went(row: StepRow) -> dict[str, int]:
    result = row.counts.result
    return {} if result is None else {name: getattr(result, name) for name in OUTCOMES}


def _since(counts: Counts) -> int | None:
    if not counts.here or counts.arrived is None:
        return None
    return round(MINUTE * counts.arrived / counts.here)


def _median(minutes: Sequence[int] | None) -> int | None:
    if not minutes or not sum(minutes):
        return None
    half = sum(minutes) / 2
    return next(place for place, n in enumerate(accumulate(minutes)) if n >= half)


def shortened(question: str) -> str:
    """The question on one line, and not too long: what is asked, and behind it the code."""
    asked = _MARKED.sub(lambda found: found["code"] or found["words"], _BLOCK.sub(" ", question))
    line = " ".join(" ".join([asked, *_BLOCK.findall(question)]).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"


class Side(NamedTuple):
    """How the steps of a concept went: of ``tried`` the ``solved`` ones."""

    solved: int
    tried: int
    parts: list[Part]

    @property
    def percent(self) -> int:
        """How many of a hundred were solved."""
        return round(100 * self.solved / self.tried)


class Concept(NamedTuple):
    """A concept, with help at hand and without. None: too few learners have come so far."""

    name: str
    assisted: Side | None
    unassisted: Side | None
    is_taught: bool
    """Whether it has a step with help at hand …"""
    is_checked: bool
    """… and one without."""

    @property
    def sides(self) -> list[tuple[str, Side | None, bool]]:
        """Both sides: which, what is shown, and whether there is a step of it."""
        assisted = ("assisted", self.assisted, self.is_taught)
        return [assisted, ("unassisted", self.unassisted, self.is_checked)]


def concepts(rows: Iterable[ConceptRow], steps: Iterable[StepRow]) -> list[Concept]:
    """The concepts of which anything is shown."""
    kinds = {(step.concept, step.unassisted) for step in steps}
    found = [
        Concept(
            row.concept,
            _side(row.assisted),
            _side(row.unassisted),
            (row.concept, False) in kinds,
            (row.concept, True) in kinds,
        )
        for row in rows
    ]
    return [one for one in found if one.assisted or one.unassisted]


def _side(counts: Counts) -> Side | None:
    result = counts.result
    tried = 0 if result is None else result.learners - result.open
    if result is None or tried <= 0:
        return None
    numbers = {"first": result.solved, "missed": tried - result.solved}
    return Side(result.solved, tried, bar(numbers, tried))


class WrongAnswer(NamedTuple):
    """A wrong answer that several learners gave, and the entry for it."""

    shown: str
    learners: int
    is_covered: bool
    has_list: bool
    """Whether its step has `mistakes` already, so that the entry is a line in them."""
    parts: list[Part]
    toml: str


class WrongAnswers(NamedTuple):
    """The wrong answers to a step, the most frequent first."""

    lesson: str
    title: str
    number: int
    question: str
    answers: list[WrongAnswer]


def wrong_answers(
    lessons: Mapping[str, Lesson], found: Iterable[Misconception]
) -> list[WrongAnswers]:
    """What many get wrong in the same way, by step."""
    groups = groupby(found, key=lambda one: (one.lesson, one.number, one.question))
    return [
        WrongAnswers(lesson, lessons[lesson].title, number, question, _answers(list(group)))
        for (lesson, number, question), group in groups
    ]


def _answers(found: Sequence[Misconception]) -> list[WrongAnswer]:
    most = max(one.learners for one in found)
    return [
        WrongAnswer(
            shown=one.shown,
            learners=one.learners,
            is_covered=one.is_covered,
            has_list=one.has_list,
            parts=bar({"missed": one.learners}, most),
            toml=as_toml(one),
        )
        for one in found
    ]
