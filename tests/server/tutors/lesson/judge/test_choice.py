"""Whether a message names a choice: by letter, place or content."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.judge import Verdict, judge_choice
from tutor_widget.server.tutors.lesson.normal import clean

RIGHT, WRONG, TWO, NONE = Verdict.RIGHT, Verdict.WRONG, Verdict.TWO, Verdict.NONE
TRIANGLES = ("scalene", "isosceles", "equilateral")
LETTERS = (
    "It prints `d`.",
    "It prints `None`.",
    "It prints an empty line.",
    "Python stops with an `IndexError`.",
)
CAUSES = (
    "Python is broken and must be installed again.",
    "The name of the module is misspelt.",
    "The computer has too little memory.",
)
COUNTS = ("It prints 3 once.", "It prints 3, 2, 1.", "It prints 3 again and never ends.")


def judged(text: str, right: str, choices: tuple[str, ...] = LETTERS) -> Verdict:
    return judge_choice(clean(text), choices, right, question="What happens?")


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("c i think", RIGHT), ("an equilateral triangle", RIGHT), ("the last kind", RIGHT),
        ("number 3", RIGHT), ("3rd", RIGHT), ("number 2", WRONG), ("not equilateral", WRONG),
        ("E", WRONG), ("la A", WRONG), ("number 9", NONE),
    ],
)  # fmt: skip
def test_a_choice_stands_with_words_of_the_question(text: str, verdict: Verdict) -> None:
    """Named by its letter, place or content, or denied; a letter that none has is wrong."""
    question = "Which kind of triangle has three equal sides?"
    assert judge_choice(clean(text), TRIANGLES, "C", question=question) is verdict


@pytest.mark.parametrize(
    "text",
    [
        "D", "d", "(d)", "D.", "option D", "i'd go with D", "it's d", "D, because 4 is too big",
        "the answer is D", "D?", "D :)", "D :D", "isn't it D?", "D not sure though", "D idk",
        "je dirais D", "la D", "Antwort D", "ich würde D sagen", "选D", "我觉得是D吧", "是:D",
        "D it stops with an error", "d the IndexError", "D) Python stops",
    ],
)  # fmt: skip
def test_a_letter_beside_words_of_choosing(text: str) -> None:
    """In each language."""
    assert judged(text, "D") is RIGHT


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        (":D", "D"), ("xD", "D"), ("B-)", "B"), (":C", "C"), ("vitamin C", "C"), ("I like C", "C"),
        ("plan B", "B"), ("the C language", "C"), ("C++", "C"), ("I program in C", "C"),
        ("objective C", "C"), ("D-day", "D"), ("3D", "D"), ("I got a D in maths", "D"),
        ("print(d)", "D"), ("d'accord", "D"), ("A good question", "A"),
    ],
)  # fmt: skip
def test_a_letter_beside_other_words_is_none(text: str, letter: str) -> None:
    """In a name, in an emoticon, in code, or an article."""
    assert judged(text, letter) is NONE


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("not A, B", RIGHT), ("B, not A", RIGHT), ("A no wait B", RIGHT), ("A, no, B", RIGHT),
        ("A or B", TWO), ("A and B", TWO), ("not B", WRONG), ("not A", NONE), ("B is wrong", WRONG),
        ("B. A ValueError is raised.", RIGHT), ("B A ValueError is raised", RIGHT),
        ("a ValueError", RIGHT), ("value error", RIGHT), ("a KeyError", WRONG),
        ("A for sure", WRONG),
        ("number 2", RIGHT), ("nummer 2", RIGHT), ("第二个", RIGHT), ("the second one", RIGHT),
        ("option two", RIGHT), ("2nd one", RIGHT), ("#2", RIGHT), ("la segunda", RIGHT),
        ("le deuxième", RIGHT), ("Nr. 1", WRONG), ("the last", WRONG), ("最后一个", WRONG),
    ],
)  # fmt: skip
def test_what_is_denied_corrected_and_placed(text: str, verdict: Verdict) -> None:
    """An article behind the letter is no second one."""
    choices = ("A KeyError is raised.", "A ValueError is raised.", "Nothing")
    assert judged(text, "B", choices) is verdict


@pytest.mark.parametrize(
    ("text", "choices", "letter"),
    [
        ("it crashes with an IndexError", LETTERS, "D"), ("index error", LETTERS, "D"),
        ("it just prints d", LETTERS, "A"), ("an empty line", LETTERS, "C"),
        ("its misspelt", CAUSES, "B"), ("the name is misspelt", CAUSES, "B"),
        ("too little memory", CAUSES, "C"), ("it never ends", COUNTS, "C"),
        ("3 2 1", COUNTS, "B"), ("number 1", COUNTS, "A"), ("the third one", COUNTS, "C"),
    ],
)  # fmt: skip
def test_a_choice_by_its_own_words(text: str, choices: tuple[str, ...], letter: str) -> None:
    """Those that no other choice has: most of them, its code, or a long one."""
    assert judged(text, letter, choices) is RIGHT


@pytest.mark.parametrize("text", ["Python", "it stops", "python stops", "stops with", "it prints"])
def test_a_common_word_names_no_choice(text: str) -> None:
    """Though only one choice has it."""
    assert judged(text, "D") is NONE
    assert judged(text, "A", CAUSES) is NONE


def test_a_choice_that_denies_something_is_not_denied() -> None:
    """Its words are what the learner repeats."""
    choices = ("never", "once", "It does not end.")
    assert judged("never", "A", choices) is RIGHT
    assert judged("A) never", "A", choices) is RIGHT
    assert judged("it does not end", "C", choices) is RIGHT
    assert judged("not once", "B", choices) is not RIGHT
    error = "NameError: name 'box' is not defined"
    assert judged(error, "A", ("It stops with a `NameError`.", "It prints `box`.")) is not WRONG


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("D is wrong", WRONG), ("D is out", WRONG), ("D ist falsch", WRONG), ("D est faux", WRONG),
        ("D nope", WRONG), ("anything but D", WRONG), ("wrong: D", WRONG), ("D是错的", WRONG),
        ("A instead of D", WRONG), ("D is wrong, A", WRONG), ("A is wrong, D is right", RIGHT),
        ("D instead of A", RIGHT), ("D rather than A", RIGHT), ("D statt A", RIGHT),
        ("A is not the answer, D is", RIGHT), ("D is the answer", RIGHT), ("D is right", RIGHT),
    ],
)  # fmt: skip
def test_a_letter_may_be_rejected(text: str, verdict: Verdict) -> None:
    """Behind it, or before it, also without "not"; not where the question asks for what is."""
    choices = ("one", "two", "three", "four")
    assert judge_choice(text, choices, "D", question="Which number is it?") is verdict
    assert judge_choice("D is wrong", choices, "D", question="Which line is wrong?") is RIGHT
    assert judge_choice("B is false", ("True", "False"), "B") is RIGHT
