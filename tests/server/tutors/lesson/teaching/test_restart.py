"""Beginning a lesson anew while it goes on."""

from __future__ import annotations

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in

ANIMALS = lesson_of("ant", "bee", "cat")


def midway(lang: str = "en") -> Pupil:
    """One step is solved, and the second one is asked."""
    pupil = Pupil(ANIMALS, lang=lang)
    pupil.says("ant")
    return pupil


@pytest.mark.parametrize("lang", sorted(LANGUAGES))
def test_it_is_said_twice(lang: str) -> None:
    """In the words that the tutor names. The first time, nothing changes."""
    pupil = midway(lang)
    sentence = phrases_in(lang).say("restart")
    words = sentence.split("**")[1]
    assert sentence in pupil.says(words)
    assert (pupil.state["step"], pupil.state["score"], pupil.record["command"]) == (2, 1, "restart")
    assert "Say ant!" in pupil.says(words)
    assert (pupil.state["step"], pupil.state["score"], pupil.state["progress"]) == (1, 0, 0)


def test_twice_before_the_warning_is_once() -> None:
    """Two messages at once do not begin it anew: their author has not seen the warning."""
    pupil = midway()
    seen = pupil.rev
    pupil.says("start over")
    pupil.says("start over", seen=seen)
    assert (pupil.state["step"], pupil.state["score"]) == (2, 1)


def test_another_step_forgets_the_wish() -> None:
    """It is to be said twice there, too."""
    pupil = midway()
    pupil.says("from scratch")
    pupil.says("bee")
    pupil.says("from scratch")
    assert (pupil.state["step"], pupil.state["score"]) == (3, 2)


@pytest.mark.parametrize("text", ["bee from the start", "explain it from the beginning", "again"])
def test_what_says_more_begins_nothing(text: str) -> None:
    """However often it is said."""
    pupil = midway()
    for _ in range(2):
        pupil.says(text)
        assert pupil.state["score"] == 1
