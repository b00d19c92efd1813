"""Steps that are to be solved without help."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.phrases import LANGUAGES, phrases_in
from tutor_widget.server.tutors.lesson.steps import Mistake, Step

HELP: dict[str, Any] = {"also": "in other words", "example": "a worked example", "unassisted": True}
CHECK = replace(
    lesson_of("ant", "bee", **HELP), glossary={"ant": "A small animal.", "say": "To speak."}
)
MESSAGES = [
    "hint", "example", "explain", "an example please", "in other words", "Hinweis", "Beispiel",
    "why?", "I don't understand", "what is an ant?", "what does say mean?", "can you help me?",
    "I don't know", "huh",
]  # fmt: skip


@pytest.mark.parametrize("text", MESSAGES)
def test_no_help_is_given_before_the_answer(text: str) -> None:
    """No hint, no other words, no example, no explanation, no word of the glossary."""
    pupil = Pupil(CHECK)
    for _ in range(5):
        reply = pupil.says(text)
        for given in ("first hint", "in other words", "worked", "So ant", "small", "To speak"):
            assert given not in reply
    assert (pupil.state["step"], pupil.state["attempts"], pupil.state["hints"]) == (1, 0, 0)


@pytest.mark.parametrize("lang", ["en", "de", "fr", "es", "zh"])
@pytest.mark.parametrize("text", ["hint", "example", "explain"])
def test_who_asks_for_help_hears_why_there_is_none(text: str, lang: str) -> None:
    """In the sentence that was said with the question."""
    pupil = Pupil(CHECK, lang=lang)
    asked = pupil.says("again")
    reply = pupil.says(text).split("\n\n")[0]
    assert reply in asked


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_check_is_stands_before_its_question(lang: str) -> None:
    """Whenever it is asked: at first, again, after another step, after another lesson."""
    first = replace(lesson_of("owl").steps[0], unassisted=False)
    pupil = Pupil(
        replace(CHECK, steps=(first, *CHECK.steps)), lesson_of("oak", name="b"), lang=lang
    )
    said = phrases_in(lang).say("check")
    for text in ("owl", "again", "lesson 2", "lesson 1"):
        reply = pupil.says(text)
        assert (said in reply) is (text != "lesson 2")
        assert said not in reply or reply.index(said) < reply.index("Say ant!")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_check_cannot_be_skipped(lang: str) -> None:
    """The learner is told what to do, and stays."""
    pupil = Pupil(CHECK, lang=lang)
    for _ in range(2):
        assert phrases_in(lang).say("check_skip") in pupil.says("skip")
        assert (pupil.state["step"], pupil.state["progress"]) == (1, 0)


def test_no_suggestion_promises_help() -> None:
    """Nor a way on without an answer."""
    assert Pupil(CHECK).state["suggestions"] == []


def test_an_error_of_the_question_is_not_explained() -> None:
    """One of the learner's own is."""
    step = replace(CHECK.steps[0], question="What is wrong?\n\n    KeyError: 'owl'")
    pupil = Pupil(replace(CHECK, steps=(step,)))
    assert "explained" not in pupil.says("KeyError: 'owl'")
    assert "explained" in pupil.says("NameError: name 'x' is not defined")


def test_the_explanation_comes_with_a_right_answer_and_not_with_a_wrong_one() -> None:
    """Of a check the answer is not told."""
    pupil = Pupil(CHECK)
    assert "So ant it is" in pupil.says("ant")
    assert "So bee it is" not in pupil.says("dog")
    assert (pupil.state["done"], pupil.state["score"]) == (True, 1)


TABLE = Step(
    "What is 2 times 7?", ("hint",), "Twice 7 is 14.", number=14, unassisted=True,
    mistakes=(Mistake(("9",), "You added."),),
)  # fmt: skip
WORD = Step(
    "What is stressed backwards?", ("hint",), "It is read from its end.", answers=("desserts",),
    unassisted=True, mistakes=(Mistake(("dessert",), "A letter is missing."),),
)  # fmt: skip


