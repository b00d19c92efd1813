"""What learners say that is no answer costs nothing; a guess beside it is one all the same."""

from __future__ import annotations

import pytest

from benchmarks.tutoring.corpus import PLACES, Said, anywhere
from tests.support.steps import STEPS, step_of
from tutor_widget.server.tutors.lesson.reading import read_message
from tutor_widget.server.tutors.lesson.steps import Step

UNCOUNTED = ("explain", "example", "help", "back")
"""Commands that give no hint and no answer: they cost as little as talk."""


def kind(text: str, step: Step) -> str:
    reading = read_message(text, step)
    if reading.kind != "command":
        return reading.kind
    return "talk" if reading.command in UNCOUNTED else f"command:{reading.command}"


def at_places(said: list[Said]) -> list[tuple[str, str, list[str]]]:
    """Each message, what is expected, and what it is taken for at each of the places."""
    taken = [kind(one.text, one.asked) for one in said]
    count = len(PLACES)
    return [
        (said[n].text, said[n].expected, taken[n : n + count]) for n in range(0, len(said), count)
    ]


def test_what_is_said_anywhere_is_no_answer_anywhere() -> None:
    """Sixty messages of each language, at five steps."""
    misread = [row for row in at_places(anywhere()) if set(row[2]) != {row[1]}]
    assert misread == []


TALK = {
    "greetings": ["good afternoon", "moin", "salut", "buenas", "早安", "hiii", "cya"],
    "thanks and apologies": ["thx a lot", "vielen dank", "pardon", "lo siento", "抱歉"],
    "exclamations": [":D", ":-)", "ugh", "bruh", "boah", "bof", "uf", "唉", "ahahaha", "jajaja",
    "omggg"],
    "stalling": ["hold on", "moment mal", "attends", "un momento", "等等", "let me think"],
    "agreement": ["nope", "yeah", "nö", "ouais", "sí", "是的", "yep"],
    "moods": ["im so tired", "mir ist langweilig", "j'ai faim", "me aburro", "好无聊"],
    "complaints": [
        "this is hard", "c'est dur", "das ist zu viel", "es muy difícil", "这个好难",
        "the hint is useless", "the question is weird", "that's unfair", "python is stupid",
    ],
    "troubles": [
        "it doesn't work", "geht nicht", "funktioniert nicht", "ça marche pas", "no funciona",
        "电脑卡住了", "the page is frozen", "i can't see the code",
    ],
    "not knowing": [
        "idk", "no idea", "keine ahnung", "aucune idée", "ni idea", "不知道", "stuck",
        "I don't know", "ich weiß es nicht", "je ne sais pas", "no lo sé", "i dont get step 1",
    ],
    "not understanding": ["no lo pillo", "kapier ich nicht", "je pige rien", "看不懂"],
    "other things": ["my dog ate my keyboard", "football is better than this", "is it lunch yet"],
    "questions about a reason": [
        "is it because 0 counts", "is that because of the 2?", "it's because 0 counts?",
        "ist es weil 0 zählt", "liegt es daran, dass 0 zählt", "es porque el 0 cuenta?",
        "est-ce parce que 0 compte", "c'est parce que 0 compte ?", "是不是因为从0开始",
    ],
    "questions": ["what??", "why?", "wieso das", "pourquoi ça", "为什么", "do i need a loop"],
    "requests": ["tell me a joke", "explain the 2nd hint", "can you explain number 3"],
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("text", [text for texts in TALK.values() for text in texts])
def test_talk_costs_nothing_at_any_step(text: str, step: Step) -> None:
    """But yes and no, where they are asked for."""
    is_agreement = text in TALK["agreement"] and step is STEPS["agreement"]
    assert kind(text, step) == ("wrong" if is_agreement else "talk")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is it because indexes start at 0?", "right"),
        ("because indexes start at 0?", "right"),
        ("it's because indexes start at 0", "right"),
        ("is that because indexes start at 0", "right"),
        ("est-ce parce que indexes start at 0 ?", "right"),
        ("is it because green is longer?", "talk"),
        ("because green is longer", "wrong"),
    ],
)
def test_where_a_reason_is_asked_for_a_right_one_is_an_answer(text: str, expected: str) -> None:
    """Also as a question; a wrong one costs something only as a statement."""
    step = step_of("Why does `colours[1]` give `green`?", answers=("indexes start at 0",))
    assert kind(text, step) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("number", "5"), ("number", "sorry, 5"), ("number", "idk, 5?"), ("number", "lol its 5"),
        ("number", "keine ahnung, vielleicht 5"), ("number", "nothing"), ("number", "error"),
        ("number", "i thought it was 5"), ("number", "my friend says 5"), ("number", "5 haha"),
        ("choice", "hmm C"), ("choice", "omg its c"), ("choice", "{1, 2}"),
        ("keyword", "for"), ("keyword", "is it for?"), ("keyword", "sorry, stop"),
        ("keyword", "you write exit"), ("keyword", "ich würde sagen exit"), ("keyword", "halted"),
        ("name", "next_day"), ("name", "maybe print"), ("name", "c'est print"),
        ("code", "row[0]"), ("code", "lol row[2]"), ("code", "row(-1)"), ("code", "last"),
        ("prose", "it crashes"), ("prose", "nothing happens"), ("prose", "it prints the text"),
        ("agreement", "yes"), ("agreement", "yeah it can"),
    ],
)  # fmt: skip
def test_a_guess_stays_an_answer(name: str, text: str) -> None:
    """Behind an apology or a laugh, and in one word."""
    assert kind(text, STEPS[name]) == "wrong"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("number", "i have no idea, 4?"), ("number", "what? oh, 4"), ("number", "4, i hate sets"),
        ("number", "is 4 right?"), ("number", "ok thanks, its 4"), ("number", "i thought it was 4"),
        ("number", "my friend says 4"), ("number", "jsp, 4"), ("number", "不知道, 4吧"),
        ("choice", "sorry, B"), ("choice", "idk b"), ("keyword", "haha break"),
        ("keyword", "break lol"), ("code", "ok row[-1]"), ("prose", "it waits, duh"),
        ("agreement", "nope, no"),
    ],
)  # fmt: skip
def test_a_right_answer_beside_talk_is_right(name: str, text: str) -> None:
    """Whatever stands around it."""
    assert kind(text, STEPS[name]) == "right"


@pytest.mark.parametrize(
    "text",
    [
        "I have 4 dogs", "ich hab 4 hunde", "我有4只狗", "I did step 4 already",
        "Schritt 4 hatte ich schon",
        "the 4th hint was useless", "i'm 4", "why 4?", "why is it 4", "为什么是4",
        "4 more minutes please",
        "noch 4 minuten bitte", "question 4 was easier", "my 4 cats are asleep",
        "i saw 4 bees today",
    ],
)  # fmt: skip
def test_a_number_of_something_else_is_no_answer(text: str) -> None:
    """Of a step or hint, of what somebody has, of time; or one that is asked about."""
    assert kind(text, STEPS["number"]) == "talk"


@pytest.mark.parametrize(
    "text",
    ["4 numbers", "there are 4 of them", "we have 4 numbers", "i counted 4", "you get 4", "4 times",
     "wir haben 4", "it has 4 entries", "i see 4 different numbers", "有4个"],
)  # fmt: skip
def test_a_number_of_what_the_step_is_about_is_an_answer(text: str) -> None:
    """Whoever counts it."""
    assert kind(text, STEPS["number"]) == "right"
