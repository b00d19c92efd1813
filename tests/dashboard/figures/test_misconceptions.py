"""Wrong answers that several learners gave, and how they get into the lesson."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.hostile import vectors
from tests.support.seats import LESSON, LESSONS, SECRET, Seat
from tutor_widget.dashboard.figures import ClassFigures, Misconception, as_toml
from tutor_widget.server.settings import BadSetting
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, Lesson, load_lessons
from tutor_widget.server.tutors.lesson.normal import clean

PLAIN = """\
title = "Loops"
[[steps]]
question = "Which keyword?"
answers = ["break"]
hints = ["Think."]
explanation = "So it is."
"""


def published(*seats: Seat, lessons: Mapping[str, Lesson] = LESSONS) -> ClassFigures:
    figures = ClassFigures(SECRET, lessons)
    for seat in seats:
        figures.take(seat.listed, seat.head, seat.entries)
    for cell, number, data in figures.due():
        figures.stands(cell, number + 1, data)
    return figures


def class_of(*texts: str, groups: frozenset[str] = frozenset("A"), first: int = 1) -> list[Seat]:
    """For each text a learner who says it at the first step."""
    seats = [Seat(first + key, "", groups) for key in range(len(texts))]
    for seat, text in zip(seats, texts, strict=True):
        seat.act("wrong", text)
    return seats


def found(figures: ClassFigures) -> list[tuple[str, int, bool]]:
    return [(one.shown, one.learners, one.is_covered) for one in figures.misconceptions()]


def test_five_who_gave_the_same_wrong_answer_are_a_misconception() -> None:
    """Four are none. The lesson knows of one of them."""
    seats = class_of(*["6"] * 6, "5", "5.0", "it is 5", "five", "5", *["7"] * 4)
    assert found(published(*seats)) == [("6", 6, False), ("5", 5, True)]


def test_four_in_each_of_two_cohorts_are_none() -> None:
    """Though they are eight: a sum of what was published is all that is shown."""
    one, other = class_of(*["6"] * 4), class_of(*["6"] * 4, groups=frozenset("B"), first=9)
    assert found(published(*one, *other)) == []
    others = class_of(*["6"] * 5, groups=frozenset("C"), first=20)
    assert found(published(*one, *other, *others)) == [("6", 5, False)]


def test_a_choice_is_shown_with_its_words() -> None:
    """And goes into the lesson as its letter."""
    seats = [Seat(key, "", frozenset()) for key in range(5)]
    for seat in seats:
        seat.act("right", "4")
        seat.act("wrong", "this")
    [one] = published(*seats).misconceptions()
    assert (one.number, one.form, one.shown, one.learners) == (2, "A", "A) this", 5)


def test_no_word_of_a_learner_is_published() -> None:
    """Nor a name: what the store is given holds digests and numbers."""
    seats = [Seat(key, f"account-{key}", frozenset({"a-group"})) for key in range(6)]
    for seat in seats:
        seat.act("wrong", "a-wrong-answer", error="AnError")
    figures = ClassFigures(SECRET, LESSONS)
    for seat in seats:
        figures.take(seat.listed, seat.head, seat.entries)
    due = figures.due()
    assert due
    words = ("account", "group", "wrong-answer", "AnError", "loops")
    assert [word for word in words if word in repr(due)] == []


def test_after_a_restart_its_words_come_from_the_conversations() -> None:
    """If they are gone there, nobody knows what the figure was about."""
    seats = class_of(*["6"] * 5)
    first = ClassFigures(SECRET, LESSONS)
    for seat in seats:
        first.take(seat.listed, seat.head, seat.entries)
    stored = first.due()
    second = ClassFigures(SECRET, LESSONS)
    for cell, number, data in stored:
        second.stands(cell, number + 1, data)
    assert found(second) == []
    for seat in seats:
        second.take(seat.listed, seat.head, seat.entries)
    assert found(second) == [("6", 5, False)]
    assert second.due() == []


def lesson_with(tmp_path: Path, entry: str) -> Path:
    path = tmp_path / "loops.toml"
    path.write_text(f"{PLAIN}mistakes = [\n{entry}]\n", "utf-8")
    return path


def misconception(form: str, *, has_list: bool = True) -> Misconception:
    return Misconception(
        lesson="loops",
        number=1,
        question=LESSON.steps[0].question,
        form=form,
        shown=form,
        learners=5,
        is_covered=False,
        has_list=has_list,
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    form=st.text(min_size=1).filter(lambda text: text.strip()),
    say=st.text(min_size=1).filter(lambda text: text.strip()),
)
def test_the_entry_is_read_back_as_it_was(tmp_path: Path, form: str, say: str) -> None:
    """Quotes, backslashes, line ends, control characters, and what looks like TOML."""
    entry = as_toml(misconception(form), say)
    [mistake] = load_lessons(lesson_with(tmp_path, entry))["loops"].steps[0].mistakes
    assert (mistake.answers, mistake.say) == ((form.strip(),), say.strip())


def test_hostile_texts_are_read_back(tmp_path: Path) -> None:
    """Two entries behind each other, too; half of a character becomes a sign for that."""
    for text in vectors(0.01):
        if text.strip():
            entry = as_toml(misconception(text), text) + as_toml(misconception("x"), "y")
            loaded = load_lessons(lesson_with(tmp_path, entry))["loops"].steps[0].mistakes
            assert [one.answers for one in loaded] == [(sound(text).strip(),), ("x",)]
    half = load_lessons(lesson_with(tmp_path, as_toml(misconception("a\ud800"), "b")))
    assert half["loops"].steps[0].mistakes[0].answers == ("a\ufffd",)


def sound(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def test_a_draft_is_refused_until_its_sentence_is_written(tmp_path: Path) -> None:
    """So nothing empty is ever said to a learner."""
    with pytest.raises(BadSetting, match=r"step 1, mistake 1, key 'say': a text is required"):
        load_lessons(lesson_with(tmp_path, as_toml(misconception("for"))))


def test_an_entry_stands_beside_those_of_a_lesson(tmp_path: Path) -> None:
    """In the list that a step has already, as the built-in lessons write it."""
    text = (BUILT_IN / "loops.toml").read_text("utf-8")
    begins = text.index("mistakes = [\n") + len("mistakes = [\n")
    path = tmp_path / "loops.toml"
    path.write_text(text[:begins] + as_toml(misconception("2"), "No.") + text[begins:], "utf-8")
    added, *others = load_lessons(tmp_path)["loops"].steps[0].mistakes
    assert (added.answers, added.say) == (("2",), "No.")
    assert others == [*load_lessons(BUILT_IN)["loops"].steps[0].mistakes]


def test_a_step_without_mistakes_gets_the_list(tmp_path: Path) -> None:
    """Right below its first line, as the page says."""
    [one] = published(*class_of(*["6"] * 5), lessons=load(tmp_path, PLAIN)).misconceptions()
    path = tmp_path / "loops.toml"
    entry = as_toml(one, "No.")
    path.write_text(PLAIN.replace("[[steps]]\n", f"[[steps]]\n{entry}"), "utf-8")
    assert known(path) == [("6", "No.")]


def test_an_entry_is_a_table_where_a_lesson_has_tables(tmp_path: Path) -> None:
    """As the page says: without braces, and its keys on lines of their own."""
    table = '[[steps.mistakes]]\nanswers = ["5"]\nsay = "Nearly."\n'
    [one] = published(*class_of(*["6"] * 5), lessons=load(tmp_path, PLAIN + table)).misconceptions()
    keys = as_toml(one, "No.").strip(" {},\n").replace(", say", "\nsay")
    path = tmp_path / "loops.toml"
    path.write_text(f"{PLAIN}{table}[[steps.mistakes]]\n{keys}\n", "utf-8")
    assert known(path) == [("5", "Nearly."), ("6", "No.")]


def load(folder: Path, text: str) -> dict[str, Lesson]:
    """The lesson, with a question that the learners of a class are asked."""
    (folder / "loops.toml").write_text(text, "utf-8")
    lesson = load_lessons(folder)["loops"]
    asked = replace(lesson.steps[0], question=LESSON.steps[0].question)
    return {"loops": replace(lesson, steps=(asked,))}


def known(path: Path) -> list[tuple[str, str]]:
    """What the lesson has an entry for, and what it says."""
    return [(one.answers[0], one.say) for one in load_lessons(path)["loops"].steps[0].mistakes]


@pytest.mark.parametrize("message", ["6", "I think it's 6", "six", "6.0"])
def test_with_its_entry_the_lesson_knows_the_answer(message: str, tmp_path: Path) -> None:
    """Every message that was counted gets the new sentence."""
    [one] = published(*class_of(*[message] * 5)).misconceptions()
    path = lesson_with(tmp_path, as_toml(one, "Count again."))
    path.write_text(path.read_text("utf-8").replace('answers = ["break"]', "number = 4"), "utf-8")
    step = load_lessons(path)["loops"].steps[0]
    mistake = step.mistake(clean(message))
    assert mistake is not None
    assert mistake.say == "Count again."
