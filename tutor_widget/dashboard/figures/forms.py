"""Which wrong answers are the same: the form of an answer, as the judge reads it. Pure.

The form of a number is the number, that of a choice its letter, that of code the code as it is
written in one way, and that of words the words without what says nothing. It is all that is ever
shown of a wrong answer: what one learner wrote around it is nobody's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import islice
from typing import Final

from tutor_widget.server.tutors.lesson.code import code_form
from tutor_widget.server.tutors.lesson.judge import (
    LETTERS,
    Verdict,
    judge_choice,
    judge_number,
    main_clause,
    without_fillers,
)
from tutor_widget.server.tutors.lesson.normal import clean, tidy
from tutor_widget.server.tutors.lesson.numbers import mentioned
from tutor_widget.server.tutors.lesson.steps import Lesson, Step

from .facts import StepId

__all__ = ["Forms", "wrong_form"]

_LONGEST: Final = 200
"""Characters of a message, and of its form. A longer one is a text of its author's own."""
_MOST_NUMBERS: Final = 8
"""Numbers of a message that are tried."""
_KEPT: Final = 20_000
"""Forms of texts that are kept."""


class Forms:
    """The forms of wrong answers at the steps of these lessons."""

    def __init__(self, lessons: Mapping[str, Lesson]) -> None:
        self._steps = dict(_by_id(lessons))
        self._kept: dict[tuple[StepId, str], str] = {}
        self._covered: dict[tuple[StepId, str], bool] = {}
        self._foreseen: dict[StepId, frozenset[str]] = {}

    def steps(self, step: StepId) -> tuple[Step, ...]:
        """The step in the lesson's own language, then in others; none if it is not known."""
        return self._steps.get(step, ())

    def form(self, step: StepId, text: str) -> str:
        """The form of a learner's wrong answer; "" if it has none, or the step is not known."""
        key = step, text
        if key not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            steps = self.steps(step)
            forms = (wrong_form(spoken, text) for spoken in steps)
            self._kept[key] = next(filter(None, forms), "")
        return self._kept[key]

    def is_covered(self, step: StepId, form: str) -> bool:
        """Whether `mistakes` of the step, which is known, has an entry for this form already."""
        key = step, form
        if key not in self._covered:
            # The judge takes its time: what stands in the entry is known without it, and of
            # translations it is not asked.
            own = self.steps(step)[0]
            self._covered[key] = form in self._entries(step) or own.mistake(clean(form)) is not None
        return self._covered[key]

    def _entries(self, step: StepId) -> frozenset[str]:
        """The forms of the wrong answers that the author wrote down, in any language."""
        if step not in self._foreseen:
            answers = (
                wrong_form(spoken, answer)
                for spoken in self.steps(step)
                for mistake in spoken.mistakes
                for answer in mistake.answers
            )
            self._foreseen[step] = frozenset(answers)
        return self._foreseen[step]


def wrong_form(step: Step, message: str) -> str:
    """The form of a learner's wrong answer to this step, or ""."""
    if len(message) > _LONGEST:
        return ""
    text = clean(message)
    if step.choices:
        return step.chosen(text) or _letter(step, text)
    form = _number(step, text) if step.number is not None else ""
    form = form or _words(step, text)
    return form if len(form) <= _LONGEST and tidy(clean(form)) else ""


def _letter(step: Step, text: str) -> str:
    """The letter for which the judge would take the text."""
    letters = LETTERS[: len(step.choices)]
    found = (
        letter
        for letter in letters
        if judge_choice(text, step.choices, letter, question=step.question) is Verdict.RIGHT
    )
    return next(found, "")


def _number(step: Step, text: str) -> str:
    """The number for which the judge would take the text."""
    numbers = (value for mention in mentioned(text) for value in sorted(mention.values))
    for value in islice(dict.fromkeys(numbers), _MOST_NUMBERS):
        written = _written(value)
        if written and _is_judged(step, text, float(written)):
            return written
    return ""


def _is_judged(step: Step, text: str, value: float) -> bool:
    verdict = judge_number(text, value, percent=step.percent, question=step.question)
    return verdict is Verdict.RIGHT


def _written(value: Fraction) -> str:
    """The number as a lesson has it; "" if it is too large for one."""
    try:
        number = float(value)
    except OverflowError:
        return ""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _words(step: Step, text: str) -> str:
    core = without_fillers(main_clause(text))[-1].strip(" .!?,;:")
    if code := code_form(core) or code_form(text):
        return code
    core = tidy(core)
    return core if step.case else core.casefold()


def _by_id(lessons: Mapping[str, Lesson]) -> Iterator[tuple[StepId, tuple[Step, ...]]]:
    for name, lesson in lessons.items():
        spoken = (lesson, *lesson.translations.values())
        for place, digest in enumerate(lesson.digests):
            yield StepId(name, digest), tuple(one.steps[place] for one in spoken)