def checked(*steps: Step, lang: str = "en") -> Pupil:
    last = replace(TABLE, question="And what is 14?")
    return Pupil(replace(CHECK, steps=(*steps, last)), lang=lang)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("step", "text", "said"),
    [
        (TABLE, "9", ("You added.",)),
        (TABLE, "it is 9", ("You added.",)),
        (TABLE, "8", ()),
        (WORD, "dessert", ("A letter is missing.", "It is read from its end.")),
        (WORD, "dessert, right?", ("A letter is missing.", "It is read from its end.")),
        (WORD, "strawberry", ("It is read from its end.",)),
    ],
)
def test_a_failed_check_helps_to_see_why(
    step: Step, text: str, said: tuple[str, ...], lang: str
) -> None:
    """What the author wrote for the mistake; the explanation if it does not tell the answer. Then
    the next step is asked."""
    pupil = checked(step, lang=lang)
    reply = pupil.says(text)
    steps = (TABLE, WORD)
    written = [step.explanation for step in steps] + [step.mistakes[0].say for step in steps]
    assert {one for one in written if one in reply} == set(said)
    assert step.solution not in reply.partition("And what")[0]
    assert pupil.state["step"] == 2


@pytest.mark.parametrize("text", ["7*2", "2 * 7", "14 or 15", "is it hard?", "what?", "hmm", "idk"])
def test_what_is_no_finished_answer_does_not_spend_the_try(text: str) -> None:
    """An expression, two answers, a question."""
    pupil = checked(TABLE)
    pupil.says(text)
    assert (pupil.state["step"], pupil.state["attempts"]) == (1, 0)


@pytest.mark.parametrize("text", ["desserts", "step 1", "1", "the first one"])
def test_a_check_has_one_try(text: str) -> None:
    """It is not offered at the end, cannot be named there, and its answer comes too late."""
    pupil = Pupil(replace(CHECK, steps=(WORD,)))
    assert "**Step 1**" not in pupil.says("strawberry")
    assert "Step 1" not in pupil.state["suggestions"]
    reply = pupil.says(text)
    assert "Right!" not in reply
    assert WORD.question not in reply
    assert (pupil.state["done"], pupil.state["score"], pupil.state["missed"]) == (
        True,
        0,
        pupil.state["spent"],
    )


def test_the_other_steps_can_still_be_tried_at_the_end() -> None:
    """Beside a check that was failed."""
    pupil = Pupil(replace(CHECK, steps=(WORD, replace(TABLE, unassisted=False))))
    pupil.says("strawberry")
    reply = pupil.says("skip")
    assert "**Step 2**" in reply
    assert "**Step 1**" not in reply
    assert "Right!" in pupil.says("14")


def test_a_lesson_that_is_begun_anew_asks_its_check_anew() -> None:
    """With a try of its own."""
    pupil = Pupil(replace(CHECK, steps=(WORD,)))
    pupil.says("strawberry")
    assert WORD.question in pupil.says("again")
    assert pupil.state["spent"] == []
    assert "Right!" in pupil.says("desserts")


def test_a_check_that_was_never_asked_has_its_try() -> None:
    """A teacher has put it before the learner's place. It is offered at the end."""
    first, last = lesson_of("owl", "fox").steps
    pupil = Pupil(replace(CHECK, steps=(first, last)))
    pupil.says("owl")
    pupil.change(replace(CHECK, steps=(first, WORD, last)))
    assert "**Step 2**" in pupil.says("fox")
    assert "Right!" in pupil.says("desserts")


@pytest.mark.parametrize("text", ["why?", "what was the answer to the last one?", "I like cheese"])
def test_no_model_speaks_after_a_failed_check_is_the_end(text: str) -> None:
    """The lesson can be begun anew, and a model could tell what is asked then."""
    pupil = Pupil(replace(CHECK, steps=(WORD,)), has_voice=True)
    pupil.says("strawberry")
    pupil.says(text)
    assert pupil.said.brief is None
