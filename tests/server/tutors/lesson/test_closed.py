"""Closed hours, such as an exam: one sentence for every message, and nothing else."""

from __future__ import annotations

import copy
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.lessons import LESSON
from tests.support.servers.peers import peer
from tests.support.servers.processes import Tutor
from tutor_widget.server import Turn
from tutor_widget.server.tutors.course import Closed, Course
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.closed import closed_sentence
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES

BERLIN = ZoneInfo("Europe/Berlin")
EXAM = Closed(
    datetime(2026, 12, 4, 10, tzinfo=BERLIN), datetime(2026, 12, 4, 12, tzinfo=BERLIN), "exam"
)
COURSE = Course(closed=(EXAM,), timezone=BERLIN)


def sentence(lang: str | None = "en", days: int = 0, **changes: Any) -> str:
    hours = Closed(EXAM.from_ - timedelta(days=days), EXAM.to, "exam")
    course = Course(closed=(hours,), **({"timezone": BERLIN} | changes))
    return closed_sentence(course, hours.from_, lang)


def test_it_says_until_when_and_why() -> None:
    """With the zone, because a learner may be elsewhere; nothing when the tutor is open."""
    assert sentence() == "The tutor is closed until 12:00: exam. (Time zone: Europe/Berlin.)"
    assert closed_sentence(COURSE, EXAM.to, "en") == ""


def test_another_day_is_named() -> None:
    """With its year: there is no other such day."""
    said = "The tutor is closed until 12:00 on 4 December 2026: exam. (Time zone: Europe/Berlin.)"
    assert sentence(days=1) == said


def test_day_and_time_are_of_the_course_s_zone() -> None:
    """Where it is another day there, the day is named, wherever the server is."""
    said = sentence(timezone=ZoneInfo("Asia/Tokyo"))
    assert said == "The tutor is closed until 20:00: exam. (Time zone: Asia/Tokyo.)"
    said = sentence(timezone=ZoneInfo("Pacific/Auckland"))
    assert "until 00:00 on 5 December 2026: exam. (Time zone: Pacific/Auckland.)" in said
    assert "11:00: exam. (Time zone: UTC.)" in sentence(timezone=UTC)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_said_in_each_language(lang: str) -> None:
    """With every value, for every month; a language that is not spoken hears English."""
    for days in (0, 1):
        said = sentence(lang, days)
        assert "{" not in said
        assert all(value in said for value in ("12:00", "exam", "Europe/Berlin"))
        assert (said == sentence("en", days)) == (lang == "en")
        assert sentence(f"{lang}-XX", days) == said
    months = set[str]()
    for month in range(1, 13):
        to = datetime(2027, month, 1, tzinfo=UTC)
        course = Course(closed=(Closed(EXAM.from_, to, "exam"),))
        months.add(closed_sentence(course, EXAM.from_, lang))
    assert len(months) == 12
    assert sentence("pt") == sentence("en")


def test_a_learner_of_unknown_language_hears_the_course_s() -> None:
    """Its teacher knows best."""
    assert sentence(None, language="de") == sentence("de")
    assert sentence("fr", language="de") == sentence("fr")


def test_a_reason_with_a_full_stop_has_one() -> None:
    """Teachers write sentences."""
    course = Course(closed=(Closed(EXAM.from_, EXAM.to, "It is the exam."),))
    assert ": It is the exam. (" in closed_sentence(course, EXAM.from_, "en")


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """A folder with one lesson and a course."""
    (tmp_path / "small.toml").write_text(LESSON)
    (tmp_path / "course.toml").write_text(
        'timezone = "Europe/Berlin"\n'
        'closed = [{from = 2026-12-04T10:00:00, to = 2026-12-04T12:00:00, why = "exam"}]\n'
    )
    return tmp_path


async def said(tutor: LessonTutor, turn: Turn) -> str:
    return "".join([piece async for piece in tutor.reply(turn)])


@pytest.mark.parametrize("message", ["yes", "no", "hint", "skip", "Why?", "lessons"])
async def test_every_message_is_answered_with_that_sentence_alone(
    lessons: Path, message: str
) -> None:
    """Also one with an error attached. The state stays, and after the hours the lesson goes on."""
    clock, state = Clock(EXAM.from_ - timedelta(hours=1)), dict[str, Any]()
    tutor = LessonTutor(lessons, now=clock)
    await tutor.greeting(state, "en")
    before = copy.deepcopy(state)
    clock.now = EXAM.from_
    error = {"name": "NameError", "message": "name 'x' is not defined", "traceback": ""}
    for context in ({}, {"cell": "x"}, {"error": error}):
        turn = Turn(message, context, state, lang="en")
        assert await said(tutor, turn) == sentence()
        assert state == before
        assert turn.record == {"kind": "closed"}
    clock.now = EXAM.to
    assert "Right!" in await said(tutor, Turn("yes", {}, state, lang="en"))


async def test_a_conversation_that_begins_in_closed_hours_begins_after_them(lessons: Path) -> None:
    """No question is asked during the exam; the first message afterwards is greeted with it."""
    clock, state = Clock(EXAM.from_), dict[str, Any]()
    tutor = LessonTutor(lessons, now=clock)
    assert await tutor.greeting(state, "de") == sentence("de")
    assert state == {}
    clock.now = EXAM.to
    assert "One?" in await said(tutor, Turn("Hallo", {}, state, lang="de"))
    assert state["step"] == 1


async def test_the_course_s_file_is_no_lesson(lessons: Path) -> None:
    """It lies beside them; a course that is given goes before it."""
    open_tutor = LessonTutor(lessons, course=Course(), now=Clock(EXAM.from_))
    state = dict[str, Any]()
    assert "One?" in await open_tutor.greeting(state)
    assert state["title"] == "Small"


async def test_a_course_speaks_to_who_has_no_language(lessons: Path) -> None:
    """The lessons are taught in the course's language then."""
    (lessons / "course.toml").write_text('language = "de"')
    assert "Lernprogramm" in await LessonTutor(lessons).greeting({})
    assert "lesson program" in await LessonTutor(lessons).greeting({}, "en")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("beside", [True, False], ids=["beside the lessons", "--course"])
async def test_a_running_server_closes_and_opens(tmp_path: Path, beside: bool) -> None:
    """By a change of the file, without a restart; an attempt in between is none."""
    folder = tmp_path / "lessons"
    folder.mkdir()
    (folder / "small.toml").write_text(LESSON)
    file = folder / "course.toml" if beside else tmp_path / "mine.toml"
    always = "from = 2000-01-01T00:00:00Z, to = 2999-01-01T00:00:00Z"
    file.write_text(f'closed = [{{{always}, why = "exam"}}]')
    options = [f"--lessons={folder}", "--rate=0", *([] if beside else [f"--course={file}"])]
    with Tutor(tmp_path / "db", *options) as server:
        async with peer(server.url) as client:
            await client.hello()
            said = list[str]()
            for number in itertools.count():
                await client.say("send", id=f"m{number}", text="hint")
                said.append(str((await client.answer(f"m{number}"))["text"]))
                if "closed" not in said[-1]:
                    break
                if number == 3:
                    file.write_text('title = "Open"')
    assert set(said[:-1]) == {
        "The tutor is closed until 00:00 on 1 January 2999: exam. (Time zone: UTC.)"
    }
    assert len(said) > 4
    assert "One?" in said[-1]
