"""Wrong answers that the author wrote down, answers that are not worked out, and spoilers."""

from __future__ import annotations

import pytest

from tests.support.lessons import Pupil
from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.steps import Lesson, Mistake, Step
from tutor_widget.server.tutors.lesson.teaching.solutions import gives_away, is_unfinished


def step_with(*mistakes: str, answer: str = "x", question: str = "?", case: bool = False) -> Step:
    known = tuple(Mistake((mistake,), mistake) for mistake in mistakes)
    return Step(question, ("h",), "e", answers=(answer,), mistakes=known, case=case)


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        ("n % 2 = 0", "if n % 2 = 0"), ("n % 2 = 0", "if n % 2 = 0:"),
        ("n % 2 = 0", "while (n%2 = 0):"), ("n % 2 = 0", "I think n % 2 = 0 because 2"),
        ('einkauf in "Milch"', "einkauf in Milch"), ("x = '5'", "x = 5"),
        ("a", "a oder? weil man von vorne zählt"), ("a", "a, right?"), ("c", "c ne?"),
        ("5", "stays at 5?"), ("5", "es bleibt bei 5"), ("IndexError", "an IndexError, i guess"),
        ("print(a)", "print(a)?"),
    ],
)  # fmt: skip
def test_a_mistake_is_recognised_however_it_is_written(mistake: str, text: str) -> None:
    """As a statement, without quotes, before a reason, and where consent is asked for."""
    found = step_with(mistake).mistake(clean(text))
    assert found is not None


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        ("a", "b"), ("a", "a dog"), ("5", "not 5"), ("5", "5 and 6"), ("5", "15"),
        ("IndexError", "no IndexError"), ("n % 2", "n % 2 = 0"), ("n % 2 = 0", "n % 3 = 0"),
    ],
)  # fmt: skip
def test_another_wrong_answer_is_not_that_mistake(mistake: str, text: str) -> None:
    """Nor what is denied."""
    assert step_with(mistake).mistake(clean(text)) is None


def test_capitals_tell_mistakes_apart_where_they_matter() -> None:
    """And of two mistakes the one that is exactly so comes first."""
    assert step_with("ADA", case=True).mistake("ada") is None
    found = step_with('"milk" in x', "milk in x").mistake("milk in x")
    assert found is not None
    assert found.say == "milk in x"


NUMBER = Step("What is 2 times 7?", ("h",), "e", number=14)
LETTERS = "```python\nletters = ['a', 'b', 'd']\n```\n\nWhat is `letters[-1]`?"
LAST = Step(LETTERS, ("h",), "e", answers=("d",))


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (NUMBER, "7*2"), (NUMBER, "it's 7 * 2"), (NUMBER, "`7+7`"), (NUMBER, "sum([7, 7])"),
        (LAST, "letters[2]"), (LAST, "letters[len(letters) - 1]"), (LAST, "I think letters[2]"),
    ],
)  # fmt: skip
def test_an_expression_with_the_right_value_costs_nothing(step: Step, text: str) -> None:
    """Its author is asked for the value, which is right then."""
    assert is_unfinished(clean(text), step)
    pupil = Pupil(Lesson("l", "L", "", (step,)))
    assert pupil.says(text) == "Yes, and what does that give?"
    assert (pupil.state["attempts"], pupil.state["hints"]) == (0, 0)
    pupil.says(step.solution)
    assert pupil.state["score"] == 1


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (NUMBER, "7*3"), (NUMBER, "7*2 or 15"), (LAST, "letters[2] or letters[1]"),
         (NUMBER, "15"), (NUMBER, "7*x"), (NUMBER, "open('f')"),
        (NUMBER, "9**9**9"), (LAST, "'c'"),

        (LAST, "letters[0]"), (LAST, "letters[-1]"), (LAST, "letters[9]"),
        (NUMBER, "(" * 900), (Step("?", ("h",), "e", choices=("1", "2"), correct="B"), "1+1"),
    ],
)  # fmt: skip
def test_any_other_expression_is_none(step: Step, text: str) -> None:
    """Nor one that repeats the question's."""
    assert not is_unfinished(clean(text), step)


@pytest.mark.parametrize(
    ("text", "step", "told"),
    [
        ("The last one is `d`.", LAST, True), ("It gives d", LAST, True),
        ("The last one, from the end.", LAST, False), ("It is 7 and 7: fourteen.", NUMBER, True),
        ("Twice as many.", NUMBER, False),
        ("Anything.", Step("?", ("h",), "e", choices=("1", "2"), correct="B"), True),
    ],
)  # fmt: skip
def test_a_text_may_give_the_answer_away(text: str, step: Step, told: bool) -> None:
    """As a word, as code, as a number in words; of a choice, in other words than its own."""
    assert gives_away(text, step) is told
