"""Steps that are to be solved without help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.lessons import Pupil, lesson_of

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
