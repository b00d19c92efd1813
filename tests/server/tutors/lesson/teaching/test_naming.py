"""Which lesson or step a message names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.lessons import lesson_of
from tutor_widget.server.tutors.lesson.normal import clean
from tutor_widget.server.tutors.lesson.teaching.naming import (
    Named,
    Thing,
    lesson_by_title,
    lesson_by_words,
    named,
)

LISTS = lesson_of("x", name="lists", title="Lists in Python")
ERRORS = lesson_of("x", name="errors", title="Reading error messages")
LOOPS = replace(
    lesson_of("x", name="loops", title="Loops"),
    translations={
        "de": lesson_of("x", title="Schleifen"),
        "fr": lesson_of("x", title="Écrire des boucles"),
        "zh": lesson_of("x", title="循环"),
    },
)
LESSONS = (LISTS, ERRORS, LOOPS)


@pytest.mark.parametrize(
    ("thing", "text"),
    [
        *[("lesson", text) for text in (
            "lesson 2", "Lesson two, please", "lesson2", "lesson-2", "second lesson", "lesson 2.",
            "go to lesson 2", "the 2nd lesson", "Lektion 2", "Lektion zwei", "die zweite Lektion",
            "die 2. Lektion", "2. Lektion", "geh zu Lektion 2", "lección dos", "leccion 2",
            "la segunda lección", "leçon deux", "lecon 2", "leçon n° 2", "2e leçon",
            "la deuxième leçon", "第 2 课", "第2课", "第二课", "我想学第二课",
        )],
        *[("step", text) for text in (
            "Step 2", "step two", "STEP 2!", "the second step", "go back to step 2", "Step #2",
            "step 2 again", "Schritt 2", "schritt zwei", "2. Schritt", "der zweite Schritt",
            "Paso 2", "paso dos", "Étape 2", "etape 2", "étape deux", "第 2 步", "第2步", "第二步",
        )],
    ],
)  # fmt: skip
def test_a_number_with_its_noun(thing: Thing, text: str) -> None:
    """In each language, in digits, in words, and as an ordinal."""
    assert named(clean(text), thing) == Named(2, has_noun=True)


@pytest.mark.parametrize("text", ["2", "2.", "#2", "(2)", "2)", "2!", "two", "zwei", "dos", "二"])
def test_a_number_alone(text: str) -> None:
    """With signs that change nothing."""
    assert named(clean(text), "lesson") == Named(2, is_alone=True)
    assert named(clean(text), "step") == Named(2, is_alone=True)


@pytest.mark.parametrize(
    "text",
    ["the second", "the second one", "number 2", "2nd", "ok 2", "2 please", "let's do 2",
     "how about 2?", "I'd say 2", "die zweite", "nummer zwei", "la segunda", "el número 2",
     "la deuxième", "le numéro 2", "第二个", "第二"],
)  # fmt: skip
def test_a_number_in_words_that_say_no_more(text: str) -> None:
    """They choose from a list, and nothing else."""
    assert named(clean(text), "lesson") == Named(2)


@pytest.mark.parametrize(
    "text",
    ["", "lesson", "lessons", "a lesson", "eine Lektion bitte", "una lección", "une leçon",
     "two lessons", "I have two lessons", "2 lessons", "I learned 3 things", "3 things",
     "I have 3 dogs", "1 or 2", "-2", "lesson -2", "2%", "2/3", "1.5", "2 + 2", "not 2",
     "not lesson 2", "that one", "I want one", "is lesson 2 hard?", "12345", "1" * 900],
)  # fmt: skip
def test_what_says_anything_else_names_nothing(text: str) -> None:
    """An article is no number, nor is one in a sentence."""
    assert named(clean(text), "lesson") is None


def test_the_last_and_the_first() -> None:
    """ "One" is a number behind its noun, and alone."""
    assert named("the last one", "lesson") == Named(-1)
    assert named("第一个", "lesson") == Named(1)
    assert named("first lesson", "lesson") == Named(1, has_noun=True)
    for text in ("lesson one", "Lektion eins", "leçon un", "lección uno"):
        assert named(text, "lesson") == Named(1, has_noun=True)
    assert named("one", "lesson") == Named(1, is_alone=True)


@pytest.mark.parametrize(
    ("text", "lesson"),
    [("loops", LOOPS), ("LOOPS!", LOOPS), ("“Loops”", LOOPS), ("schleifen", LOOPS), ("循环", LOOPS),
     ("ecrire des boucles", LOOPS), ("lesson loops", LOOPS), ("Lektion: Schleifen", LOOPS),
     ("3. Loops", LOOPS), ("lists  in-python.", LISTS), ("reading Error-Messages", ERRORS),
     ("lists", None), ("loop", None), ("why loops?", None), ("!", None), ("", None)],
)  # fmt: skip
def test_a_title(text: str, lesson: object) -> None:
    """Capitals, accents and signs make no difference; what is more or less is no title."""
    assert lesson_by_title(clean(text), LESSONS) is lesson


@pytest.mark.parametrize(
    ("text", "lesson"),
    [("the loops one please", LOOPS), ("lists", LISTS), ("I'd like the error messages", ERRORS),
     ("die Lektion Schleifen", LOOPS), ("我想学循环", LOOPS), ("python lists", LISTS),
     ("loops and lists", None), ("banana", None), ("please", None), ("the lesson", None)],
)  # fmt: skip
def test_the_words_of_one_title(text: str, lesson: object) -> None:
    """Which are enough for who chooses from a list."""
    assert lesson_by_words(clean(text), LESSONS) is lesson


def test_words_of_two_titles_are_of_the_one_that_has_no_others() -> None:
    """Without such a one, they choose none."""
    both = lesson_of("x", name="both", title="Loops and lists")
    assert lesson_by_words("the loops one", (both, LOOPS)) is LOOPS
    assert lesson_by_words("lists", (both, LISTS)) is None
