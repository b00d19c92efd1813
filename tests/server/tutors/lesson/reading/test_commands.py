"""Commands in words: wrapped in what is polite, and never in code."""

from __future__ import annotations

import pytest

from tests.support.lessons import Pupil, lesson_of
from tests.support.steps import STEPS
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in
from tutor_widget.server.tutors.lesson.reading import LAST, command_in, read_message
from tutor_widget.server.tutors.lesson.steps import Step

ASKED = {
    "hint": [
        "could i maybe have another hint please?", "gimme a clue", "sorry, I'm stuck, hint please",
        "ich bräuchte mal nen tipp", "tu peux me donner un indice stp", "me das otra pista porfa",
        "可以再给我一个提示吗", "i dont get it give me a hint", "hnit", "HINT!!!",
    ],
    "skip": [
        "can we please go to the next question", "lets skip this one",
        "i want to skip this because it's long",
        "können wir das bitte überspringen", "on peut passer à la suivante ?",
        "vamos a la siguiente",
        "我们跳过这题吧", "skipp",
    ],
    "again": [
        "could you say the question again", "wie war nochmal die frage",
        "tu peux répéter la question",
        "repítela por favor", "请再说一遍题目",
    ],
    "lessons": [
        "what other lessons do you have?", "welche lektionen gibt es noch",
        "montre-moi les autres leçons",
        "qué otras lecciones hay", "还有什么别的课程",
    ],
    "explain": ["can you explain it in other words", "explain the question please"],
    "example": ["show me another example please", "noch ein beispiel bitte"],
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in ASKED.items() for text in texts]
)
def test_a_command_is_obeyed_at_any_step(name: str, text: str, step: Step) -> None:
    """With what is polite around it, or nearly spelt so."""
    reading = read_message(text, step)
    assert (reading.kind, reading.command) == ("command", name)


@pytest.mark.parametrize(
    "text",
    [
        "no hint please", "thanks for the hint", "muchas gracias por la ayuda",
        "danke für den tipp", "merci pour l'aide", "谢谢你的提示", "don't skip this",
        "why can't i skip this question",
        "keinen hinweis bitte",
        "je veux pas d'indice", "no quiero una pista", "不要提示", "the hint didn't help",
        "i don't understand the hint", "den hinweis versteh ich nicht",
        "no entiendo la segunda pista",
        "this is an example of a bad lesson", "try again later", "my next lesson is maths",
    ],
)  # fmt: skip
def test_what_only_speaks_of_a_command_is_none(text: str) -> None:
    """Nor is what says that it is not wanted."""
    assert command_in(text) == ""


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize(
    "text",
    ["skip()", "next()", "`next`", "help(len)", "example = 3", "hint[0]", "again(2)", "{skip}"],
)
def test_code_is_no_command(text: str, step: Step) -> None:
    """At any step: in backticks, or as a call, an assignment or an index."""
    assert read_message(text, step).kind != "command"


@pytest.mark.parametrize(
    "text", ["**skip**", '"skip"', "*skip*", "skip!", "(skip)", "skip :)", "skip ;)"]
)
def test_a_command_may_be_dressed(text: str) -> None:
    """As the tutor writes it, or with a smile."""
    assert command_in(text) == "skip"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("keyword", "pass", "wrong"), ("keyword", "return", "wrong"),
        ("keyword", "Return", "wrong"),
        ("keyword", "next", "command"), ("keyword", "help", "command"),
        ("keyword", "continue", "wrong"),
        ("name", "help", "right"), ("name", "return", "wrong"), ("name", "skip", "command"),
        ("number", "pass", "command"), ("number", "return", "command"),
        ("prose", "next", "command"),
        ("code", "return", "command"),
    ],
)  # fmt: skip
def test_a_command_is_a_guess_where_it_may_be_one(name: str, text: str, kind: str) -> None:
    """Where a name is asked for, and the word is one of the step, or a keyword as an answer is."""
    assert read_message(text, STEPS[name]).kind == kind


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_a_suggestion_is_its_command_at_any_step(step: Step, lang: str) -> None:
    """A click sends its text."""
    names = ("hint", "explain", "example", "skip", "again", "lessons", "back")
    chips = [phrases_in(lang).chip(name) for name in names]
    assert [read_message(chip, step).command for chip in chips] == list(names)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("hint", 0), ("next hint", 0), ("give me one hint", 0), ("ein tipp bitte", 0),
        ("repeat hint 1", 1), ("show me the 2nd hint again", 2), ("hint number 2", 2),
        ("kannst du mir bitte nochmal den ersten Hinweis zeigen", 1), ("den 2. Tipp nochmal", 2),
        ("le deuxième indice encore une fois", 2), ("repite la primera pista", 1),
        ("再说一遍第一个提示", 1), ("the last hint please", LAST), ("repeat the hint", LAST),
    ],
)  # fmt: skip
def test_a_hint_that_was_given_is_named_by_its_number(text: str, number: int) -> None:
    """Or it is the last one."""
    reading = read_message(text, STEPS["code"])
    assert (reading.command, reading.number) == ("hint", number)


def test_a_hint_that_was_given_is_repeated_and_costs_nothing() -> None:
    """One that was not given yet is the next one."""
    pupil = Pupil(lesson_of("ant"))
    assert "first hint" in pupil.says("hint 1")
    for text in (
        "hint 1",
        "repeat the hint",
        "show me the first hint again",
        "nochmal den Hinweis",
    ):
        assert "first hint" in pupil.says(text)
        assert (pupil.state["hints"], pupil.state["attempts"]) == (1, 0)
    assert "second hint" in pupil.says("hint 2")
    assert "first hint" in pupil.says("the first hint again please")
    assert pupil.state["hints"] == 2


@pytest.mark.parametrize(
    "text",
    [
        "which lessons are left?", "welche lektionen sind noch übrig", "quelles leçons restent",
        "qué lecciones quedan", "还剩哪些课程", "what other lessons remain",
    ],
)  # fmt: skip
def test_the_lessons_that_are_left(text: str) -> None:
    """In each language."""
    assert command_in(text) == "lessons"


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize(
    "rest", ["hint", "i need help", "skip", "hint please", "hilfe", "what now, give me a hint"]
)
def test_a_command_beside_a_pasted_error_is_about_the_error(rest: str, step: Step) -> None:
    """So it gives no hint of the step."""
    error = "NameError: name 'prise' is not defined"
    for text in (f"{error}, {rest}", f"{rest}, {error}"):
        reading = read_message(text, step)
        assert (reading.kind, reading.error is not None) == ("talk", True), text


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("i forgot the question, can you show it again", "again"),
        ("can i skip it? i dont like maps", "skip"),
        ("kann ich das überspringen? ich mag keine listen", "skip"),
        ("hast du einen hinweis für mich?", "hint"), ("tienes una pista para mí", "hint"),
        ("welche lektionen gibts noch", "lessons"),
    ],
)  # fmt: skip
def test_a_command_beside_talk(text: str, command: str) -> None:
    """One of two sentences is the command."""
    assert command_in(text) == command


@pytest.mark.parametrize(
    "text", ["i don't like hints, i like maps", "why skip it? i like it", "again, i hate this"]
)
def test_talk_beside_talk_is_no_command(text: str) -> None:
    """A single word in it asks for nothing."""
    assert command_in(text) == ""
