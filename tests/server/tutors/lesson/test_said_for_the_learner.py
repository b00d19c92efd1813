"""What a page says for the learner, who pressed a button or attached something without words."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tutor_widget import words
from tutor_widget.server import Turn
from tutor_widget.server.tutors.lesson import LessonTutor, phrases
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lessons
from tutor_widget.server.tutors.lesson.reading import read_message

LANGUAGES = sorted(file.stem for file in Path(words.__file__).parent.glob("*.json"))


EVERYDAY = {
    ("lists", 4): {"Error", "Fehler", "Erreur", "错误"},
    ("writing-functions", 2): {
        "Nothing: all is well.", "Nichts: Sie kommt von selbst zurück.",
        "Es wurde noch nichts gesagt.",
    },
    ("writing-functions", 5): set[str](),
}  # fmt: skip
"""Lessons and steps whose answers are everyday words, with the sentences that say them."""
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def said_by_us(lang: str) -> Iterator[str]:
    """Every sentence of the page and of the tutor, with a letter for each value."""
    page = json.loads((Path(words.__file__).parent / f"{lang}.json").read_text("utf-8"))
    del page["dashboard"]  # no learner sees it
    tutor = tomllib.loads((Path(phrases.__file__).parent / f"{lang}.toml").read_text("utf-8"))
    ours = (page, *(tutor[kind] for kind in ("sentences", "chips", "small_talk")))
    return (PLACEHOLDER.sub("x", text) for text in leaves(ours))


def leaves(table: Any) -> Iterator[str]:
    """The texts of a table, at any depth."""
    if isinstance(table, str):
        yield table
    else:
        for part in table.values() if isinstance(table, dict) else table:
            yield from leaves(part)


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
        read = {(read_message(text, step).kind, step.is_right(text)) for step in steps}
        assert (text, read) == (text, {("talk", False)})


@pytest.mark.parametrize(
    "lang",
    [pytest.param(x, marks=[] if x in ("de", "en") else pytest.mark.slow) for x in LANGUAGES],
)
def test_no_sentence_of_the_page_or_the_tutor_is_a_right_answer(lang: str) -> None:
    """Not where the answer is an everyday word, either: an error, nothing, one. But a sentence that
    says just that is."""
    lessons = load_lessons(BUILT_IN)
    for (name, number), right in EVERYDAY.items():
        step = lessons[name].steps[number - 1]
        taken = {text for text in said_by_us(lang) if read_message(text, step).kind == "right"}
        assert taken <= right, (name, number)


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
