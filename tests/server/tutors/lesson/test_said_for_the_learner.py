"""What a page says for the learner, who pressed a button or attached something without words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tutor_widget import words
from tutor_widget.server import Turn
from tutor_widget.server.tutors.lesson import LessonTutor
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lessons
from tutor_widget.server.tutors.lesson.reading import read_message

LANGUAGES = sorted(file.stem for file in Path(words.__file__).parent.glob("*.json"))


def sentences(lang: str) -> dict[str, str]:
    """By their keys in the catalogue: about an error, about code, and "go on"."""
    file = Path(words.__file__).parent / f"{lang}.json"
    composer = json.loads(file.read_text("utf-8"))["browser"]["composer"]
    return {key: composer[key] for key in ("lookError", "lookCode", "finish")}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_neither_an_answer_nor_a_command(lang: str) -> None:
    """At every step: "Go on" skips nothing, and an attachment that was lost costs no attempt."""
    steps = [step for lesson in load_lessons(BUILT_IN).values() for step in lesson.steps]
    for text in sentences(lang).values():
        assert (text, {read_message(text, step).kind for step in steps}) == (text, {"talk"})


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_an_error_attached_without_words_is_explained(lang: str) -> None:
    """And nothing is counted against the learner."""
    tutor, state = LessonTutor(), dict[str, Any]()
    await tutor.greeting(state, lang)
    before = {key: state[key] for key in ("step", "score", "attempts")}
    error = {"name": "NameError", "message": "name 'totl' is not defined", "traceback": ""}
    turn = Turn(sentences(lang)["lookError"], state=state, context={"error": error}, lang=lang)
    answer = "".join([piece async for piece in tutor.reply(turn)])
    assert answer.startswith("### NameError")
    assert "totl" in answer
    assert {key: turn.state[key] for key in before} == before
