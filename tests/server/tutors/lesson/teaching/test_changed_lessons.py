"""Lessons that their teacher changes, or takes away, while learners are at them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.steps import Lesson, Step

ANIMALS = ("ant", "bee", "cat", "dog", "elk")


def pupil_at(number: int, animals: Sequence[str] = ANIMALS, missed: Sequence[str] = ()) -> Pupil:
    """A pupil who solved the steps before this one, without those that were missed."""
    pupil = Pupil(lesson_of(*animals))
    for animal in animals[: number - 1]:
        pupil.says("skip" if animal in missed else animal)
    return pupil


def numbers(pupil: Pupil) -> tuple[int, int, int, int]:
    state = pupil.state
    return state["step"], state["of"], state["score"], state["progress"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (("new", *ANIMALS), (4, 6, 2, 3)),
        (("ant", "new", "newer", "bee", "cat", "dog", "elk"), (5, 7, 2, 4)),
        ((*ANIMALS, "new"), (3, 6, 2, 2)),
        (("bee", "cat", "dog", "elk"), (2, 4, 1, 1)),
        (("cat", "dog", "elk"), (1, 3, 0, 0)),
        (("ant", "bee", "cat"), (3, 3, 2, 2)),
        (("cat", "ant", "bee", "dog", "elk"), (1, 5, 2, 2)),
        (("new", "newer", "cat", "dog", "elk"), (3, 5, 0, 2)),
        (("elk", "dog", "cat", "bee", "ant"), (3, 5, 2, 4)),
    ],
)
def test_the_question_is_the_same_wherever_it_stands_now(
    now: Sequence[str], expected: tuple[int, int, int, int]
) -> None:
    """The answer to it counts; what is solved and still there is the score, and what stands before
    the question was passed."""
    pupil = pupil_at(3)
    pupil.change(lesson_of(*now))
    assert "Not quite" in pupil.says("wrong")
    assert numbers(pupil) == expected
    assert "So cat it is" in pupil.says("cat")
    assert pupil.state["score"] == expected[2] + 1


def test_a_step_that_was_missed_is_offered_under_its_new_number() -> None:
    """And no other one."""
    pupil = pupil_at(5, missed=["bee"])
    pupil.change(lesson_of("new", *ANIMALS))
    end = pupil.says("elk")
    assert "4 of 6" in end
    assert pupil.state["suggestions"][:2] == ["Step 1", "Step 3"]
    pupil.change(lesson_of("bee", "elk"))
    assert "**Step 1**" in pupil.says("hello")
    assert pupil.state["suggestions"][0] == "Step 1"
    assert (pupil.state["score"], pupil.state["of"]) == (1, 2)


def test_a_step_that_comes_back_is_still_solved() -> None:
    """A teacher who takes it out for a moment takes no point."""
    pupil = pupil_at(4)
    pupil.change(lesson_of("ant", "cat", "dog", "elk"))
    pupil.says("hmm?")
    assert pupil.state["score"] == 2
    pupil.change(lesson_of(*ANIMALS))
    pupil.says("hmm?")
    assert numbers(pupil) == (4, 5, 3, 3)


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        (("ant", "bee", "CAT", "dog", "elk"), "CAT"),
        (("ant", "bee", "dog", "elk"), "dog"),
        (("new", "ant", "bee", "CAT", "dog", "elk"), "CAT"),
        (("ant", "BEE", "CAT", "dog", "elk"), "CAT"),
        (("bee", "CAT", "dog", "elk"), "CAT"),
        (("dog", "elk", "ant"), "dog"),
    ],
)
def test_if_the_question_is_gone_the_next_one_is_asked(now: Sequence[str], asked: str) -> None:
    """The learner hears so, and nothing that was passed is asked again."""
    pupil = pupil_at(3)
    pupil.says("wrong")
    pupil.change(lesson_of(*now))
    reply = pupil.says("cat")
    assert "has changed the lesson" in reply
    assert f"Say {asked}!" in reply
    assert (pupil.state["attempts"], pupil.state["hints"]) == (0, 0)
    assert pupil.record["kind"] == "talk"


def test_if_no_question_is_left_the_lesson_is_at_its_end() -> None:
    """The step that is taken out was the last one that the learner had not passed."""
    pupil = pupil_at(5, missed=["bee"])
    pupil.change(lesson_of("ant", "bee", "cat", "dog"))
    assert "3 of 4" in pupil.says("elk")
    assert (pupil.state["done"], pupil.state["progress"]) == (True, 4)
    assert pupil.state["suggestions"][0] == "Step 2"


def test_a_step_that_is_added_after_the_end_is_offered() -> None:
    """The bar is not full any more, and is when the step is solved."""
    pupil = pupil_at(6)
    assert numbers(pupil) == (5, 5, 5, 5)
    pupil.change(lesson_of(*ANIMALS, "fox"))
    pupil.says("hello")
    assert numbers(pupil) == (5, 6, 5, 5)
    assert pupil.state["suggestions"][0] == "Step 6"
    assert "Say fox!" in pupil.says("Step 6")
    assert "6 of 6" in pupil.says("fox")
    assert numbers(pupil) == (6, 6, 6, 6)


def test_nothing_that_was_passed_is_asked_again_before_the_end() -> None:
    """A solved step that was moved behind the place is passed over."""
    pupil = pupil_at(3)
    pupil.change(lesson_of("ant", "cat", "bee", "dog"))
    assert "Say dog!" in pupil.says("cat")
    assert "4 of 4" in pupil.says("dog")


def test_questions_in_the_same_words_are_steps_of_their_own() -> None:
    """Each is solved alone, also after one of them is taken out."""

    def step(answer: str) -> Step:
        return replace(lesson_of("x").steps[0], question="What is it?", answers=(answer,))

    def lesson(*answers: str) -> Lesson:
        return replace(lesson_of("x"), steps=tuple(map(step, answers)))

    pupil = Pupil(lesson("ant", "bee", "cat"))
    pupil.says("ant")
    pupil.says("skip")
    assert numbers(pupil) == (3, 3, 1, 2)
    pupil.says("cat")
    assert pupil.state["suggestions"][0] == "Step 2"
    pupil.change(lesson("ant", "cat"))
    pupil.says("hello")
    assert pupil.state["score"] <= pupil.state["of"] == 2


def test_the_numbers_stay_true_whatever_a_teacher_does() -> None:
    """Progress falls by no more than the lesson shrinks, and the bar is full at the end."""
    chance = random.Random(7)
    for _ in range(150):
        animals = list(ANIMALS)
        pupil = Pupil(lesson_of(*animals))
        for number in range(30):
            before = pupil.state["of"], pupil.state["progress"]
            if chance.random() < 0.4:
                animals = changed(animals, chance, f"new{number}")
                pupil.change(lesson_of(*animals))
            was_done = pupil.state["done"]
            message = chance.choice(["skip", "wrong", "hint", "lessons", animals[0], *animals])
            pupil.says("hello" if was_done else message)
            step, of, score, progress = numbers(pupil)
            assert of == len(animals)
            assert 1 <= step <= of
            assert 0 <= score <= progress <= of
            assert progress >= before[1] - max(0, before[0] - of)
            if pupil.state["done"] and not was_done:
                assert progress == of


def changed(animals: list[str], chance: random.Random, new: str) -> list[str]:
    """Some steps moved, cut, rewritten or inserted."""
    found = list(animals)
    match chance.randrange(4):
        case 0:
            chance.shuffle(found)
        case 1 if len(found) > 1:
            del found[chance.randrange(len(found))]
        case 2:
            found[chance.randrange(len(found))] = new
        case _:
            found.insert(chance.randrange(len(found) + 1), new)
    return found


# --- lessons that are taken away ------------------------------------------------------------------

PLANTS = lesson_of("oak", "elm", "fir", name="plants", title="Plants")
STONES = lesson_of("jet", "gem", name="stones", title="Stones")


def test_a_lesson_that_is_taken_away_comes_back_as_it_was() -> None:
    """The learner hears of it, and the places in the others stay."""
    pupil = pupil_at(3)
    pupil.change(lesson_of(*ANIMALS), PLANTS, STONES)
    pupil.says("Stones")
    pupil.says("jet")
    pupil.says("Plants")
    pupil.says("oak")
    pupil.change(lesson_of(*ANIMALS), STONES)
    reply = pupil.says("elm")
    assert "**Plants** is not here any more" in reply
    assert "Say cat!" in reply
    assert numbers(pupil) == (3, 5, 2, 2)
    pupil.says("Stones")
    assert numbers(pupil) == (2, 2, 1, 1)
    pupil.change(lesson_of(*ANIMALS), PLANTS, STONES)
    assert "Say elm!" in pupil.says("Plants")
    assert numbers(pupil) == (2, 3, 1, 1)


def test_a_finished_lesson_is_not_begun_again_instead_of_the_lost_one() -> None:
    """The next one that is not finished is."""
    pupil = Pupil(STONES, lesson_of(*ANIMALS), PLANTS)
    pupil.says("jet")
    pupil.says("gem")
    pupil.says("Animals")
    pupil.change(STONES, PLANTS)
    assert "Say oak!" in pupil.says("ant")


def test_what_was_attached_to_a_lost_lesson_is_explained() -> None:
    """With the sentence about the lesson behind it."""
    pupil = Pupil(PLANTS, STONES)
    pupil.change(STONES)
    reply = pupil.says("why?", about="It is a NameError.")
    assert reply.index("NameError") < reply.index("not here any more") < reply.index("Say jet!")


@pytest.mark.parametrize("lang", ["de", "es", "fr", "zh"])
def test_it_is_said_in_the_learners_language(lang: str) -> None:
    """With the title that the learner knew."""
    pupil = Pupil(PLANTS, STONES, lang=lang)
    pupil.change(STONES)
    reply = pupil.says("?")
    assert "**Plants**" in reply
    assert "not here" not in reply
