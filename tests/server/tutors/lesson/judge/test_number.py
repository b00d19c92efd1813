"""Whether a message names a number: in a sentence, in words, as a percentage."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.judge import Verdict, judge_number
from tutor_widget.server.tutors.lesson.normal import clean

RIGHT, WRONG, TWO, NONE = Verdict.RIGHT, Verdict.WRONG, Verdict.TWO, Verdict.NONE


def judged(text: str, right: float, question: str = "", *, percent: bool = False) -> Verdict:
    return judge_number(clean(text), right, question=question, percent=percent)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("25, not 50", RIGHT), ("not 50, 25", RIGHT), ("50, not 25", WRONG), ("not 25", WRONG),
        ("50 no wait 25", RIGHT), ("25 no wait 50", WRONG), ("25 or 50", TWO),
        ("not 25 or 50", TWO), ("25, not 50 or 100", RIGHT), ("25 (not 50)", RIGHT),
        ("no, 25", RIGHT), ("no it's 25", RIGHT), ("no es 25", WRONG), ("25 is not right", WRONG),
        ("25 nicht", WRONG), ("isn't it 25?", RIGHT), ("50, I mean 25", RIGHT), ("不是25", WRONG),
        ("我觉得是25", RIGHT), ("sind es 25?", RIGHT), ("25, 50", TWO), ("25, 50, 100", WRONG),
    ],
)  # fmt: skip
def test_a_number_that_is_denied_is_none_of_the_answers(text: str, verdict: Verdict) -> None:
    """Beside another one. Of a correction the last one counts; of two that are offered, neither."""
    assert judged(text, 25) is verdict


def test_a_number_of_the_question_is_no_second_answer() -> None:
    """It is repeated in a sentence. Alone it is the answer."""
    question = "What is a quarter of 100?"
    assert judged("a quarter of 100 is 25", 25, question) is RIGHT
    assert judged("a quarter of 100 is 20", 25, question) is WRONG
    assert judged("100", 25, question) is WRONG


@pytest.mark.parametrize(
    "text",
    [
        "4 million", "4 thousand", "4k", "4千", "four hundred", "四十", "四百", "vierzig", "-four",
        "4+4", "4*2", "4 x 2", "2 ** 2", "4 plus 4", "4 times 2", "8/2", "4-4", "--4", "n % 4",
        "more than 4", "at least 4", "less than 4", "4 or more", "4+", "> 4", "≥4", "almost 4",
        "mehr als 4", "mindestens 4", "plus de 4", "au moins 4", "más de 4", "al menos 4", "至少4",
        "4以上", "4%", "4 percent", "[4]", "double(4)", "n4", "40", "4.5",
    ],
)  # fmt: skip
def test_a_number_within_something_else_is_not_the_answer(text: str) -> None:
    """Within a larger number, an expression, a limit, a percentage, code or a name."""
    assert judged(text, 4) in (WRONG, NONE)


@pytest.mark.parametrize(
    "text",
    [
        "about 4", "roughly 4", "4 or so", "4, no doubt", "no doubt 4", "maybe 4? I'm not sure",
        "4 but im not sure", "100% sure its 4", "4 (four)", "4x", "4 times", "viermal", "4次",
        "2+2=4", "4 = 2+2", "the answer is **4**", "8 / 2 so 4", "4, not more", "it prints 4 bro",
        "答案是：4", "是:4", "4左右", "ungefähr 4", "environ 4", "unos 4", "四个", "son cuatro",
        "because it has four letters, it's 4", "index 3 is 4", "je dirais 4", "4, weil es so ist",
    ],
)  # fmt: skip
def test_a_number_is_right_in_its_sentence(text: str) -> None:
    """Hedged, counted, reasoned, behind its calculation."""
    assert judged(text, 4) is RIGHT


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("3.5 (not 3)", 3.5), ("3 1/2", 3.5), ("3½", 3.5), ("three and a half", 3.5),
        ("dreieinhalb", 3.5), ("three quarters", 0.75), ("minus three", -3), ("负三", -3),
        ("seventy-one", 71), ("einundsiebzig", 71), ("soixante et onze", 71), ("七十一", 71),
        ("a hundred", 100), ("setenta y uno", 71), ("hundertfünf", 105), ("line seven", 7),
    ],
)  # fmt: skip
def test_a_number_in_words(text: str, right: float) -> None:
    """In each language, and with a fraction."""
    question = "In which line of `shop.py`?"
    assert judged(text, right, question) is RIGHT
    assert judged(text, right + 1, question) is WRONG


@pytest.mark.parametrize(
    "text",
    [
        "un moment", "one sec", "ein Tipp bitte", "one thing I don't get", "einen Moment",
        "which one", "this one is hard", "una pregunta", "null and void", "等一下", "cent fois non",
    ],
)  # fmt: skip
def test_an_article_is_no_number(text: str) -> None:
    """Nor is a word that is a number in another language."""
    assert judged(text, 1) is NONE
    assert judged(text, 0) is NONE
    assert judged(text, 100) is NONE


@pytest.mark.parametrize(
    "text", ["one", "just one", "it prints one", "eins", "nur eine", "une fois", "una vez", "一次"]
)
def test_an_article_alone_is_a_number(text: str) -> None:
    """With words that say nothing else."""
    assert judged(text, 1) is RIGHT


def test_a_percentage() -> None:
    """A share below 1 is one; without the step's consent, no percentage is a number."""
    for text in ("50", "50 %", "0.5", "half", "fifty percent", "50 Prozent", "百分之五十"):
        assert judged(text, 50, percent=True) is RIGHT, text
        assert judged(text, 0.5, percent=True) is RIGHT, text
    for text in ("5000", "0.5 %", "500 %", "5"):
        assert judged(text, 50, percent=True) is WRONG, text
    assert judged("0.5 %", 0.5, percent=True) is WRONG
    assert judged("100 %", 100, "What percentage of them?") is RIGHT


