"""A reply in parts: which part a model may say, and what it is told for that."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.steps import Lesson, Mistake
from tutor_widget.server.tutors.lesson.teaching.said import Finding

MISTAKES = (
    Mistake(("cow",), "A cow gives milk."),
    Mistake(("lion",), "No: it is a zebra."),
)


def animals(**more: Any) -> Lesson:
    """ "zebra", with two hints and two mistakes, one of whose texts gives it away."""
    lesson = lesson_of("zebra", also="Which horse is striped?", mistakes=MISTAKES)
    words = {"stripe": "A long narrow mark."}
    return replace(lesson, glossary=words, steps=(replace(lesson.steps[0], **more),))


@pytest.mark.parametrize(
    ("text", "finding", "voiced"),
    [
        ("horse", "wrong", "Hint 1 of 2: first hint"),
        ("cow", "wrong", "A cow gives milk."),
        ("explain", "explain", "Which horse is striped?"),
        ("example", "explain", "There is no example for this step.\n\nWhich horse is striped?"),
        ("I don't understand", "talk", "Which horse is striped?"),
        ("just tell me the answer", "talk", "Which horse is striped?"),
        ("what does gnu mean?", "talk", "I do not know that word. My words here are: **stripe**."),
        ("NameError: name 'x' is not defined", "error", "explained"),
    ],
)
def test_a_model_may_speak_where_words_help(text: str, finding: Finding, voiced: str) -> None:
    """The reply without it is the same in one."""
    pupil = Pupil(animals(), has_voice=True)
    reply = pupil.says(text)
    said = pupil.said
    assert (said.voiced, said.finding) == (voiced, finding)
    assert reply == "\n\n".join(filter(None, (said.before, said.voiced, said.after)))
    assert said.brief is not None
    assert said.brief.finding == finding
    assert said.step is not None


@pytest.mark.parametrize(
    "text",
    ["zebra", "hint", "skip", "again", "lessons", "what is a stripe?", "thanks", "hello", "bye",
     "lesson 1", "from the beginning"],
)  # fmt: skip
def test_what_decides_is_the_engines_own(text: str) -> None:
    """A hint as its author wrote it, a word of the glossary, and courtesies, too."""
    pupil = Pupil(animals(), has_voice=True)
    pupil.says(text)
    assert (pupil.said.voiced, pupil.said.brief) == ("", None)


@pytest.mark.parametrize("text", ["horse", "I don't understand", "explain", "I like cheese"])
def test_at_a_check_nobody_helps(text: str) -> None:
    """A model could tell what is asked. The learner's own error is the engine's there, too."""
    pupil = Pupil(animals(unassisted=True), has_voice=True)
    pupil.says(text)
    assert pupil.said.voiced == ""
    pupil = Pupil(animals(unassisted=True), has_voice=True)
    pupil.says("Look.", about="Your error.")
    assert pupil.said.voiced == ""


def test_at_the_end_a_model_may_speak_if_nothing_can_be_tried_again() -> None:
    """It is told of no step then, and of a missed one nothing."""
    missed, solved = Pupil(animals(), has_voice=True), Pupil(animals(), has_voice=True)
    missed.says("skip")
    solved.says("zebra")
    for pupil in (missed, solved):
        pupil.says("what else can lists do?")
    assert missed.said.voiced == ""
    assert solved.said.voiced == "This lesson is finished."
    assert solved.said.brief is not None
    assert (solved.said.brief.question, solved.said.step) == ("", None)


def test_the_answer_after_the_last_hint_is_the_engines() -> None:
    """So are the words that go on to the next question."""
    pupil = Pupil(animals(), has_voice=True)
    pupil.says("horse")
    pupil.says("dog")
    assert "The answer is" in pupil.says("cat")
    assert pupil.said.voiced == ""


def test_a_model_is_told_no_answer_and_no_later_hint() -> None:
    """And of what the author says to mistakes nothing that gives the answer away."""
    pupil = Pupil(animals(), has_voice=True)
    pupil.says("I don't understand")
    brief = pupil.said.brief
    assert brief is not None
    assert (brief.hints, brief.mistakes) == (("first hint",), ("A cow gives milk.",))
    pupil.says("cow")
    assert pupil.said.brief is not None
    assert (pupil.said.brief.hints, pupil.said.brief.mistake) == ((), "A cow gives milk.")
    pupil.says("dog")
    assert pupil.said.brief is not None
    assert pupil.said.brief.hints == ("first hint",)
    told = str(asdict(pupil.said.brief)).replace("Say zebra!", "")
    assert "zebra" not in told
    assert "second hint" not in told


def test_the_hint_that_is_due_replaces_what_must_not_be_said() -> None:
    """In talk that is the next one, which does not count as given."""
    pupil = Pupil(animals(), has_voice=True)
    pupil.says("I don't understand")
    assert (pupil.said.hint, pupil.state["hints"]) == ("Hint 1 of 2: first hint", 0)
    pupil.says("dog")
    assert (pupil.said.hint, pupil.state["hints"]) == ("Hint 1 of 2: first hint", 1)
    pupil.says("I don't understand")
    assert (pupil.said.hint, pupil.state["hints"]) == ("Hint 2 of 2: second hint", 1)


def test_the_engines_words_are_not_said_again_where_a_model_spoke() -> None:
    """ "Once more" stands apart from the rest, for the engine alone."""
    pupil = Pupil(animals(), has_voice=True)
    pupil.says("explain")
    reply = pupil.says("explain")
    assert pupil.said.again == "Once more:"
    assert reply == "Once more:\n\nWhich horse is striped?"
    pupil.speak()
    assert not pupil.says("explain").startswith("Once more")
