"""What a message is at a step: an answer, a command or talk."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, Lesson, Step, load_lessons
from tutor_widget.server.tutors.lesson.reading import read_message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I don't know what rings are", "talk"), ("I don't know how to do that", "talk"),
        ("i don't know", "talk"), ("i don't know, please help me", "command"),
        ("hahahaha", "talk"), ("is it right?", "talk"), ("is it 9?", "wrong"),
    ],
)  # fmt: skip
def test_what_asks_or_laughs_is_talk(text: str, kind: str) -> None:
    """Also where it begins as a request for a hint, or as a guess, does."""
    step = Step("How many?", ("h",), "e", number=8)
    assert read_message(text, step).kind == kind


def test_a_suggestion_is_its_choice_whatever_it_says() -> None:
    """Also where its words would be two answers, a question, a denial or a command."""
    choices = ("It is A or B", "Not the second", "What is it?", "Why not D) or C)?", "skip")
    step = Step("Which?", ("h",), "e", choices=(*choices, "I don't know, " * 9), correct="C")
    kinds = [read_message(chip, step).kind for chip in step.chips]
    assert kinds == ["wrong", "wrong", "right", "wrong", "wrong", "wrong"]


@pytest.mark.parametrize("lesson", load_lessons(BUILT_IN).values(), ids=lambda lesson: lesson.name)
def test_the_suggestions_of_the_built_in_lessons_are_answers(lesson: Lesson) -> None:
    """In every language, a click on one is an answer: right if it is the correct choice."""
    for spoken in (lesson, *lesson.translations.values()):
        for step in spoken.steps:
            kinds = [read_message(chip, step).kind for chip in step.chips]
            right = [chip.startswith(f"{step.correct})") for chip in step.chips]
            assert kinds == ["right" if is_right else "wrong" for is_right in right]
