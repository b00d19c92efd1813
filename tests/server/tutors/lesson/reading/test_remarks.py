"""Remarks about the subject or oneself are talk; an answer with its reason is none."""

from __future__ import annotations

import pytest

from tests.support.steps import STEPS, step_of
from tutor_widget.server.tutors.lesson.reading import read_message

FRUIT = step_of(
    '```python\nbasket = {"plums": 6, "figs": 5}\nprint(basket["plums"] - 2)\n```\nWhat appears?',
    number=4,
)
LETTER = step_of('```python\nday = "friday"\n```\nWhich letter is `day[0]`?', answers=("f", '"f"'))
ERROR = step_of('Which error stops `int("x")`?', answers=("ValueError", "a ValueError"))
BLANKS = step_of(
    "What does `lstrip` take away at the beginning of a text?", answers=("spaces", "the spaces")
)
PLACE = step_of("`row[0] = 7` runs. What becomes of the old 9?", answers=("it is replaced by 7",))


@pytest.mark.parametrize(
    "text",
    [
        "my cousin's phone is at 30 percent", "school starts at 8", "we won 3-1 yesterday",
        "there were 30 people on the bus", "tomorrow i have 2 exams", "my sister is 9",
        "my sister is 4", "gestern waren es 35 grad", "ich hab noch 3 GB auf meinem handy",
        "wir haben gestern 3 zu 1 gewonnen", "mon frère a 9 ans", "hier il faisait 35 degrés",
        "ayer hubo 35 grados", "我妹妹9岁", "昨天35度",
    ],
)  # fmt: skip
def test_a_number_of_life_is_no_answer(text: str) -> None:
    """Neither a wrong nor the right one."""
    assert read_message(text, FRUIT).kind == "talk"


@pytest.mark.parametrize(
    "text",
    [
        "6 plus 5 so 11", "it prints 8 because it adds 2", "the plums are 6", "i would say 3",
        "you take 2 away and get 3", "6 minus 1 makes 5", "es sind 6 weil die pflaumen",
    ],
)  # fmt: skip
def test_a_calculation_is_an_answer(text: str) -> None:
    """Though it may be wrong."""
    assert read_message(text, FRUIT).kind == "wrong"


@pytest.mark.parametrize("text", ["my friend got 4", "6 minus 2 so 4", "es bleiben 4 übrig"])
def test_a_right_number_in_a_sentence_is_right(text: str) -> None:
    """That speaks of the question."""
    assert read_message(text, FRUIT).kind == "right"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("letter", "friday is my favorite"), ("letter", "weekends are a better time"),
        ("letter", "monday is a boring word"), ("blanks", "lstrip is a funny name"),
        ("blanks", "one word? thats not enough"), ("blanks", "lstrip ist ein komischer name"),
        ("blanks", "strip c'est un nom bizarre"), ("place", "9 is an ugly number"),
        ("place", "coffee would taste even nicer"), ("place", "7 is too expensive"),
        ("blanks", "qué nombre tan raro"), ("blanks", "这个名字好奇怪"),
    ],
)  # fmt: skip
def test_an_opinion_is_no_answer(name: str, text: str) -> None:
    """Nor is a statement about another thing."""
    step = {"letter": LETTER, "blanks": BLANKS, "place": PLACE}[name]
    assert read_message(text, step).kind == "talk"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("letter", "c'est le y"), ("letter", "it would be d"), ("letter", "y because its last"),
        ("error", "ein NameError weil es x nicht gibt"), ("error", "KeyError because of the x"),
        ("error", "a TypeError since its text"), ("place", "they are added so its 16"),
        ("place", "it moves to the end"), ("place", "both stay there"), ("place", "it becomes 8"),
        ("blanks", "it strips the letters"), ("blanks", "all the capital letters"),
    ],
)  # fmt: skip
def test_an_answer_with_its_reason_is_one(name: str, text: str) -> None:
    """Also in a statement about what the question names."""
    step = {"letter": LETTER, "error": ERROR, "blanks": BLANKS, "place": PLACE}[name]
    assert read_message(text, step).kind == "wrong"


def test_a_word_of_the_code_is_no_greeting() -> None:
    """So it does not stand before a question."""
    step = step_of('```python\nlen("good day")\n```\nHow many?', number=8)
    assert read_message("good is 4, day is 3 and the space makes it 8", step).kind == "right"
    assert read_message("good is 4, day is 3 so 7", step).kind == "wrong"


def test_a_guess_in_a_frame_is_wrong() -> None:
    """One word behind "it should be"."""
    for text in ("it should be return", "it would be exit", "da müsste stop stehen"):
        assert read_message(text, STEPS["keyword"]).kind == "wrong", text


GET = step_of("Which method looks a key up without an error?", answers=("get", "get()"))


def test_a_phrase_of_understanding_is_no_answer() -> None:
    """Though one of its words is the answer."""
    for text in ("i get it now", "ok now i get it", "oh i get it", "i got it"):
        assert read_message(text, GET).kind == "talk", text
    for text in ("get", "it's get", "you use get", "i get it with get"):
        assert read_message(text, GET).kind == "right", text


def test_a_thing_of_somebody_is_not_of_the_step() -> None:
    """But his answer or result is."""
    for text in ("my house number is 4", "meine hausnummer ist 4", "my locker is 7"):
        assert read_message(text, FRUIT).kind == "talk", text
    for text in ("my answer is 4", "my result is 4", "mein ergebnis ist 4", "our total is 4"):
        assert read_message(text, FRUIT).kind == "right", text


@pytest.mark.parametrize(
    "text",
    [
        "is it the same for lists?", "can a value be a list too", "does the old one come back",
        "poor ben :(", "what a pity", "ist das bei listen auch so", "kann man das auch ändern",
        "es lo mismo para listas?", "c'est pareil pour les listes ?", "可怜的本",
    ],
)  # fmt: skip
def test_questions_and_pity_are_talk(text: str) -> None:
    """At a step that asks for words."""
    assert read_message(text, PLACE).kind == "talk"


def test_a_statement_about_the_thing_is_an_answer() -> None:
    """Though its reason speaks of somebody."""
    for text in ("it's TypeError because you call it", "it's KeyError, bc you look it up"):
        assert read_message(text, ERROR).kind == "wrong", text
    keyword = step_of("Which keyword takes an entry out?", answers=("del",))
    assert read_message("it's remove because you remove ben", keyword).kind == "wrong"
    waits = step_of("Was macht Python bei `x`?", answers=("es legt sie an",))
    assert read_message("es wartet", waits).kind == "wrong"


def test_digits_with_many_points_are_a_wrong_number() -> None:
    """Alone; in a sentence they may be a version."""
    assert read_message("2.50.3", FRUIT).kind == "wrong"
    assert read_message("i have python 3.11.2 at home", FRUIT).kind == "talk"


def test_a_part_of_a_text_is_an_answer_where_one_is_asked_for() -> None:
    """Though it may say nothing elsewhere: "et" is French."""
    step = step_of('What does `"planet"[:4]` give?', answers=("plan", "the text plan"))
    for text in ("et", "an", "planet", "plane because 4 is the e"):
        assert read_message(text, step).kind == "wrong", text
    for text in ("ok", "hi", "nothing makes sense today"):
        assert read_message(text, step).kind == "talk", text
