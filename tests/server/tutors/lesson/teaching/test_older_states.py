"""Messages that were written for a step, a list or a lesson that is not shown any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.lessons import LESSON
from tutor_widget.server import Turn
from tutor_widget.server.tutors.lesson import LessonTutor

State = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.toml").write_text(LESSON)
    (tmp_path / "b.toml").write_text(LESSON.replace("Small", "Tiny"))
    return tmp_path


async def says(
    tutor: LessonTutor, state: State, text: str, rev: int | None = None, now: int = 0
) -> str:
    """The reply to a message whose author saw ``rev``, while the state has the revision ``now``."""
    turn = Turn(text, state=state, rev=rev, state_rev=now)
    return "".join([piece async for piece in tutor.reply(turn)])


async def test_an_answer_sent_twice_at_the_last_step_goes_back_to_none(folder: Path) -> None:
    """The second one is no number of a missed step."""
    tutor, state = LessonTutor(folder), State()
    await tutor.greeting(state)
    await says(tutor, state, "skip", 1, 1)
    await says(tutor, state, "B", 2, 2)
    assert (state["done"], state["suggestions"][0]) == (True, "Step 1")
    assert "finished" in await says(tutor, state, "1", 2, 3)
    assert (state["done"], state["step"]) == (True, 2)
    assert "One?" in await says(tutor, state, "1", 3, 3)


async def test_a_number_chooses_a_lesson_only_from_the_list_that_was_seen(folder: Path) -> None:
    """One that was on its way is an answer to the step; the list stays open behind it."""
    tutor, state = LessonTutor(folder), State()
    await tutor.greeting(state)
    assert "Tiny" in await says(tutor, state, "lessons", 1, 1)
    await says(tutor, state, "2", 1, 2)
    assert state["lesson"] == "a"
    assert "## Tiny" in await says(tutor, state, "2", 3, 3)


async def test_an_old_request_does_not_leave_the_lesson(folder: Path) -> None:
    """A suggestion of a list that belongs to an earlier step changes nothing."""
    tutor, state = LessonTutor(folder), State()
    await tutor.greeting(state)
    await says(tutor, state, "skip", 1, 1)
    assert "earlier step" in await says(tutor, state, "Lesson 2", 1, 2)
    assert (state["lesson"], state["step"]) == ("a", 2)


async def test_a_message_to_a_question_that_is_gone_is_not_judged(folder: Path) -> None:
    """The teacher took it out: the learner hears so, and sees the nearest, once."""
    tutor, state = LessonTutor(folder), State()
    await tutor.greeting(state)
    (folder / "a.toml").write_text(LESSON.replace("One?", "Other?"))
    reply = await says(LessonTutor(folder), state, "no")
    assert "has changed the lesson" in reply
    assert reply.count("Other?") == 1
    assert (state["attempts"], state["hints"]) == (0, 0)


async def test_a_lesson_that_changed_while_it_was_left_asks_once(folder: Path) -> None:
    """Who comes back to it is told, and the question is not said twice."""
    tutor, state = LessonTutor(folder), State()
    await tutor.greeting(state)
    await says(tutor, state, "Tiny")
    (folder / "a.toml").write_text(LESSON.replace("One?", "Other?"))
    reply = await says(LessonTutor(folder), state, "Small")
    assert "has changed the lesson" in reply
    assert reply.count("Other?") == 1
