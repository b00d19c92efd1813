"""A message is read in the words of the step's texts, and a word that denies turns its sense."""

from __future__ import annotations

import pytest

from tutor_widget.server.tutors.lesson.judge import Verdict, in_words_of, judge_choice, judge_text
from tutor_widget.server.tutors.lesson.normal import clean

RIGHT, WRONG, NONE = Verdict.RIGHT, Verdict.WRONG, Verdict.NONE
WHEN = ("always", "when the light is on", "when the switch is true", "when the switch is false")
WHEN_ZH = ("总是", "开关为真时", "开关为假时")
ROBOT = ("It beeps.", "It moves without beeping.", "Its battery is deleted.")
BOTH = ("one of the doors is open", "both of the doors are open", "both of the doors are shut")
LETTER = "What becomes of the old letter, the 4?"
LETTERS = ("it is deleted", "it is gone", "it is replaced", "it is replaced by 7", "it becomes 7")
HEADS = "`lines` stand below a head. What do they have that others lack?"


def chosen(text: str, letter: str, choices: tuple[str, ...], question: str = "When?") -> Verdict:
    return judge_choice(clean(text), choices, letter, question=question)


def is_right(text: str, answers: tuple[str, ...], question: str) -> bool:
    return judge_text(clean(text), answers, question=question) is RIGHT


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("when the switch is false", RIGHT), ("if its false", RIGHT),
        ("whenever it's untrue", RIGHT),
        ("only if the switch isnt true", RIGHT), ("when the switch is not true", RIGHT),
        ("when it isn't met", RIGHT), ("wenn der switch falsch ist", RIGHT),
        ("when the switch is true", WRONG), ("if it isn't false", WRONG), ("every time", WRONG),
        ("if the light is on", WRONG), ("when the moon is full", NONE),
    ],
)  # fmt: skip
def test_a_choice_in_other_words(text: str, verdict: Verdict) -> None:
    """Conjunctions make no difference; what is not true is false."""
    assert chosen(text, "D", WHEN) is verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("开关为假的时候", RIGHT), ("开关不成立时", RIGHT), ("如果开关是假的", RIGHT),
        ("当开关为真", WRONG), ("每次", WRONG),
    ],
)  # fmt: skip
def test_a_choice_in_other_chinese_words(text: str, verdict: Verdict) -> None:
    """Words stand side by side there."""
    assert chosen(text, "C", WHEN_ZH, "什么时候执行？") is verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("it moves but doesnt beep", RIGHT), ("moves without beeping", RIGHT),
        ("it moves beeping", WRONG), ("the battery gets erased", WRONG),
        ("it deletes its battery", WRONG),
    ],
)  # fmt: skip
def test_what_a_choice_denies(text: str, verdict: Verdict) -> None:
    """Who says it without the denial says something else."""
    assert chosen(text, "B", ROBOT, "What happens?") is verdict


def test_words_of_several_choices() -> None:
    """The question may tell which one is meant; without it, none is, unless all are wrong."""
    question = "When may you go, if doors that are open let you out?"
    assert chosen("both", "B", BOTH, question) is RIGHT
    assert chosen("both of them", "B", BOTH, "When?") is NONE
    assert chosen("both of the doors", "A", BOTH, "When?") is WRONG


@pytest.mark.parametrize(
    "text",
    [
        "it vanishes", "it's erased", "the four is thrown away", "python deletes it",
        "7 replaces it",
        "it turns into 7", "it gets deleted and the 7 is there instead", "es wird gelöscht",
        "the computer forgets it", "theyre deleted", "u can say its gone",
        "its overwritten by the 7",
    ],
)  # fmt: skip
def test_a_statement_in_other_words(text: str) -> None:
    """Also if it tells what somebody does to the thing, and what comes then."""
    assert is_right(text, LETTERS, LETTER)


@pytest.mark.parametrize(
    "text",
    [
        "it stays", "it deletes 7", "it deletes python", "the 7 is erased", "it isn't erased",
        "it gets deleted and the key too", "it turns into 8", "it is kept and the 7 is added",
    ],
)  # fmt: skip
def test_a_statement_of_another_sense(text: str) -> None:
    """Another thing, another number, or the opposite."""
    assert not is_right(text, LETTERS, LETTER)


@pytest.mark.parametrize(
    "text", ["because they are indented", "they r indented", "they've indents"]
)
def test_a_reason_alone_is_the_answer(text: str) -> None:
    """And pronouns may be written in a hurry."""
    assert is_right(text, ("indentation", "they are indented", "indents"), HEADS)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("旧值被覆盖了", True), ("旧的值会被替换掉", True), ("值4被7替换了", True),
        ("已经消失了", True),
        ("7被替换了", False), ("没有被替换", False), ("还在", False), ("变成8", False),
    ],
)  # fmt: skip
def test_a_chinese_statement(text: str, verdict: bool) -> None:
    """Words of two characters are answers, and others around them may be known words."""
    answers = ("被替换", "没有了", "变成7")
    assert is_right(text, answers, "`x = 7` 执行后，原来的值 4 会怎样？") is verdict


def test_what_is_missing() -> None:
    """Who forgot it says what is missing, if that is asked. A sign may be among the answers."""
    answers = ("a bracket", "the bracket", ")")
    assert is_right("u forgot the bracket", answers, "What is missing in `f(1`?")
    assert is_right(")", answers, "What is missing in `f(1`?")
    assert not is_right("u forgot the bracket", answers, "What is in `f(1`?")


def test_denials_are_one_word() -> None:
    """It "isn't" what it "is not"."""
    answers = ("the function is not defined",)
    assert is_right("the function isn't defined", answers, "What is wrong?")
    assert not is_right("the function is defined", answers, "What is wrong?")


def test_the_words_of_texts() -> None:
    """A sense that choices say in two ways is left as it is; so is a long text."""
    assert in_words_of("it is erased", ["it is deleted"]) == "it is deleted"
    assert in_words_of("erased", ["deleted", "lost"], are_choices=True) == "erased"
    assert in_words_of("when erased", ["deleted"], are_choices=True) == "deleted"
    assert in_words_of("two", ["2", "3"], are_choices=True) == "2"
    long = "erased " * 40
    assert in_words_of(long, ["deleted"]) == long


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("error", RIGHT), ("it crashes with an error", RIGHT), ("es gibt einen fehler", RIGHT),
        ("you just get an error", RIGHT),
        ("can you look at this error?", NONE), ("my last error was yesterday", NONE),
        ("where does the error come from", NONE), ("el tutor tuvo un error", NONE),
    ],
)  # fmt: skip
def test_an_error_without_its_name_is_that_of_the_choice_only_if_it_is_all(
    text: str, verdict: Verdict
) -> None:
    """What a program does is a choice; what somebody says about an error is none."""
    choices = ("It prints `7`.", "Python stops with an `IndexError`.")
    assert chosen(text, "B", choices, "What happens?") is verdict


@pytest.mark.parametrize("text", ["¡De nada!", "de rien", "De nada, amigo"])
def test_a_word_within_a_courtesy_has_no_sense_of_its_own(text: str) -> None:
    """Alone, "nada" is "nothing"."""
    choices = ("Nothing appears.", "The text appears.")
    assert chosen("nada", "A", choices, "What appears?") is RIGHT
    assert chosen(text, "A", choices, "What appears?") is NONE
