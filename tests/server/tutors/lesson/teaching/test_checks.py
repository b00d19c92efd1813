"""Steps that are to be solved without help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in
from tutor_widget.server.tutors.lesson.steps import Mistake, Step

HELP: dict[str, Any] = {"also": "in other words", "example": "a worked example", "unassisted": True}
CHECK = replace(
    lesson_of("ant", "bee", **HELP), glossary={"ant": "A small animal.", "say": "To speak."}
)
MESSAGES = [
    "hint", "example", "explain", "an example please", "in other words", "Hinweis", "Beispiel",
    "why?", "I don't understand", "what is an ant?", "what does say mean?", "can you help me?",
    "I don't know", "huh",
]  # fmt: skip


@pytest.mark.parametrize("text", MESSAGES)
def test_no_help_is_given_before_the_answer(text: str) -> None:
    """No hint, no other words, no example, no explanation, no word of the glossary."""
    pupil = Pupil(CHECK)
    for _ in range(5):
        reply = pupil.says(text)
        for given in ("first hint", "in other words", "worked", "So ant", "small", "To speak"):
            assert given not in reply
    assert (pupil.state["step"], pupil.state["attempts"], pupil.state["hints"]) == (1, 0, 0)


@pytest.mark.parametrize("lang", ["en", "de", "fr", "es", "zh"])
@pytest.mark.parametrize("text", ["hint", "example", "explain"])
def test_who_asks_for_help_hears_why_there_is_none(text: str, lang: str) -> None:
    """In the sentence that was said with the question."""
    pupil = Pupil(CHECK, lang=lang)
    asked = pupil.says("again")
    reply = pupil.says(text).split("\n\n")[0]
    assert reply in asked


def test_no_suggestion_promises_help() -> None:
    """Only the way on."""
    assert Pupil(CHECK).state["suggestions"] == ["Skip"]


def test_an_error_of_the_question_is_not_explained() -> None:
    """One of the learner's own is."""
    step = replace(CHECK.steps[0], question="What is wrong?\n\n    KeyError: 'owl'")
    pupil = Pupil(replace(CHECK, steps=(step,)))
    assert "explained" not in pupil.says("KeyError: 'owl'")
    assert "explained" in pupil.says("NameError: name 'x' is not defined")


def test_the_explanation_comes_with_a_right_answer_and_not_with_a_wrong_one() -> None:
    """Of a check the answer is not told."""
    pupil = Pupil(CHECK)
    assert "So ant it is" in pupil.says("ant")
    assert "So bee it is" not in pupil.says("dog")
    assert (pupil.state["done"], pupil.state["score"]) == (True, 1)


TABLE = Step(
    "What is 2 times 7?", ("hint",), "Twice 7 is 14.", number=14, unassisted=True,
    mistakes=(Mistake(("9",), "You added."),),
)  # fmt: skip
WORD = Step(
    "What is stressed backwards?", ("hint",), "It is read from its end.", answers=("desserts",),
    unassisted=True, mistakes=(Mistake(("dessert",), "A letter is missing."),),
)  # fmt: skip


def checked(*steps: Step, lang: str = "en") -> Pupil:
    last = replace(TABLE, question="And what is 14?")
    return Pupil(replace(CHECK, steps=(*steps, last)), lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("step", "text", "said"),
    [
        (TABLE, "9", ("You added.",)),
        (TABLE, "it is 9", ("You added.",)),
        (TABLE, "8", ()),
        (WORD, "dessert", ("A letter is missing.", "It is read from its end.")),
        (WORD, "dessert, right?", ("A letter is missing.", "It is read from its end.")),
        (WORD, "strawberry", ("It is read from its end.",)),
    ],
)
def test_a_failed_check_helps_for_the_next_time(
    step: Step, text: str, said: tuple[str, ...], lang: str
) -> None:
    """What the author wrote for the mistake; the explanation if it does not tell the answer."""
    pupil = checked(step, lang=lang)
    reply = pupil.says(text)
    steps = (TABLE, WORD)
    written = [step.explanation for step in steps] + [step.mistakes[0].say for step in steps]
    assert {one for one in written if one in reply} == set(said)
    assert phrases_in(lang).say("retry") in reply
    assert step.solution not in reply.partition("And what")[0]
    assert pupil.state["step"] == 2


@pytest.mark.parametrize("text", ["7*2", "2 * 7", "14 or 15", "is it hard?", "what?", "hmm", "idk"])
def test_what_is_no_finished_answer_does_not_spend_the_try(text: str) -> None:
    """An expression, two answers, a question."""
    pupil = checked(TABLE)
    pupil.says(text)
    assert (pupil.state["step"], pupil.state["attempts"]) == (1, 0)


def test_at_the_end_a_failed_check_promises_no_end() -> None:
    """The step is offered."""
    pupil = Pupil(replace(CHECK, steps=(WORD,)))
    reply = pupil.says("strawberry")
    assert "You can try this one again" not in reply
    assert "**Step 1**" in reply
