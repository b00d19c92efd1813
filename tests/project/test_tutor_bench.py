"""How the lesson tutor reads what learners write: `dev.py bench tutor`, and its table."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.tutor import BEGIN, END, PAGE, table
from benchmarks.tutoring.corpus import Said, lesson_of, own, samples
from benchmarks.tutoring.measure import CLASSES, measure, tells
from tests.support.lessons import LESSON
from tutor_widget import words
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lessons


def test_there_are_enough_messages_of_every_kind() -> None:
    """A hundred for each built-in lesson and more, sixty for another, in every language."""
    said = own()
    count = Counter(one.lesson.stem for one in said)
    assert min(count[name] for name in load_lessons(BUILT_IN)) >= 100
    assert count["geography"] >= 60
    assert {one.lang for one in said} == words.languages()
    for lesson in count:
        kinds = {one.kind for one in said if one.lesson.stem == lesson}
        assert kinds >= set(CLASSES), lesson


def test_every_message_is_said_once_at_a_step_that_there_is() -> None:
    """With an expectation that the bench knows."""
    steps = {one.lesson: len(lesson_of(one.lesson).steps) for one in own()}
    commands = {f"command:{name}" for name in ("hint", "skip", "again", "lessons")}
    for one in own():
        assert 1 <= one.step <= steps[one.lesson], one
        assert one.expected in {"right", "wrong", "talk", "either", *commands}, one
        assert one.text.strip(), one
    assert max(Counter(replace(one, lang=None) for one in own()).values()) == 1


@pytest.fixture
def said(tmp_path_factory: pytest.TempPathFactory) -> Said:
    path = tmp_path_factory.mktemp("lessons") / "small.toml"
    path.write_text(LESSON)
    return Said(path, None, 1, "right", "yes")


async def test_what_is_read_otherwise_is_counted(said: Said) -> None:
    """By class; teachers differ about *either*, which counts nowhere."""
    measured = await measure([
        said,
        replace(said, text="no"),
        replace(said, text="no", expected="wrong"),
        replace(said, text="hint", expected="command:skip"),
        replace(said, text="no", expected="either"),
    ])  # fmt: skip
    assert measured.asked == {"right": 2, "wrong": 1, "command": 1}
    assert measured.agreed == {"right": 1, "wrong": 1, "command": 0}
    assert [kind for _, kind in measured.misread] == ["wrong", "command:hint"]


async def test_no_reply_to_talk_is_said_twice(said: Said) -> None:
    """Each message of talk is said twice, and no reply is the one before it."""
    measured = await measure([replace(said, text="again", expected="talk")])
    assert (measured.replies, len(measured.repeated)) == (2, 0)


def test_an_answer_that_is_told_is_seen(said: Said) -> None:
    """Also within a sentence; the author's own texts before the answer tell nothing."""
    first, second = lesson_of(said.lesson).steps
    for reply in ("The answer is: `yes`", "Because.", "I say yes, too."):
        assert tells(first, reply), reply
    for reply in ("One?", "second hint", "yesterday", "**1 of 2** One?"):
        assert not tells(first, reply), reply
    assert tells(second, "Blue it is.")
    assert not tells(second, "A) red  \nB) blue")


async def test_the_table_in_the_documents_is_that_of_this_tree() -> None:
    """`python3 dev.py bench tutor` writes it."""
    found = re.search(rf"{BEGIN}\n\n(.*)\n\n{END}", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    now = table({"samples": await measure(samples()), "our own": await measure(own())})
    assert found[1] == now
