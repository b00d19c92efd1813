"""A message in a language that neither the tutor speaks nor the lesson is talk."""

from __future__ import annotations

import pytest

from tests.support.steps import step_of
from tutor_widget.server.tutors.lesson.reading import read_message

WORD = step_of("Which word is there for what can't change?", answers=("immutable",))
NAME = step_of("Which keyword leaves a loop?", answers=("break",))
CODE = step_of("Write an expression: `n` is above 3.", answers=("n > 3",), case=True)
NUMBER = step_of("```python\nprint(3 * 4)\n```\nWhich number appears?", number=12)
CHOICE = step_of("What is printed?", choices=("`{1}`", "`{2}`", "nothing"), correct="B")
STEPS = (WORD, NAME, CODE, NUMBER, CHOICE)


@pytest.mark.parametrize(
    "text",
    [
        "Не понимаю", "не розумію", "لا أفهم", "לא הבנתי", "δεν καταλαβαίνω", "मुझे समझ नहीं आया",
        "ไม่เข้าใจ", "わかりません", "모르겠어요", "anlamadım", "anlamiyorum",
        "merhaba, bunu anlamadım",
        "nie rozumiem", "nerozumím", "nem értem", "nu inteleg", "não entendi", "nao entendi",
        "non ho capito", "ik snap het niet", "jag förstår inte", "jeg forstår ikke", "en ymmärrä",
        "ne razumijem", "nuk kuptoj", "không hiểu", "khong hieu", "tidak mengerti", "sielewi",
        "hindi ko maintindihan", "zupełnie się zgubiłem", "bu soru çok garip", "это странно",
    ],
)  # fmt: skip
def test_who_does_not_understand_in_any_language_is_heard(text: str) -> None:
    """At steps of every kind."""
    assert [read_message(text, step).kind for step in STEPS] == ["talk"] * len(STEPS)


@pytest.mark.parametrize(
    "text",
    [
        "nothing makes sense today", "none of this makes sense", "this makes no sense to me",
        "heute ergibt nichts sinn", "rien n'a de sens", "nada tiene sentido", "这没道理",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_not_understood(text: str) -> None:
    """In the tutor's languages."""
    assert read_message(text, WORD).kind == "talk"


def test_an_answer_is_one_in_any_language() -> None:
    """Where it is a number, or in the words of the step."""
    russian = step_of("Каким словом называют неизменяемое?", answers=("константа",))
    assert read_message("константа", russian).kind == "right"
    assert read_message("переменная", russian).kind == "talk"
    assert read_message("неизменяемое", russian).kind == "wrong"
    assert read_message("Это 12", NUMBER).kind == "right"
    assert read_message("Это 13", NUMBER).kind == "wrong"


def test_accents_of_the_tutors_languages_are_not_foreign() -> None:
    """A wrong answer stays wrong."""
    for text in ("changé", "größe", "año", "noël", "naïf"):
        assert read_message(text, WORD).kind == "wrong", text
