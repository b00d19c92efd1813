"""What talk is given: help in turns, and friendly lines that use up none of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.support.lessons import Pupil, lesson_of
from tests.support.steps import step_of
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in
from tutor_widget.server.tutors.lesson.reading import read_message
from tutor_widget.server.tutors.lesson.steps import Mistake

HELP: dict[str, Any] = {"also": "in other words", "example": "a worked example"}
ANIMALS = lesson_of("ant", "bee", **HELP)
LOST = ["I don't get it", "idk", "why?", "keine Ahnung", "je comprends pas", "no lo sé", "不懂"]


def costs(pupil: Pupil) -> tuple[object, ...]:
    return tuple(pupil.state[key] for key in ("step", "score", "attempts", "hints", "progress"))


@pytest.mark.parametrize("text", [*LOST, "I give up", "just tell me the answer"])
def test_help_comes_in_turns(text: str) -> None:
    """Other words, the example, the hint that is due; which is not counted, and stays due."""
    pupil = Pupil(ANIMALS)
    before = costs(pupil)
    for _ in range(2):
        for help_given in ("in other words", "a worked example", "Hint 1 of 2: first hint"):
            reply = pupil.says(text)
            assert help_given in reply
            assert "second hint" not in reply
            assert "So ant" not in reply
    assert costs(pupil) == before
    assert "Hint 1 of 2: first hint" in pupil.says("Hint")
    replies = [pupil.says(text) for _ in range(3)]
    assert "Hint 2 of 2: second hint" in replies[-1]
    assert pupil.state["hints"] == 1


def test_who_has_had_all_hints_gets_the_last_one_again() -> None:
    """Talk is never told the answer."""
    pupil = Pupil(lesson_of("ant"))
    replies = [pupil.says(text) for text in ("hint", "hint", *["why?", "I'm lost"] * 3)]
    assert all("second hint" in reply for reply in replies[2:])
    assert all("So ant" not in reply for reply in replies)
    assert all(one != other for one, other in pairwise(replies))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_who_begs_hears_that_it_is_too_early(lang: str) -> None:
    """And is helped; at a check, too."""
    for unassisted in (False, True):
        pupil = Pupil(lesson_of("ant", "bee", unassisted=unassisted, **HELP), lang=lang)
        reply = pupil.says("tell me the answer")
        assert reply.startswith(phrases_in(lang).say("not_yet"))
        assert "So ant" not in reply
        assert ("in other words" in reply) is not unassisted


CHATTER = [
    "hello", "hi", "thanks", "thx", "lol", "ok", "yay", "nah", "this is boring", "I hate this",
    "asdfgh", "my dog ate my homework", "do you like pizza?", "danke", "mir ist langweilig",
    "salut", "gracias", "好的", ":D",
]  # fmt: skip


@pytest.mark.parametrize("text", CHATTER)
def test_chatter_uses_up_no_help(text: str) -> None:
    """A friendly line, and the question. No line comes twice in a row."""
    pupil = Pupil(ANIMALS)
    before = costs(pupil)
    replies = [pupil.says(text) for _ in range(5)]
    assert all("Say ant!" in reply for reply in replies)
    assert all(one != other for one, other in pairwise(replies))
    assert not any("Once more" in reply or "in other words" in reply for reply in replies)
    assert costs(pupil) == before
    assert pupil.state["helped"] == 0
    assert "in other words" in pupil.says("I don't get it")


def test_different_chatter_has_different_lines() -> None:
    """Each is answered for what it is."""
    pupil = Pupil(ANIMALS)
    first = [pupil.says(text).split("\n\n")[0] for text in ("hi", "thanks", "bye", "bored", "ugh")]
    assert len(set(first)) == 5


@pytest.mark.parametrize(("lang", "said"), [("en", "Explain"), ("de", "Erklären"), ("zh", "解释")])
def test_explain_always_explains(lang: str, said: str) -> None:
    """In other words, or with the example, or the hint that is due; as often as it is said."""
    for more in (HELP, {"example": "a worked example"}, {}):
        pupil = Pupil(lesson_of("ant", **more), lang=lang)
        given = next(iter(more.values()), "first hint")
        replies = [pupil.says(said) for _ in range(4)]
        assert all(given in reply for reply in replies)
        assert all(one != other for one, other in pairwise(replies))
        assert pupil.state["hints"] == 0


def test_an_example_comes_as_often_as_it_is_asked_for() -> None:
    """Without one, something else helps."""
    pupil = Pupil(ANIMALS)
    replies = [pupil.says("Example") for _ in range(4)]
    assert all("a worked example" in reply for reply in replies)
    assert "first hint" in pupil.says("why?")
    pupil = Pupil(lesson_of("ant", also="in other words"))
    assert "no example" in pupil.says("example")
    assert "in other words" in Pupil(lesson_of("ant", also="in other words")).says("example")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_hint_says_what_can_be_done_now(lang: str) -> None:
    """Who has not tried is not told to try again; who had the last one is told what comes next."""
    say = phrases_in(lang).say
    pupil = Pupil(lesson_of("ant", "bee"), lang=lang)
    assert pupil.says("hint").endswith(say("try_it"))
    assert pupil.says("hint").endswith(say("last_hint"))
    assert "So ant it is" in pupil.says("hint")
    assert pupil.says("dog").endswith(say("try_again"))
    assert pupil.says("cow").endswith(say("last_hint"))


def test_a_mistake_behind_the_last_hint_promises_no_more_hints() -> None:
    """The answer comes next."""
    pupil = Pupil(lesson_of("ant", mistakes=(Mistake(("dog",), "A dog?"),)))
    assert pupil.says("dog").endswith("say **hint** for more.")
    pupil.says("hint")
    pupil.says("hint")
    assert pupil.says("dog").endswith("I will tell you the answer.")


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "how many questions are left"), ("en", "did i get any right"),
        ("de", "wie viele fragen noch"), ("de", "hab ich was richtig"),
        ("fr", "il en reste combien"), ("es", "cuántas quedan"), ("zh", "还有几题"),
    ],
)  # fmt: skip
def test_who_asks_how_far_it_is_hears_it(lang: str, text: str) -> None:
    """How many steps are solved, of how many; it uses up no help."""
    pupil = Pupil(ANIMALS, lang=lang)
    pupil.says("ant")
    before = costs(pupil)
    assert phrases_in(lang).say("so_far", score=1, of=2) in pupil.says(text)
    assert costs(pupil) == before
    assert "in other words" in pupil.says("idk")


@pytest.mark.parametrize("text", ["pls", "bitte bitte", "s'il te plaît", "por favor", "求你了"])
def test_who_only_begs_is_helped(text: str) -> None:
    """What is begged for is no hint that counts."""
    pupil = Pupil(ANIMALS)
    assert "in other words" in pupil.says(text)
    assert pupil.state["hints"] == 0


def test_who_speaks_of_the_step_without_an_answer_is_helped() -> None:
    """And not sent back to the lesson, which it is about."""
    step = step_of("What is `[10, 20][1]`?", number=20, also="in other words")
    assert read_message("das erste ist doch 10", step).subject == "help"
    assert read_message("my 10 dogs are asleep", step).subject == "chat"


@pytest.mark.parametrize("text", ["maybe", "vielleicht", "peut-être", "tal vez", "也许"])
def test_a_doubt_without_an_answer_costs_nothing(text: str) -> None:
    """Though one word is asked for."""
    step = step_of("Which function is called?", answers=("help",))
    assert read_message(text, step).kind == "talk"


@pytest.mark.parametrize(
    "text",
    ["are you a real person", "bist du ein mensch", "tu es humain ?", "eres humano", "你是人吗"],
)
def test_who_asks_what_the_tutor_is_hears_that_it_is_a_program(text: str) -> None:
    """In the words of its greeting, in whatever language it is asked."""
    pupil = Pupil(ANIMALS)
    assert phrases_in("en").say("greeting") in pupil.says(text)


@pytest.mark.parametrize("text", ["ok whats next", "und jetzt?", "et maintenant ?", "y ahora qué"])
def test_who_asks_what_is_next_hears_the_question(text: str) -> None:
    """And loses no step."""
    pupil = Pupil(ANIMALS)
    before = costs(pupil)
    pupil.says(text)
    assert costs(pupil) == before
