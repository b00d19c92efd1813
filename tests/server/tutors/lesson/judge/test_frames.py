"""An answer may stand in a hedged or subjunctive frame, in each language."""

from __future__ import annotations

import pytest

from tests.support.steps import step_of
from tutor_widget.server.tutors.lesson.judge import Verdict, judge_choice, judge_text
from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.reading import read_message

SLICE = "```python\nprint('kangaroo'[1:4])\n```\nWhat is printed?"


@pytest.mark.parametrize(
    "frame",
    [
        "it should print {}", "it would probably give {}", "that might be {}", "it has to be {}",
        "i'd maybe say {}", "you could use {} for that", "i would expect {}", "it'll return {}",
        "da müsste {} rauskommen", "ich würde {} schreiben", "man könnte {} verwenden",
        "ça devrait afficher {}", "ça va donner {}", "ça pourrait donner {}", "debería imprimir {}",
        "va a salir {}", "应该会打印{}", "应该输出{}", "that should come out as {}",
    ],
)  # fmt: skip
def test_an_answer_in_a_frame(frame: str) -> None:
    """And a wrong one there stays wrong."""
    for given, verdict in (("ang", Verdict.RIGHT), ("kan", Verdict.WRONG)):
        text = clean(frame.format(given))
        assert judge_text(text, ("ang",), question=SLICE) is verdict, text


@pytest.mark.parametrize(
    "text", ["it should print 7", "it would probably return 7", "da müsste 7 kommen", "应该会打印7"]
)
def test_a_choice_in_a_frame(text: str) -> None:
    """By its content."""
    choices = ("It prints `7`.", "It prints `None`.", "It stops.")
    assert judge_choice(clean(text), choices, "A") is Verdict.RIGHT


def test_a_denied_frame_is_wrong() -> None:
    """Whatever the verb."""
    for text in ("it shouldn't print ang", "it should not print ang", "da dürfte nicht ang kommen"):
        assert judge_text(clean(text), ("ang",), question=SLICE) is Verdict.WRONG, text


def test_a_statement_of_code_is_no_frame() -> None:
    """An expression stands in another one."""
    assert judge_text("print n + 1", ("n + 1",)) is Verdict.WRONG


BY_WITH = step_of(
    "Write a line that reads all of `file` into `text`.",
    answers=("text = file.read()",),
    case=True,
)
NAMED = step_of("Wie heißt der Fehler bei `int('x')`?", answers=("ValueError",))


@pytest.mark.parametrize(
    "frame",
    [
        "you can do it with {}", "i would do that with {}", "it works with {}", "das geht mit {}",
        "das klappt auch mit {}", "se hace con {}", "on le fait avec {}", "用{}就可以",
    ],
)  # fmt: skip
def test_code_behind_a_deed_and_a_preposition(frame: str) -> None:
    """The code alone is judged."""
    for given, kind in (("text = file.read()", "right"), ("text = file.write()", "wrong")):
        assert read_message(frame.format(given), BY_WITH).kind == kind, frame


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("der fehler heißt ValueError", "right"), ("der fehler heißt TypeError", "wrong"),
        ("der fehler heißt nicht ValueError", "wrong"),
        ("ValueError, weil das x keine zahl heißt", "right"),
    ],
)  # fmt: skip
def test_a_text_with_a_sharp_s(text: str, kind: str) -> None:
    """It is longer in lower case, which moves nothing."""
    assert read_message(text, NAMED).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "ich bin für C, weil a anhängen heißt", "i'm for C", "i vote for C because it fits",
        "voto por C", "je vote pour C",
    ],
)  # fmt: skip
def test_a_letter_that_is_voted_for(text: str) -> None:
    """And no other."""
    choices = ("Red.", "Green.", "Blue.")
    assert judge_choice(clean(text), choices, "C") is Verdict.RIGHT
    assert judge_choice(clean(text), choices, "B") is Verdict.WRONG


def test_the_number_of_a_choice_with_its_reason() -> None:
    """It is named by what it says."""
    choices = ("It stops.", "It prints `0`.", "It prints `None`.")
    for text in ("0, cause thats the default", "0 bc it is the default", "0 weil das der rest ist"):
        assert judge_choice(clean(text), choices, "B") is Verdict.RIGHT, text


def test_a_choice_with_words_in_another_form() -> None:
    """Adjectives have endings."""
    choices = ("Der alte Inhalt wird gelöscht.", "Neuer Text kommt ans Ende der Datei.")
    text = "der neue text kommt ans ende der datei"
    assert judge_choice(clean(text), choices, "B") is Verdict.RIGHT


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("del seats['Ann'] takes her out", Verdict.RIGHT),
        ("del seats['Ann'] deletes the entry", Verdict.RIGHT),
        ("del seats['Bob'] takes him out", Verdict.WRONG),
        ("del seats['Ann'] if it is there", Verdict.WRONG),
        ("del seats['Ann'] is not right", Verdict.WRONG),
        ("del seats['Ann'] or seats.pop('Ann')", Verdict.WRONG),
    ],
)
def test_code_with_what_it_does(text: str, verdict: Verdict) -> None:
    """A statement begins with the answer, and words follow that are no code."""
    question = "Which keyword fits?\n```python\n____ seats['Ann']\n```"
    accepted = ("del", 'del seats["Ann"]')
    assert judge_text(clean(text), accepted, question=question) is verdict


