"""Which wrong answers are the same, and what is shown of them."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.growth import FLOOR, cost
from tests.support.hostile import vectors
from tests.support.long_messages import PIECES
from tests.support.steps import STEPS, step_of
from tutor_widget.dashboard.figures.facts import StepId
from tutor_widget.dashboard.figures.forms import Forms, wrong_form
from tutor_widget.server.tutors.lesson.code import code_form, same_code
from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.steps import Lesson, Mistake, Step

CONDITION = step_of("An expression for ages from 13 to 19?", answers=("13 <= age <= 19",))
SHORT = [piece * (200 // len(piece)) for piece in PIECES.values()]
SHARE = step_of("How many percent?", number=50, percent=True)


@pytest.mark.parametrize(
    ("step", "form", "messages"),
    [
        (STEPS["number"], "5", ["5", "5.0", "I think it's 5", "five", "**5**", "it is 5, I guess"]),
        (STEPS["number"], "-2.5", ["-2.5", "−2,5"]),
        (STEPS["number"], "error", ["error", "Error!", "I think error"]),
        (SHARE, "40", ["40 %", "forty percent", "40"]),
        (STEPS["choice"], "A", ["A", "a)", "A) {1, 2}", "I'd go with A", "the first one"]),
        (STEPS["keyword"], "continue", ["continue", "`continue`", "it's continue", "Continue."]),
        (CONDITION, "13 < age < 19", ["13<age<19", "13 < age and age < 19", "(13 < age < 19)"]),
        (STEPS["code"], "row[0]", ["row[0]", "row[ 0 ]", "`row[0]`"]),
    ],
)
def test_what_the_judge_reads_alike_is_one_answer(
    step: Step, form: str, messages: list[str]
) -> None:
    """A number however it is written, a choice however it is named, code however it is spaced."""
    forms = {message: wrong_form(step, message) for message in messages}
    if step is CONDITION:
        form = code_form(form)
    assert forms == dict.fromkeys(messages, form)


def test_other_answers_have_other_forms() -> None:
    """Case counts where the step says so; a text is no name."""
    assert wrong_form(STEPS["code"], "Row[0]") != wrong_form(STEPS["code"], "row[0]")
    assert wrong_form(STEPS["keyword"], "'continue'") != wrong_form(STEPS["keyword"], "continue")
    assert wrong_form(CONDITION, "13 < age") != wrong_form(CONDITION, "13 <= age")


@pytest.mark.parametrize("message", ["", "…", "!!!", "x" * 500, "\u200b"])
def test_what_is_no_answer_has_no_form(message: str) -> None:
    """Nor has a text that only one person would write."""
    assert [wrong_form(step, message) for step in STEPS.values()] == [""] * len(STEPS)


@pytest.mark.parametrize("code", ["a >= b", "not a == b", "x[0:3]", "f(b=1, a=2)", "if x:", "u'a'"])
def test_the_form_of_code_is_the_same_code(code: str) -> None:
    """So the judge takes one for the other, and the form of a form is itself."""
    form = code_form(code)
    assert same_code(form, code)
    assert code_form(form) == form


def test_a_form_is_found_in_any_language_of_the_lesson() -> None:
    """A learner names a choice by the words that the translation has."""
    own = step_of("Which?", choices=("red", "blue"), correct="B")
    other = step_of("Welche?", choices=("rot", "blau"), correct="B")
    lesson = Lesson("x", "", "", (own,), translations={"de": Lesson("x", "", "", (other,))})
    forms, step = Forms({"x": lesson}), StepId("x", lesson.digests[0])
    assert [forms.form(step, text) for text in ("red", "rot")] == ["A", "A"]
    assert forms.form(StepId("x", "gone"), "red") == ""


def test_what_a_lesson_covers_in_one_language_is_covered() -> None:
    """A mistake is an author's entry in the lesson, or in a translation of it."""
    own = step_of("Which?", answers=("stop",), mistakes=(Mistake(("end",), "No."),))
    other = step_of("Welches?", answers=("stop",), mistakes=(Mistake(("Halt",), "Nein."),))
    lesson = Lesson("x", "", "", (own,), translations={"de": Lesson("x", "", "", (other,))})
    forms, step = Forms({"x": lesson}), StepId("x", lesson.digests[0])
    covered = [forms.is_covered(step, forms.form(step, text)) for text in ("end", "halt", "go")]
    assert covered == [True, True, False]


@settings(deadline=None)  # the first message loads the phrases
@given(st.text(max_size=300))
def test_no_message_is_too_much(message: str) -> None:
    """Whatever it is, its form is short, and can be given as an answer."""
    for step in STEPS.values():
        form = wrong_form(step, message)
        assert len(form) <= 200
        assert not form or clean(form)


@pytest.mark.parametrize("name", STEPS)
def test_a_hostile_message_takes_no_time(name: str) -> None:
    """A long one is nobody's but its author's, and is not judged at all."""
    step = STEPS[name]
    wrong_form(step, "a warm start")
    for message in vectors():
        if len(message) > 1_000:
            assert wrong_form(step, message) == ""
    longest = max(cost(partial(wrong_form, step, message), repeats=2) for message in SHORT)
    assert longest < 100 * FLOOR
