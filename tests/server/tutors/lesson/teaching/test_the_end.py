"""The end of a lesson: steps that were missed, other lessons, and good manners."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in
from tutor_widget.server.tutors.lesson.steps import Step

ANIMALS = lesson_of("ant", "bee", "cat")
FUNCTIONS = lesson_of("oak", name="functions", title="Writing functions")
LISTS = lesson_of("elm", name="lists", title="Lists in Python")
CHOICE = Step("Which?", ("h",), "Blue it is.", choices=("red", "blue"), correct="B")
NUMBER = Step("How many?", ("h",), "It is 20.", number=20)


def at_the_end(lang: str = "en") -> Pupil:
    """Of a lesson whose steps 1 and 3 were missed."""
    pupil = Pupil(ANIMALS, FUNCTIONS, LISTS, lang=lang)
    for message in ("skip", "bee", "skip"):
        pupil.says(message)
    return pupil


@pytest.mark.parametrize(("text", "step"), [("ant", 1), ("Cat.", 3), ("`cat`", 3)])
def test_the_answer_to_a_missed_step_is_taken_for_it(text: str, step: int) -> None:
    """It counts, and the learner sees why it is right, and what is left."""
    pupil = at_the_end()
    reply = pupil.says(text)
    assert reply.startswith("Right!")
    assert "it is" in reply
    assert "You have solved **2 of 3** now." in reply
    assert f"**Step {4 - step}**" in reply
    assert (pupil.record["kind"], pupil.record["step"]) == ("answer", step)
    assert (pupil.state["score"], pupil.state["done"], pupil.state["progress"]) == (2, True, 3)


def test_numbers_and_choices_are_answers_too() -> None:
    """The number of a missed step leads to it first."""
    pupil = Pupil(replace(ANIMALS, steps=(CHOICE, NUMBER)))
    for message in ("skip", "skip"):
        pupil.says(message)
    assert "Blue it is." in pupil.says("B) blue")
    assert "How many?" in pupil.says("2")
    pupil.says("skip")
    assert "It is 20." in pupil.says("20")
    assert pupil.state["score"] == 2


@pytest.mark.parametrize("text", ["dog", "an ant or a cat", "bee", "is it a cat, or what?"])
def test_what_is_not_exactly_an_answer_is_none(text: str) -> None:
    """Nor is one to a step that is solved."""
    pupil = at_the_end()
    assert "This lesson is finished" in pupil.says(text)
    assert (pupil.state["score"], pupil.state["done"]) == (1, True)


@pytest.mark.parametrize(
    ("text", "title"),
    [("can we do functions", "Writing functions"), ("lists please", "Lists in Python"),
     ("ok now I want to do functions", "Writing functions"),
     ("can I have lists?", "Lists in Python")],
)  # fmt: skip
def test_a_word_of_a_title_chooses_a_lesson(text: str, title: str) -> None:
    """Within a polite sentence."""
    assert f"## {title}" in at_the_end().says(text)


@pytest.mark.parametrize("text", ["I hate functions", "lists are boring", "my lists are too long"])
def test_a_word_of_a_title_in_another_sentence_chooses_none(text: str) -> None:
    """The learner says something about it."""
    assert "##" not in at_the_end().says(text)


@pytest.mark.parametrize(
    "text",
    ["again", "from the beginning", "can we start over please", "from scratch", "restart",
     "nochmal von vorne", "bitte alles nochmal", "de nuevo desde el principio", "empezar de nuevo",
     "depuis le début", "recommencer", "从头开始", "重新开始"],
)  # fmt: skip
def test_the_lesson_begins_anew(text: str) -> None:
    """In each language."""
    pupil = at_the_end()
    assert "Say ant!" in pupil.says(text)
    assert (pupil.state["step"], pupil.state["score"], pupil.state["progress"]) == (1, 0, 0)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("text", "subject"), [("thanks!", "thanks"), ("danke", "thanks"), ("bye", "parting")]
)
def test_good_manners_are_met(text: str, subject: str, lang: str) -> None:
    """With a line of their own, and what can be done."""
    pupil = at_the_end(lang)
    phrases = phrases_in(lang)
    first, second = pupil.says(text), pupil.says(text)
    assert first.split("\n\n")[0] in phrases.small_talk[subject]
    assert phrases.say("end_next") in first
    assert first != second


def test_while_a_step_is_tried_again_another_can_be_named() -> None:
    """By its suggestion. A number alone is an answer, and a solved step is not asked."""
    pupil = at_the_end()
    pupil.says("Step 1")
    for text, asked in (("Step 3", "Say cat!"), ("step one", "Say ant!")):
        assert asked in pupil.says(text)
    assert pupil.state["attempts"] == 0
    assert "Say bee!" not in pupil.says("step 2")
    assert "Not quite" in pupil.says("dog")


def test_at_a_step_that_was_not_missed_no_step_can_be_named() -> None:
    """The lesson leads."""
    pupil = Pupil(ANIMALS)
    pupil.says("skip")
    assert "Say ant!" not in pupil.says("step 1")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_end_after_a_second_try_says_what_is_left(lang: str) -> None:
    """Or that all is done. It was not the last step."""
    pupil, say = at_the_end(lang), phrases_in(lang).say
    pupil.says("step 1")
    assert say("so_far", score=2, of=3) in pupil.says("ant")
    pupil.says("step 3")
    assert say("so_far", score=2, of=3) in pupil.says("skip")
    pupil.says("step 3")
    reply = pupil.says("cat")
    assert say("all_done", score=3, of=3) in reply
    assert say("end", score=3, of=3) not in reply


def test_the_end_of_a_lesson_that_is_gone_through_once_is_its_last_step() -> None:
    """All right, or not."""
    pupil = Pupil(ANIMALS)
    for text in ("ant", "bee"):
        pupil.says(text)
    assert "That was the last step. You solved **3 of 3**." in pupil.says("cat")