@pytest.mark.parametrize(
    "frame",
    [
        "ich würd {} nehmen", "ich würde da {} benutzen", "ich hätte {} genommen",
        "ich hätt {} gesagt", "{} würde ich schreiben",
        "{} hätte ich gesagt", "ich tippe auf {} 😀", "je choisirais {}", "moi je prendrais {}",
        "j'aurais dit {}", "c'est {} qu'il faut utiliser", "on peut écrire {}", "yo elegiría {}",
        "yo habría dicho {}", "habría que usar {}",
        "{} diría yo", "i would have said {}", "我会选{}",
    ],
)  # fmt: skip
def test_a_verb_may_stand_before_or_behind(frame: str) -> None:
    """In each language, with a name, with code and with the letter of a choice."""
    code = step_of("Write an expression.", answers=("a and not b",), case=True)
    name = step_of("Which method is it?", answers=("append",))
    choice = step_of("Which one?", choices=("`1`", "`2`", "`3`"), correct="B")
    for step, right, wrong in (
        (code, "a and not b", "a and b"),
        (name, "append", "extend"),
        (choice, "b", "c"),
    ):
        assert read_message(frame.format(right), step).kind == "right", right
        assert read_message(frame.format(wrong), step).kind == "wrong", wrong


CODE = {
    "de": "Schreib eine Zeile: Die Variable ist ein leeres Wörterbuch.",
    "en": "Write a line: an empty dictionary.",
    "fr": "Écris une expression : un dictionnaire vide.",
    "es": "Escribe una línea: un diccionario vacío.",
}


@pytest.mark.parametrize(
    ("lang", "frame"),
    [
        ("de", "die zeile ist {}"), ("de", "da kann man {} schreiben"),
        ("de", "die zeile lautet {}"), ("de", "die Variable: {}"),
        ("de", "die richtige zeile ist {}"), ("de", "man muss {} schreiben"),
        ("en", "the line is {}"), ("en", "the line would be {}"), ("fr", "l'expression est {}"),
        ("fr", "l'expression serait {}"), ("es", "la línea es {}"), ("es", "la linea sería {}"),
    ],
)  # fmt: skip
def test_code_behind_words_of_the_question(lang: str, frame: str) -> None:
    """They say nothing; what is denied stays denied, and wrong code wrong."""
    step = step_of(CODE[lang], answers=("box = {}",), case=True)
    assert read_message(frame.format("box = {}"), step).kind == "right"
    assert read_message(frame.format("box = []"), step).kind == "wrong"
    assert read_message("not " + frame.format("box = {}"), step).kind != "right"


def test_a_line_may_be_called_ones_own_and_right() -> None:
    """Before code that is right."""
    step = step_of(CODE["en"], answers=("box = {}",), case=True)
    for text in ("my line is box = {}", "the right line is box = {}", "mi línea es box = {}"):
        assert read_message(text, step).kind == "right", text


def test_a_denial_of_the_question_denies_code() -> None:
    """Though it is one of its words."""
    question = "Schreib eine Zeile, die nicht lang ist: eine leere Liste."
    step = step_of(question, answers=("box = []",), case=True)
    assert read_message("die zeile ist box = []", step).kind == "right"
    assert read_message("die zeile ist nicht box = []", step).kind == "wrong"


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("mit sorted() geht das", True), ("mit sorted klappt es", True),
        ("avec sorted ça marche", True), ("con sorted funciona", True),
        ("with sorted it works", True), ("mit sort geht das", False),
        ("mit sorted geht das nicht", False),
    ],
)  # fmt: skip
def test_an_answer_before_what_is_done_by_it(text: str, is_right: bool) -> None:
    """A preposition stands before it, in any of the languages; a denial behind counts."""
    step = step_of("Which function gives a new list in order?", answers=("sorted",))
    assert (read_message(text, step).kind == "right") is is_right


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("you put reverse=True at the end", "right"), ("reverse=True am ende", "right"),
        ("reverse=False at the end", "wrong"), ("not reverse=True at the end", "wrong"),
    ],
)  # fmt: skip
def test_code_before_the_place_where_it_stands(text: str, expected: str) -> None:
    """The place says nothing of the code."""
    step = step_of("Which argument turns the order round?", answers=("reverse=True",))
    assert read_message(text, step).kind == expected
