"""Typing mistakes in the words around an answer say nothing; in the answer none is mended."""

from __future__ import annotations

import pytest

from tests.support.steps import step_of
from tutor_widget.server.tutors.lesson.reading import read_message
from tutor_widget.server.tutors.lesson.reading.respelling import respelt

METHOD = step_of("Mit welcher Methode wächst die Liste `beds`?", answers=("append", "append()"))
FRENCH = step_of("Quelle méthode ajoute un élément ?", answers=("append", "append()"))
ERROR = step_of("```python\n{}['a']\n```\nWhat is the error's name?", answers=("KeyError",))
TERM = step_of("Which word is there for what can't change?", answers=("immutable",))
STATEMENT = step_of("What leaves a loop?", answers=("break", "the break statement"))
ROW = step_of("```python\nprint([4] + [5])\n```\nWhat appears?", answers=("[4, 5]",), case=True)
CHOICE = step_of("What is printed?", choices=("`{1}`", "`{2}`", "nothing"), correct="B")
COLOUR = step_of("Which colour is it?", answers=("blue",))
STEPS = {
    "method": METHOD, "french": FRENCH, "error": ERROR, "term": TERM, "statement": STATEMENT,
    "row": ROW, "choice": CHOICE, "colour": COLOUR,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("term", "the wrod is immutable"), ("term", "its caled immutable"),
        ("term", "the rihgt word is immutable"), ("statement", "break statment"),
        ("statement", "the anwser woudl be break"), ("statement", "i thnik its break"),
        ("statement", "el palbra es break"), ("statement", "le mot cle est break"),
        ("statement", "yuo use break"), ("statement", "teh answer is break"),
        ("statement", "das schluesselwort break"),
        ("error", "the naem of the eror is KeyError"), ("error", "pyhton trows a KeyError"),
        ("method", "sie heist append"), ("method", "die metode ist append"),
        ("method", "das nent man append"), ("method", "die antwot ist append"),
        ("method", "la respueta es append"), ("method", "creo que se lama append"),
        ("french", "la metode s'apelle append"), ("french", "il faut utliser append"),
        ("row", "das ergebniss ist [4, 5]"), ("row", "the reslut is [4, 5]"),
        ("choice", "the anwser is b"), ("choice", "i thnik b"),
    ],
)  # fmt: skip
def test_a_mistyped_frame_says_nothing(name: str, text: str) -> None:
    """One letter is missing, added, wrong, swapped, or lacks its accent."""
    assert read_message(text, STEPS[name]).kind == "right"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("term", "the wrod is mutable"), ("term", "the wrod is imutabel"),
        ("error", "the eror is a KeyErorr"), ("error", "the naem of the eror is IndexError"),
        ("method", "sie heist apend"), ("method", "die metode ist insert"),
        ("row", "das ergebniss ist [4, 6]"), ("statement", "the comand is breka"),
        ("choice", "the anwser is c"), ("colour", "light blue"),
    ],
)  # fmt: skip
def test_a_mistyped_or_wrong_answer_stays_wrong(name: str, text: str) -> None:
    """Also in a frame, and beside a word that only resembles one of a frame."""
    assert read_message(text, STEPS[name]).kind in ("wrong", "talk")


@pytest.mark.parametrize(
    "text",
    [
        "nto append",
        "niht append",
        "witout append",
        "apend",
        "die appned",
        "list.apend(x)",
        "'wrod'",
    ],
)
def test_what_may_be_a_denial_an_answer_or_code_is_left_alone(text: str) -> None:
    """And so is a message of one word."""
    assert respelt(text, METHOD) == text


def test_a_known_word_is_no_mistyped_one() -> None:
    """Of whatever language and kind, and of the step."""
    for text in ("it is thrown away", "the line is a loop", "eine liste gibt es", "wächst beds"):
        assert respelt(text, METHOD) == text
