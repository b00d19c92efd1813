"""What a message says beside its answer: what it denies, repeats, or asks."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, Lesson, Step, load_lessons
from tutor_widget.server.tutors.lesson.judge import Verdict, judge_choice, judge_number
from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.reading import read_message

RIGHT, WRONG, TWO, NONE = Verdict.RIGHT, Verdict.WRONG, Verdict.TWO, Verdict.NONE
TRIANGLES = ("scalene", "isosceles", "equilateral")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("25, not 50", RIGHT), ("not 50, 25", RIGHT), ("50, not 25", WRONG), ("not 25", WRONG),
        ("50 no wait 25", RIGHT), ("25 no wait 50", WRONG), ("25 or 50", TWO),
        ("not 25 or 50", TWO), ("\u6211\u89c9\u5f97\u662f25", RIGHT), ("sind es 25?", RIGHT),
    ],
)  # fmt: skip
def test_a_number_that_is_denied_is_none_of_the_answers(text: str, verdict: Verdict) -> None:
    """Beside another one. Of a correction the last one counts; of two that are offered, neither."""
    assert judge_number(clean(text), 25) is verdict


def test_a_number_of_the_question_is_no_second_answer() -> None:
    """It is repeated in a sentence. Alone it is the answer."""
    question = "What is a quarter of 100?"
    assert judge_number("a quarter of 100 is 25", 25, question=question) is RIGHT
    assert judge_number("a quarter of 100 is 20", 25, question=question) is WRONG
    assert judge_number("100", 25, question=question) is WRONG


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("c i think", RIGHT), ("an equilateral triangle", RIGHT), ("the last kind", RIGHT),
        ("number 3", RIGHT), ("3rd", RIGHT), ("number 2", WRONG), ("not equilateral", WRONG),
        ("E", WRONG), ("la A", WRONG), ("number 9", NONE),
    ],
)  # fmt: skip
def test_a_choice_stands_with_words_of_the_question(text: str, verdict: Verdict) -> None:
    """Named by its letter, place or content, or denied; a letter that none has is wrong."""
    question = "Which kind of triangle has three equal sides?"
    assert judge_choice(clean(text), TRIANGLES, "C", question=question) is verdict


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
