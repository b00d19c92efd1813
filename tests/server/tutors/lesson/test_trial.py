"""What a tutor takes a message for, seen from outside."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.lessons import LESSON
from tutor_widget.server import Turn
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.trial import Trial


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(LESSON)
    return path


async def test_reading_a_message_changes_no_session(lesson: Path) -> None:
    """The state before is that of the caller still, the one after is in the result."""
    trial = Trial(LessonTutor(lesson, pace=0))
    _, state = await trial.begin(2)
    before = copy.deepcopy(state)
    reading = await trial.read("blue", state)
    assert (reading.kind, state) == ("right", before)
    assert reading.state["score"] == 1


async def test_every_session_begins_anew(lesson: Path) -> None:
    """What is said in one does not show in the next."""
    trial = Trial(LessonTutor(lesson, pace=0))
    first, state = await trial.begin()
    await trial.say("yes", state)
    again, fresh = await trial.begin()
    assert again == first
    assert (fresh["step"], fresh["score"]) == (1, 0)


async def test_a_session_may_begin_behind_a_check(tmp_path: Path) -> None:
    """Although a check cannot be skipped. It counts as missed, and its try is not spent."""
    path = tmp_path / "small.toml"
    path.write_text(LESSON.replace("explanation =", "unassisted = true\nexplanation ="))
    trial = Trial(LessonTutor(path, pace=0))
    _, state = await trial.begin()
    assert (await trial.read("skip", state)).kind == "command:skip"  # it is refused
    text, state = await trial.begin(2)
    assert "Two?" in text
    assert (state["step"], len(state["missed"]), state["spent"]) == (2, 1, [])
    reading = await trial.read("blue", state)
    assert (reading.kind, reading.state["score"]) == ("right", 1)


class Noting(LessonTutor):
    """Notes a kind that the state does not show."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        turn.record |= NOTES[turn.message]
        turn.state["step"] = 2
        yield "…"


NOTES: dict[str, dict[str, object]] = {
    "true answer": {"kind": "answer", "right": True},
    "false answer": {"kind": "answer", "right": False},
    "chat": {"kind": "talk"},
    "order": {"kind": "command"},
}


async def test_what_the_tutor_notes_comes_first(lesson: Path) -> None:
    """The record knows what the counts may not show."""
    trial = Trial(Noting(lesson, pace=0))
    _, state = await trial.begin()
    kinds = [(await trial.read(message, state)).kind for message in NOTES]
    assert kinds == ["right", "wrong", "talk", "command:skip"]


class Answering(LessonTutor):
    """Answers with the language of the learner."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        yield str(turn.lang)


async def test_the_tutor_learns_the_language(lesson: Path) -> None:
    """With every message."""
    trial = Trial(Answering(lesson, pace=0), "de")
    _, state = await trial.begin()
    assert await trial.say("hallo", state) == "de"
