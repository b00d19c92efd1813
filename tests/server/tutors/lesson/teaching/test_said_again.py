"""What is said again before its reply was seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.steps import Mistake

ANIMALS = lesson_of("ant", "bee")


def attempts(pupil: Pupil) -> tuple[int, int, int]:
    return pupil.state["step"], pupil.state["attempts"], pupil.state["hints"]


@pytest.mark.parametrize("again", ["dog", "dog ", "`dog`", "dog."])
def test_the_same_answer_counts_once(again: str) -> None:
    """From an impatient learner, or from a client that sends again what it wrote."""
    pupil = Pupil(ANIMALS)
    pupil.says("dog")
    for _ in range(3):
        assert "counts once" in pupil.says(again, seen=1)
        assert pupil.record["kind"] == "talk"
    assert attempts(pupil) == (1, 1, 1)


def test_another_answer_counts() -> None:
    """It was meant: also between two of the first, and in capitals where they matter."""
    pupil = Pupil(lesson_of("ant", "bee", case=True))
    for text in ("dog", "Dog", "dog"):
        pupil.says(text, seen=1)
    assert attempts(pupil) == (1, 2, 2)
    assert "So ant it is" in pupil.says("ant", seen=1)


def test_an_answer_that_is_given_again_after_its_reply_counts() -> None:
    """Its author saw that it was wrong."""
    pupil = Pupil(ANIMALS)
    for _ in range(2):
        pupil.says("dog")
    assert attempts(pupil) == (1, 2, 2)


def test_a_reply_that_is_shown_to_something_else_changes_nothing() -> None:
    """The answer was written again before its own reply was shown, though after another one."""
    pupil = Pupil(ANIMALS)
    pupil.says("why?")
    pupil.says("dog", seen=1)
    pupil.says("dog", seen=2)
    assert attempts(pupil) == (1, 1, 1)


def test_a_right_answer_sent_again_is_none_to_the_next_step() -> None:
    """Even if it is wrong there."""
    pupil = Pupil(ANIMALS)
    pupil.says("ant")
    assert "earlier step" in pupil.says("ant", seen=1)
    assert attempts(pupil) == (2, 0, 0)


@pytest.mark.parametrize("command", ["hint", "skip", "lessons", "example", "explain"])
def test_a_command_said_again_changes_nothing(command: str) -> None:
    """Four clicks are one."""
    pupil = Pupil(ANIMALS)
    pupil.says(command)
    after = attempts(pupil), pupil.state["suggestions"], pupil.state["helped"]
    for _ in range(3):
        pupil.says(command, seen=1)
    assert (attempts(pupil), pupil.state["suggestions"], pupil.state["helped"]) == after


def test_a_client_that_tells_no_revision_is_taken_at_its_word() -> None:
    """Each of its answers counts."""
    pupil = Pupil(ANIMALS)
    for _ in range(2):
        pupil.says("dog", seen=None)
    assert attempts(pupil) == (1, 2, 2)


def test_what_was_said_at_a_step_is_kept_within_bounds() -> None:
    """However many wrong answers there are."""
    step = replace(ANIMALS.steps[0], mistakes=tuple(Mistake((f"x{n}",), "No.") for n in range(200)))
    pupil = Pupil(replace(ANIMALS, steps=(step, ANIMALS.steps[1])))
    for number in range(200):
        pupil.says(f"x{number}")
    assert pupil.state["attempts"] == 200
    assert len(pupil.state["acted"]) <= 40
    pupil.says("ant")
    assert pupil.state["acted"] == {}
