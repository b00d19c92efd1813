"""Answers that a teacher looks at first, asked of the tutor without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.model_tutor import Pupil, lesson_file, model_tutor
from tests.support.servers.endpoint import Script
from tests.support.servers.endpoint_scripts import after, drop, good, status
from tutor_widget.server import CannotAnswer
from tutor_widget.server.tutors.course import Course

LEAK = "You are close. The answer is break. Do you see it?"
UNSURE = "Think of a bone.\n\n[[UNSURE]]"


def held(pupil: Pupil) -> tuple[bool, Any]:
    """Whether the last answer is held, and what the record says of that."""
    return pupil.turn.hold, pupil.turn.record.get("held")


async def pieces(pupil: Pupil, text: str) -> list[str]:
    return [piece async for piece in pupil.asks(text)]


# --- which answers are held -----------------------------------------------------------------------


async def test_in_a_course_that_holds_all_each_answer_of_the_model_waits(tmp_path: Path) -> None:
    """With the engine's words around it, whole; the deadline is the course's."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="all", hold_minutes=2)}
    async with model_tutor(good("Think ", "of a ", "bone."), **options) as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.begin()
        [text] = await pieces(pupil, "return")
        assert text.startswith("Not quite.\n\nThink of a bone.\n\nTry again")
        assert held(pupil) == (True, "all")
        assert (pupil.turn.hold_seconds, pupil.turn.hold_otherwise) == (120, None)
        assert "UNSURE" not in endpoint.requests[0].texts[0][1]


async def test_what_a_teacher_says_in_place_of_an_answer_goes_along() -> None:
    """It is for an answer that nobody has looked at."""
    course = Course(hold="all", hold_say="Ask me in class.")
    async with model_tutor(good("Sort it."), course=course) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.says("How?")
        assert (pupil.turn.hold_seconds, pupil.turn.hold_otherwise) == (900, "Ask me in class.")


@pytest.mark.parametrize("text", ["break", "hint", "skip", "thanks", "lessons"])
async def test_the_authors_own_words_are_never_held(tmp_path: Path, text: str) -> None:
    """The engine says them alone, and they were approved when they were written."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="all")}
    async with model_tutor(good("x"), **options) as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.begin()
        assert await pupil.says(text)
        assert held(pupil) == (False, None)
        assert not endpoint.requests


async def test_the_lesson_alone_is_not_held_where_its_model_fails(tmp_path: Path) -> None:
    """Nobody waits for a teacher because an endpoint is down."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="all")}
    async with model_tutor(status(401), **options) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        assert "Hint 1 of 2" in await pupil.says("return")
        assert held(pupil) == (False, None)


async def test_an_answer_that_breaks_off_is_not_held(tmp_path: Path) -> None:
    """It fails, and the server shows nothing of what the model has begun (`Turn.hold`)."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="flagged")}
    async with model_tutor(after("Think of", then=drop), **options) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        with pytest.raises(CannotAnswer):
            await pupil.says("return")
        assert (pupil.heard, pupil.turn.hold) == ("", True)


# --- what is flagged ------------------------------------------------------------------------------


async def test_an_answer_that_is_not_flagged_goes_out_whole(tmp_path: Path) -> None:
    """In one piece, when it is known that nothing is wrong with it."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="flagged")}
    async with model_tutor(good("Think ", "of a ", "bone."), **options) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        [text] = await pieces(pupil, "return")
        assert "Think of a bone." in text
        assert held(pupil) == (False, None)


async def test_what_the_guard_has_caught_waits_as_the_learner_would_have_got_it(
    tmp_path: Path,
) -> None:
    """The hint stands in the answer; the model's draft is in the record, for the teacher."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="flagged")}
    async with model_tutor(good(LEAK), **options) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        reply = await pupil.says("return")
        assert "break" not in reply
        assert "Hint 1 of 2" in reply
        assert held(pupil) == (True, "guard")
        assert pupil.turn.record["guard"] == "answer"
        assert "The answer is break." in pupil.turn.record["draft"]


@pytest.mark.parametrize(
    "script", [good(UNSURE), good(*UNSURE), good("[[UNSURE]]\nThink of a bone.")]
)
async def test_a_model_that_is_not_sure_is_looked_at(tmp_path: Path, script: Script) -> None:
    """It is asked for a line that says so, which nobody is shown."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="flagged")}
    async with model_tutor(script, **options) as (tutor, endpoint):
        pupil = Pupil(tutor)
        await pupil.begin()
        reply = await pupil.says("return")
        assert "[[UNSURE]]" in endpoint.requests[0].texts[0][1]
        assert held(pupil) == (True, "unsure")
        assert "Think of a bone." in reply
        assert "UNSURE" not in reply


async def test_a_model_that_says_nothing_else_is_looked_at_too(tmp_path: Path) -> None:
    """The hint stands in its place."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="flagged")}
    async with model_tutor(good("[[UNSURE]]"), **options) as (tutor, _):
        pupil = Pupil(tutor)
        await pupil.begin()
        assert "Hint 1 of 2" in await pupil.says("return")
        assert held(pupil) == (True, "unsure")


async def test_no_marker_hides_an_answer_from_the_guard(tmp_path: Path) -> None:
    """It is taken out before the guard reads."""
    options = {"lessons": lesson_file(tmp_path), "course": Course(hold="flagged")}
    async with model_tutor(good("b[[UNSURE]]r[[UNSURE]]e[[UNSURE]]a[[UNSURE]]k"), **options) as (
        tutor,
        _,
    ):
        pupil = Pupil(tutor)
        await pupil.begin()
        assert "b r e a k" not in await pupil.says("return")
        assert held(pupil) == (True, "guard")


async def test_a_learner_who_waits_for_a_teacher_gets_what_a_teacher_has_seen() -> None:
    """As long as a report of this conversation is open."""
    async with model_tutor(good("Sort it."), course=Course(hold="flagged")) as (tutor, _):
        pupil = Pupil(tutor)
        for pupil.has_report in (True, False):
            await pupil.says("How?")
            assert held(pupil) == ((True, "reported") if pupil.has_report else (False, None))


async def test_without_a_hold_an_answer_streams() -> None:
    """And the model is asked for no marker."""
    async with model_tutor(good("Sort it. ", "Then print it. ", "Well?")) as (tutor, endpoint):
        pupil = Pupil(tutor)
        pupil.has_report = True
        assert len(await pieces(pupil, "How?")) > 1
        assert held(pupil) == (False, None)
        assert "UNSURE" not in endpoint.requests[0].texts[0][1]
