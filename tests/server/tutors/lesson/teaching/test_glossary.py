"""What words mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in
from tutor_widget.server.tutors.lesson.steps import Lesson, Step

STEP = Step(
    "Which loop runs as long as its condition is true? Mind the indentation of the list.",
    ("hint",), "So it is.", answers=("while",), also="in other words",
    example="a worked example",
)  # fmt: skip
WORDS = {
    "list": "Several values.", "index": "A place.", "local variable": "Inside only.",
    "while loop": "Runs while it is true.", "loop": "Runs often.", "Einrückung": "Am Anfang.",
    "indentation": "Spaces.", "condition": "True or false.", "`%`": "The remainder.",
    "列表": "几个值。",
}  # fmt: skip
LESSON = Lesson("words", "Words", "", (STEP, STEP), WORDS)


@pytest.mark.parametrize(
    ("text", "head", "meaning"),
    [
        ("what is a list?", "List", "Several values."),
        ("what are lists", "List", "Several values."),
        ("was ist eigentlich ein Index", "Index", "A place."),
        ("what are indices", "Index", "A place."),
        ("was sind Indizes?", "Index", "A place."),
        ("was ist Einrückung", "Einrückung", "Am Anfang."),
        ("what does local mean", "Local variable", "Inside only."),
        ("what is a variable?", "Local variable", "Inside only."),
        ("what does indented mean?", "Indentation", "Spaces."),
        ("was heißt eingerückt, oder Einrückungen?", "Einrückung", "Am Anfang."),
        ("what's a loop", "Loop", "Runs often."),
        ("what is a while loop?", "While loop", "Runs while it is true."),
        ("what is %?", "`%`", "The remainder."),
        ("什么是列表？", "列表", "几个值。"),
    ],
)  # fmt: skip
def test_a_word_is_explained(text: str, head: str, meaning: str) -> None:
    """In another form, or one word of a term, too; as its author wrote it, with a capital."""
    pupil = Pupil(LESSON)
    assert f"**{head}**: {meaning}" in pupil.says(text)
    assert pupil.state["helped"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "oh so both are the same list",
        "oh dann sind beide dieselbe list",
        "i love lists",
        "this list is stupid",
        "indented",
    ],
)
def test_a_statement_is_given_no_meaning(text: str) -> None:
    """Only a question is, or a term alone."""
    pupil = Pupil(replace(LESSON, glossary={"list": "Several values.", "Einrückung": "x"}))
    assert "Several values." not in pupil.says(text)


def test_a_word_of_a_term_does_not_lead_to_the_answer() -> None:
    """The whole term does: the learner has said it."""
    pupil = Pupil(replace(LESSON, glossary={"while loop": "Runs while it is true."}))
    assert "Runs while" not in pupil.says("what is a loop?")
    assert "Runs while" in pupil.says("what is a while loop?")


@pytest.mark.parametrize("text", ["list", "Index?", "lists"])
def test_a_word_alone_is_explained_where_it_is_no_answer(text: str) -> None:
    """At a step that asks for a number or a choice."""
    pupil = Pupil(replace(LESSON, steps=(Step("How many?", ("hint",), "", number=3),)))
    reply = pupil.says(text)
    assert "Several values." in reply or "A place." in reply
    assert pupil.state["attempts"] == 0


@pytest.mark.parametrize(
    "text",
    ["what is an expression?", "what does tuple mean", "Was ist ein Ausdruck?", "was heißt Tupel",
     "c'est quoi un tuple ?", "qué es una tupla", "什么是元组"],
)  # fmt: skip
def test_of_a_word_that_is_not_known_the_known_ones_are_said(text: str) -> None:
    """Those that the step uses, without the answer; never the example in their place."""
    pupil = Pupil(LESSON)
    for _ in range(3):
        reply = pupil.says(text)
        assert "My words here are: **list**, **loop**, **indentation**, **condition**." in reply
        assert "worked" not in reply
    assert pupil.state["helped"] == 0
    pupil = Pupil(replace(LESSON, glossary={}))
    assert "I do not know that word." in pupil.says(text)


@pytest.mark.parametrize(
    "text",
    ["what is the output?", "what is it", "what is happening", "what does it print",
     "what is letters[-1]", "why does it not return the list?", "wie viele Listen sind es?",
     "was ist los", "c'est quoi ça", "结果是什么", "what's wrong?"],
)  # fmt: skip
def test_a_question_about_the_step_is_none_about_a_word(text: str) -> None:
    """It is given the step in other words."""
    assert "in other words" in Pupil(LESSON).says(text)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_exception_is_explained_or_its_learner_asked_for_more(lang: str) -> None:
    """By its name alone, if there is an explanation for any message."""
    pupil = Pupil(LESSON, lang=lang)
    assert "explained" in pupil.says("what is a NameError?")
    pupil.knows_errors = False
    asked = phrases_in(lang).say("error_name", name="NameError")
    for text in ("what is a nameerror?", "was bedeutet NameError"):
        assert asked in pupil.says(text)


def test_five_terms_are_said_at_most() -> None:
    """Of a step that uses none: the first of the glossary."""
    words = {f"term{letter}": "x" for letter in "abcdefgh"}
    pupil = Pupil(replace(lesson_of("ant"), glossary=words))
    reply = pupil.says("what is an expression?")
    assert "**terme**" in reply
    assert "**termf**" not in reply