def test_a_place_is_a_number_where_a_line_is_asked_for() -> None:
    """If nothing else is said."""
    question = "In welcher Zeile steht es?"
    assert judged("in der zweiten Zeile", 2, question) is RIGHT
    assert judged("in der ersten Zeile", 7, question) is WRONG
    assert judged("the first thing is to read it", 1, question) is NONE


def test_the_question_done_again_is_no_answer() -> None:
    """A division of the question, or code with its numbers."""
    question = "What does `7/2` give? And `len([7, 8])`?"
    assert judged("7/2", 3.5, question) is WRONG
    assert judged("7/2", 3.5, "What is `7 / 2`?") is WRONG
    assert judged("7/2", 3.5, "What is half of seven?") is RIGHT
    assert judged("len([7, 8]) is 2", 2, question) is RIGHT
    assert judged("len([7, 8])", 7, question) is WRONG


@pytest.mark.parametrize(
    "text",
    ["n >= 3", ">=3", "n>=3", "x <= 3", "x != 3", "so n >= 3", "n ≥ 3", "3 <= n", "3 != n"],
)
def test_a_comparison_names_no_number(text: str) -> None:
    """Its equals sign is none: "n = 3" names one."""
    assert judged(text, 3) in (WRONG, NONE)
    for equal in ("n = 3", "n == 3", "n => 3", "n -> 3", "3 = n"):
        assert judged(equal, 3) is RIGHT


@pytest.mark.parametrize(
    "text",
    [
        "3 is wrong", "3 ist falsch", "3 est faux", "3是错的", "wrong: 3", "falsch: 3", "3 nope",
        "anything but 3", "all except 3", "alles außer 3", "tout sauf 3", "instead of 3",
        "statt 3", "au lieu de 3", "en vez de 3", "5 rather than 3", "5 instead of 3",
        "5 statt 3", "3 es falso", "3 is not the answer", "3 is not the solution",
        "3 ist nicht die Lösung", "3 is not the answer, 9 is", "3 is wrong, 9 is right",
    ],
)  # fmt: skip
def test_a_number_that_is_rejected_is_none_of_the_answers(text: str) -> None:
    """Behind it, or before it, also without "not"."""
    assert judged(text, 3) in (WRONG, NONE)


@pytest.mark.parametrize(
    "text",
    [
        "9 is not the answer, 3 is", "9 is wrong, 3 is right", "3 instead of 9", "3 statt 9",
        "instead of 9, 3", "3 rather than 9", "3 is not wrong", "3 没错", "3 is the answer",
        "9 is wrong, it is 3", "3 comes out",
    ],
)  # fmt: skip
def test_another_number_that_is_rejected_leaves_the_answer(text: str) -> None:
    """A double denial denies nothing."""
    assert judged(text, 3) is RIGHT


def test_a_number_is_wrong_where_the_question_asks_for_what_is() -> None:
    """In the question's words or in others."""
    assert judged("line 3 is wrong", 3, "Which line is wrong?") is RIGHT
    assert judged("3 is wrong", 3, "Which line has an error?") is RIGHT
    assert judged("Zeile 3 ist falsch", 3, "In welcher Zeile steckt der Fehler?") is RIGHT


@pytest.mark.parametrize("text", ["3ish", "3j", "3abc", "it is 3ish", "3blah", "3isch"])
def test_letters_directly_behind_make_another_thing_of_a_number(text: str) -> None:
    """Known units, endings and words do not."""
    assert judged(text, 3) in (WRONG, NONE)
    for same in ("3x", "3rd", "3s", "3cm", "3mal", "3fois", "3e", "3个", "3times", "~3", "3"):
        assert judged(same, 3) is RIGHT, same
    assert judged("3apples", 3, "How many apples are left?") is RIGHT


def test_once_more_is_no_number() -> None:
    """But "once" is, where nothing else is said."""
    question = "Wie oft wird die Zeile ausgeführt?"
    for text in ("einmal", "sie wird einmal ausgeführt", "nur einmal"):
        assert judge_number(text, 1, question=question) is Verdict.RIGHT, text
    for text in ("ich frage noch einmal", "Versuch es noch einmal, oder sag Hinweis."):
        assert judge_number(text, 1, question=question) is Verdict.NONE, text
