"""An answer in words may stand in a statement, if no other word changes what it means."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.judge import Verdict, judge_text
from tutor_widget.server.tutors.lesson.judge.spelling import is_form, is_misspelt, is_related
from tutor_widget.server.tutors.lesson.normal import clean

SORTED = "The list `scores` is sorted with `sort`. What becomes of the old order, in a few words?"
SORTED_ANSWERS = ("it is forgotten", "forgotten", "it is lost", "it vanishes")
TRIM = "What does `rstrip` take away from the end of a line? One word is enough."
TRIM_ANSWERS = ("newlines", "the newline", "line breaks")
FOLDER = 'Der Ordner `bilder` fehlt noch. Was macht `mkdir("bilder")`?'
FOLDER_ANSWERS = ("es legt ihn an", "anlegen", "es erstellt einen neuen Ordner")


def is_right(text: str, answers: tuple[str, ...], question: str) -> bool:
    return judge_text(clean(text), answers, question=question) is Verdict.RIGHT


@pytest.mark.parametrize(
    ("text", "answers", "question"),
    [
        ("the old order gets forgotten", SORTED_ANSWERS, SORTED),
        ("the order is completely lost", SORTED_ANSWERS, SORTED),
        ("its just forgotten", SORTED_ANSWERS, SORTED),
        ("the old one vanishes", SORTED_ANSWERS, SORTED),
        ("it gets forgoten", SORTED_ANSWERS, SORTED),
        ("it removes the newlines", TRIM_ANSWERS, TRIM),
        ("it cuts off the line breaks", TRIM_ANSWERS, TRIM),
        ("it takes newlines away", TRIM_ANSWERS, TRIM),
        ("newlines are deleted from the end", TRIM_ANSWERS, TRIM),
        ("er wird angelegt", FOLDER_ANSWERS, FOLDER),
        ("python legt den ordner an", FOLDER_ANSWERS, FOLDER),
        ("erstellt einen neuen ordner", FOLDER_ANSWERS, FOLDER),
        ("der ordner bilder wird angelegt", FOLDER_ANSWERS, FOLDER),
    ],
)
def test_an_answer_in_a_statement(text: str, answers: tuple[str, ...], question: str) -> None:
    """Its other words are of the question, or say nothing."""
    assert is_right(text, answers, question)


@pytest.mark.parametrize(
    ("text", "answers", "question"),
    [
        ("it isnt forgotten", SORTED_ANSWERS, SORTED),
        ("the new order is lost", SORTED_ANSWERS, SORTED),
        ("it is never lost", SORTED_ANSWERS, SORTED),
        ("half of it is lost", SORTED_ANSWERS, SORTED),
        ("it is kept", SORTED_ANSWERS, SORTED),
        ("it adds newlines", TRIM_ANSWERS, TRIM),
        ("it keeps the newlines", TRIM_ANSWERS, TRIM),
        ("everything but newlines", TRIM_ANSWERS, TRIM),
        ("newlines and letters", TRIM_ANSWERS, TRIM),
        ("letters and newlines", TRIM_ANSWERS, TRIM),
        ("newlines or spaces", TRIM_ANSWERS, TRIM),
        ("er wird nicht angelegt", FOLDER_ANSWERS, FOLDER),
        ("es legt eine datei an", FOLDER_ANSWERS, FOLDER),
        ("es löscht den ordner", FOLDER_ANSWERS, FOLDER),
    ],
)
def test_a_word_that_changes_the_meaning(
    text: str, answers: tuple[str, ...], question: str
) -> None:
    """A denial, a contrast, another verb or thing."""
    assert not is_right(text, answers, question)


def test_numbers_stand_in_their_places() -> None:
    """What is replaced is before, what replaces it behind."""
    question = "`row[0] = 7` runs. What becomes of the old 9?"
    answers = ("it is replaced", "it is replaced by 7", "it becomes 7")
    for text in ("9 is replaced by 7", "the 9 becomes a 7", "its replaced by the 7"):
        assert is_right(text, answers, question), text
    for text in ("7 is replaced by 9", "the 7 is replaced", "the 7 becomes a 9"):
        assert not is_right(text, answers, question), text


@pytest.mark.parametrize(
    ("text", "answer"),
    [("contiune", "continue"), ("enumerat", "enumerate"), ("reversd", "reversed"),
     ("IndexEror", "IndexError"), ("capitlize", "capitalize"), ("isinstnce", "isinstance")],
)  # fmt: skip
def test_a_typing_mistake_in_code_is_wrong(text: str, answer: str) -> None:
    """A name must be spelt as it is."""
    assert not is_right(text, (answer,), "Which one is it?")


def test_code_in_the_question_is_code() -> None:
    """Also where the answer is a word of it."""
    question = "```python\ncounter = 1\n```\nWhich variable is it?"
    assert not is_right("couner", ("counter",), question)


def test_one_letter_of_a_long_word_may_be_mistyped() -> None:
    """Missing, doubled, wrong or swapped, but neither the first nor the last one."""
    for given in ("overwriten", "overwrittten", "ovrewritten", "overwrotten"):
        assert is_misspelt(given, "overwritten"), given
    for given in ("overwrites", "verwritten", "overwrtten1", "ovrwriten", "overwritte", ""):
        assert not is_misspelt(given, "overwritten"), given
    assert not is_misspelt("lopp", "loop")


def test_the_forms_of_a_word() -> None:
    """What is replaced is not what replaces, but both speak of replacing."""
    for one, other in (("stop", "stops"), ("stopping", "stops"), ("anlegen", "angelegt")):
        assert is_form(one, other)
    assert is_related("removes", "removed")
    assert not is_form("replaces", "replaced")
    for one, other in (("add", "addition"), ("it", "item"), ("old", "new")):
        assert not is_related(one, other)


ENDS = "What does `strip` take away at both ends? One word is enough."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it removes spaces at the start and end", True),
        ("it removes spaces at the front and the back", True),
        ("it removes spaces and letters", False),
        ("it removes letters at the start and end", False),
    ],
)
def test_an_answer_with_its_sides(text: str, expected: bool) -> None:
    """If the question asks about sides."""
    assert is_right(text, ("spaces", "the spaces"), ENDS) is expected


def test_verbs_of_making_are_one() -> None:
    """In each form."""
    for text in ("es macht ne neue datei", "es erzeugt eine neue datei"):
        answers = ("es erstellt eine neue Datei",)
        assert is_right(text, answers, "Was macht Python, wenn sie fehlt?"), text
