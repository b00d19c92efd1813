"""Going to a lesson, and at the end of one to a step."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.steps import Mistake, Step

ANIMALS = lesson_of("ant", "bee", "cat")
PLANTS = lesson_of("oak", "elm", name="plants", title="Green plants")
NUMBERS = replace(
    lesson_of("x", name="numbers", title="Numbers"),
    steps=(Step("How many?", ("hint",), "So 2.", number=2), Step("And?", ("h",), "7.", number=7)),
)


def costs(pupil: Pupil) -> tuple[object, ...]:
    keys = ("lesson", "step", "score", "attempts", "hints", "done", "progress")
    return tuple(pupil.state[key] for key in keys)


@pytest.fixture
def pupil() -> Pupil:
    """At the second step of the first lesson, in front of the list."""
    pupil = Pupil(ANIMALS, PLANTS, NUMBERS)
    pupil.says("ant")
    pupil.says("lessons")
    return pupil


@pytest.mark.parametrize(
    "text",
    ["2", "two", "lesson two", "number 2", "the second", "the second one please", "2nd", "Lesson 2",
     "Lektion zwei", "green plants", "GREEN-plants!", "plants", "the green one", "2. Green plants"],
)  # fmt: skip
def test_a_lesson_is_chosen(pupil: Pupil, text: str) -> None:
    """By number, ordinal or title, however it is said."""
    assert "## Green plants" in pupil.says(text)
    assert pupil.record["command"] == "lesson"
    assert pupil.state["suggestions"][0] == "Hint"


@pytest.mark.parametrize(
    "text",
    ["4", "lesson 9", "0", "the fifth", "ten", "banana", "cat", "is it a bat?", "why?", "hmm",
     "I think it's a bee, because"],
)  # fmt: skip
def test_what_chooses_nothing_costs_nothing(pupil: Pupil, text: str) -> None:
    """The learner sees once more what can be chosen, and can choose."""
    before = costs(pupil)
    reply = pupil.says(text)
    assert "That is none of the lessons." in reply
    assert "2. **Green plants**" in reply
    assert "**back**" in reply
    assert costs(pupil) == before
    assert pupil.record["kind"] == "talk"
    assert pupil.state["suggestions"] == ["Lesson 1", "Lesson 2", "Lesson 3", "Back"]
    assert "## Green plants" in pupil.says("2")


def test_no_reply_comes_twice_in_a_row(pupil: Pupil) -> None:
    """Also if nothing that can be chosen is said for long."""
    replies = [pupil.says("banana") for _ in range(5)]
    assert all(one != other for one, other in pairwise(replies))


@pytest.mark.parametrize(
    ("text", "reply"),
    [("bee", "So bee it is"), ("hint", "first hint"), ("back", "Say bee!"), ("skip", "Skipped")],
)
def test_a_right_answer_or_a_command_ends_the_choice(pupil: Pupil, text: str, reply: str) -> None:
    """A number is one of the step again."""
    assert reply in pupil.says(text)
    assert "Lesson 2" not in pupil.state["suggestions"]
    pupil.says("2")
    assert pupil.state["lesson"] == "animals"


def test_a_number_of_the_list_is_no_answer() -> None:
    """Even if the step asks for it. One beyond the list is, if it is right."""
    pupil = Pupil(NUMBERS, ANIMALS, PLANTS)
    pupil.says("lessons")
    assert "## Animals" in pupil.says("2")
    pupil.says("Numbers")
    pupil.says("2")
    pupil.says("lessons")
    assert "none of the lessons" in pupil.says("8")
    assert "3 of 2" not in pupil.says("7")
    assert (pupil.state["score"], pupil.state["done"]) == (2, True)


def test_a_lesson_that_is_not_there_can_be_asked_for_at_any_time() -> None:
    """It is no wrong answer, and the list says what there is."""
    pupil = Pupil(NUMBERS, ANIMALS)
    before = costs(pupil)
    assert "2. **Animals**" in pupil.says("lesson 9")
    assert costs(pupil) == before
    assert "## Animals" in pupil.says("2")


def titled(step: Step, title: str = "Lists") -> Pupil:
    """At this step, beside a lesson with this title."""
    first = replace(lesson_of("x"), steps=(step,))
    return Pupil(first, lesson_of("y", name="other", title=title))


TEXT = Step("What are they?", ("h", "i"), "Lists.", answers=("lists",))
CHOICE = Step("Which?", ("h", "i"), "Those.", choices=("sets", "lists"), correct="B")
MISTAKE = Step("Which?", ("h",), "Sets.", answers=("sets",),
               mistakes=(Mistake(("lists",), "Not in this order."),))  # fmt: skip


@pytest.mark.parametrize(("step", "score", "attempts"), [
    (TEXT, 1, 0), (CHOICE, 1, 0), (replace(CHOICE, correct="A"), 0, 1), (MISTAKE, 0, 1),
])  # fmt: skip
def test_an_answer_is_no_title(step: Step, score: int, attempts: int) -> None:
    """A right one, the text of a choice, and a mistake that the author knows."""
    pupil = titled(step)
    pupil.says("Lists")
    assert (pupil.state["lesson"], pupil.state["score"]) == ("animals", score)
    assert pupil.state["attempts"] == attempts


@pytest.mark.parametrize("step", [TEXT, CHOICE, MISTAKE])
def test_a_title_is_one_for_who_asks_for_it(step: Step) -> None:
    """From the list, or with the noun."""
    for messages in (["lessons", "lists"], ["lesson lists"], ["Lektion 2"]):
        pupil = titled(step)
        for message in messages:
            pupil.says(message)
        assert pupil.state["lesson"] == "other"


def test_any_other_title_leaves_the_step() -> None:
    """As a suggestion would."""
    pupil = titled(TEXT, "Tuples")
    pupil.says("tuples")
    assert pupil.state["lesson"] == "other"


@pytest.fixture
def at_the_end() -> Pupil:
    """Of a lesson whose steps 1 and 3 were missed."""
    pupil = Pupil(ANIMALS, PLANTS)
    for message in ("skip", "bee", "skip"):
        pupil.says(message)
    return pupil


@pytest.mark.parametrize(
    "text",
    ["Step 3", "3", "3.", "three", "step three", "Schritt 3", "paso 3", "étape 3", "第 3 步",
     "third step", "can I do step 3 please"],
)  # fmt: skip
def test_at_the_end_a_missed_step_can_be_named(at_the_end: Pupil, text: str) -> None:
    """By its suggestion, by the number alone, or by the number with its noun."""
    assert "Say cat!" in at_the_end.says(text)
    assert "2 of 3" in at_the_end.says("cat")


@pytest.mark.parametrize(
    "text",
    ["I learned 3 things", "3 things", "that took 1 hour", "I have 3", "1 or 3", "-3", "2",
     "Step 2", "step 9", "the third", "3 dogs", "no 3", "in 3 days i have a test", "33"],
)  # fmt: skip
def test_at_the_end_no_other_number_names_a_step(at_the_end: Pupil, text: str) -> None:
    """Nor does a step that is solved. The learner sees what can be done."""
    before = costs(at_the_end)
    reply = at_the_end.says(text)
    assert "This lesson is finished" in reply
    assert "**Step 1**, **Step 3**" in reply
    assert costs(at_the_end) == before


def test_at_the_end_a_step_can_be_named_in_front_of_the_list(at_the_end: Pupil) -> None:
    """With its noun; a number is that of a lesson."""
    at_the_end.says("lessons")
    assert "**back**" not in at_the_end.says("nothing")
    assert "Say cat!" in at_the_end.says("step 3")
    at_the_end.says("cat")
    at_the_end.says("lessons")
    assert "## Animals" in at_the_end.says("1")


def test_a_list_that_its_author_did_not_see_chooses_nothing() -> None:
    """What was on its way is for the step, and the list stays open."""
    pupil = Pupil(ANIMALS, PLANTS)
    pupil.says("lessons")
    assert "Not quite" in pupil.says("dog", seen=1)
    assert "## Green plants" in pupil.says("2")


def test_twelve_suggestions_are_enough_for_the_way_back() -> None:
    """The widget shows no more."""
    pupil = Pupil(*(lesson_of("x", name=f"{n:02}", title=f"Title {n}") for n in range(30)))
    pupil.says("lessons")
    assert len(pupil.state["suggestions"]) == 12
    assert pupil.state["suggestions"][-1] == "Back"
