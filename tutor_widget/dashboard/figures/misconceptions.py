"""Wrong answers that several learners gave, and how an author writes them into the lesson. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tutor_widget.server.tutors.lesson.judge import LETTERS
from tutor_widget.server.tutors.lesson.steps import Lesson, Step

from .cell import Cell
from .contribution import wrong_family
from .facts import StepId
from .forms import Forms

__all__ = ["Misconception", "as_toml", "misconceptions"]


class Misconception(NamedTuple):
    """A wrong answer to a step that at least `LEAST` learners of a cohort gave."""

    lesson: str
    number: int
    """Of the step, from 1."""
    question: str
    form: str
    """The answer as the judge reads it, and as the lesson would have it."""
    shown: str
    """The same for people: a choice with its words."""
    learners: int
    is_covered: bool
    """Whether the step's `mistakes` has an entry for it."""
    has_list: bool
    """Whether the step has `mistakes` at all."""


def misconceptions(
    lessons: Mapping[str, Lesson], cells: Iterable[tuple[StepId, Cell]], forms: Forms
) -> list[Misconception]:
    """The wrong answers that are published of these cells, in the order of the steps."""
    counts: dict[StepId, Counter[str]] = {}
    for step, cell in cells:
        for form, (learners, *_) in cell.shown_names(wrong_family("")):
            counts.setdefault(step, Counter())[form] += learners
    return [
        _found(name, number, StepId(name, digest), form, learners, forms)
        for name, lesson in lessons.items()
        for number, digest in enumerate(lesson.digests, 1)
        for form, learners in counts.get(StepId(name, digest), Counter[str]()).most_common()
    ]


def _found(
    lesson: str, number: int, step: StepId, form: str, learners: int, forms: Forms
) -> Misconception:
    own = forms.steps(step)[0]
    return Misconception(
        lesson=lesson,
        number=number,
        question=own.question,
        form=form,
        shown=_shown(own, form),
        learners=learners,
        is_covered=forms.is_covered(step, form),
        has_list=bool(own.mistakes),
    )


def _shown(step: Step, form: str) -> str:
    if step.choices and form in tuple(LETTERS[: len(step.choices)]):
        return f"{form}) {step.choices[LETTERS.index(form)]}"
    return form


def as_toml(found: Misconception, say: str = "") -> str:
    """The entry for this wrong answer: a line in the list that is a step's `mistakes`, or the list
    with this line if the step has none.

    Without ``say`` the entry is a draft: a lesson with it is refused until somebody writes there
    what is said to the learner.
    """
    line = f"  {{answers = [{_quoted(found.form)}], say = {_quoted(say)}}},\n"
    return line if found.has_list else f"mistakes = [\n{line}]\n"


def _quoted(text: str) -> str:
    """The text as a basic string of TOML: JSON's, but for the sign that TOML escapes besides.

    A lone surrogate, which no file can hold, becomes U+FFFD.
    """
    sound = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return json.dumps(sound, ensure_ascii=False).replace("\x7f", "\\u007f")
