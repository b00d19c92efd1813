"""What has the form of a question, or of prose, and is an answer; and the other way round."""

from __future__ import annotations

import pytest

from tests.support.steps import step_of
from tutor_widget.server.tutors.lesson.reading import read_message
from tutor_widget.server.tutors.lesson.steps import Step

GATE = step_of(
    "When does the gate open?",
    choices=("never", "only when the light is green", "only when the light is red"),
    correct="B",
)
PAIR = step_of(
    "Two switches are joined by `and`. When does the bell ring?",
    choices=("one of them is on", "both of them are on", "both of them are off"),
    correct="B",
)
SHARED = step_of(
    "What does `a & b` give?",
    choices=("all that is in a or b", "only what is in both of them", "an error"),
    correct="B",
)
ASSIGNED = step_of(
    "`n` holds a number. Write a line that adds one to it.",
    answers=("n = n + 1", "n += 1"),
    case=True,
)
HEAD = step_of(
    'Write the line that asks whether `name` is "Bo".', answers=('if name == "Bo":',), case=True
)
SET = step_of("Write an expression that makes a set of `row`.", answers=("set(row)",), case=True)
TYPE = step_of("Which function makes a whole number of a text?", answers=("int", "int()"))
ERROR = step_of('`"2" + 2` fails. How is the error called?', answers=("TypeError",))
GLOVES = step_of("Max has 4 gloves and finds 7 more gloves. How many are that?", number=11)
WORD = step_of("Which keyword defines a function?", answers=("def",))
BACK = step_of("Which keyword gives a value back?", answers=("return",))
KIND = step_of("What is `xs` in `for x in xs:`?", answers=("list", "a list", "a row of tones"))
NOTE = step_of("What becomes of a line behind `#`?", answers=("it is ignored", "a comment"))
LOUD = step_of(
    "What happens at `play('x')`?",
    choices=("It is louder than 10.", "Python stops with a `TypeError`.", "It is less than 10."),
    correct="B",
)
LETTERS = step_of('What does `print("foxy"[:3])` print?', answers=("fox",))


def kind(text: str, step: Step) -> str:
    return read_message(text, step).kind


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ("when the light is green", GATE, "right"), ("if its green", GATE, "right"),
        ("when the light is red", GATE, "wrong"), ("when is the light green", GATE, "talk"),
        ("when the light is green?", GATE, "talk"), ("when i come home", GATE, "talk"),
        ("when both are on", PAIR, "right"), ("when both are off", PAIR, "wrong"),
        ("when are both on", PAIR, "talk"),
        ("what is in both", SHARED, "right"), ("whats in both", SHARED, "right"),
        ("what is a or b", SHARED, "talk"), ("what is both", SHARED, "talk"),
        ("green what", GATE, "talk"),
    ],
)  # fmt: skip
def test_a_clause_that_answers(text: str, step: Step, expected: str) -> None:
    """It has the words of a choice in their order, and no question mark."""
    assert kind(text, step) == expected


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ('if (name == "Bo"):', HEAD, "right"), ('if(name=="Bo"):', HEAD, "right"),
        ('if (name = "Bo"):', HEAD, "wrong"), ('if (name == "Bo")', HEAD, "wrong"),
        ("n = n + 1\nprint(n)", ASSIGNED, "right"), ("n += 1; print(n)", ASSIGNED, "right"),
        ("n = n + 1\nn = 7", ASSIGNED, "two"), ("print(n)", ASSIGNED, "wrong"),
        ("s = set(row)", SET, "right"), ("row = set[row]", SET, "wrong"),
        ("s == set(row)", SET, "wrong"),
        ("def f():", WORD, "right"), ("def f", WORD, "wrong"), ("class A:", WORD, "wrong"),
        ("f o x", LETTERS, "right"), ("f-o-x", LETTERS, "right"), ("o x", LETTERS, "wrong"),
    ],
)  # fmt: skip
def test_code_as_it_is_pasted(text: str, step: Step, expected: str) -> None:
    """Brackets around a condition, a line that shows the result, a name for it, the whole line."""
    assert kind(text, step) == expected


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ("int instead of str", TYPE, "right"), ("str instead of int", TYPE, "wrong"),
        ("int,float", TYPE, "two"), ("u write int", TYPE, "right"), ("u do int()", TYPE, "right"),
        ("python says TypeError", ERROR, "right"),
        ("my computer throws a type error", ERROR, "right"),
        ("python says NameError", ERROR, "wrong"), ("nobody says TypeError", ERROR, "wrong"),
        ("sounds like a robot", TYPE, "talk"),
    ],
)  # fmt: skip
def test_frames_and_denials(text: str, step: Step, expected: str) -> None:
    """What stands around an answer in a hurry."""
    assert kind(text, step) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i lost 11 gloves last winter", "talk"),
        ("letztes jahr hatte ich 11", "talk"),
        ("l'hiver dernier il y avait 11", "talk"),
        ("i got 11 in my test", "talk"),
        ("i have 11 red cats", "talk"),
        ("i think 11", "right"),
        ("i got 11", "right"),
        ("i counted 11 gloves", "right"),
    ],
)
def test_numbers_of_life(text: str, expected: str) -> None:
    """A time of somebody's life makes a remark of it; a guess is none."""
    assert kind(text, GLOVES) == expected


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ("u use return", BACK, "right"), ("return i think", BACK, "right"),
        ("back", BACK, "command"),
        ("lists", KIND, "right"), ("a list of tones", KIND, "right"),
        ("a list or a set", KIND, "wrong"),
        ("its skipped", NOTE, "right"), ("its just a comment", NOTE, "right"),
        ("its printed", NOTE, "wrong"),
        ("it crashes", LOUD, "right"), ("you get an error", LOUD, "right"),
        ("its below 10", LOUD, "wrong"),
    ],
)  # fmt: skip
def test_words_of_two_kinds(text: str, step: Step, expected: str) -> None:
    """Of commands, of code, of another language, or for what a choice says in its own way."""
    assert kind(text, step) == expected


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ("the second one i tested it", GATE, "right"),
        ("its def i saw it on youtube", WORD, "right"),
        ("B ich habs ausprobiert eben", GATE, "right"), ("the first one i tested it", GATE, "talk"),
        ("lambda i saw it on youtube", WORD, "talk"), ("its def i dont think so", WORD, "talk"),
        ("def i mean lambda really", WORD, "wrong"), ("def i think its lambda", WORD, "wrong"),
        ("its def i was wrong there", WORD, "talk"),
    ],
)  # fmt: skip
def test_a_right_answer_before_a_remark(text: str, step: Step, expected: str) -> None:
    """What somebody says of himself behind it takes nothing back, and needs no comma."""
    assert kind(text, step) == expected
