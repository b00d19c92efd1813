"""The figures of a class: each learner once, and all shown a sum of what was published."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

import pytest

from tests.support.seats import LESSON, LESSONS, SECRET, Seat
from tutor_widget.dashboard.figures import ClassFigures, Counts, Place
from tutor_widget.dashboard.figures.page import Effort, Result

MINUTE, HOUR = 60_000, 3_600_000
A, B = frozenset({"A"}), frozenset({"B"})


def figures_of(seats: Iterable[Seat], figures: ClassFigures | None = None) -> ClassFigures:
    """The figures of these conversations, with all published that may be."""
    figures = figures or ClassFigures(SECRET, LESSONS)
    for seat in seats:
        figures.take(seat.listed, seat.head, seat.entries)
    publish(figures)
    return figures


def publish(figures: ClassFigures) -> int:
    """Publish what is due, as a store does; returns how many cells that were."""
    count = 0
    while due := figures.due():
        for cell, number, data in due:
            figures.stands(cell, number + 1, data)
            count += 1
    return count


def seats(count: int, groups: frozenset[str] = A, first: int = 1) -> list[Seat]:
    return [Seat(key, f"learner{key}", groups) for key in range(first, first + count)]


def at_step(figures: ClassFigures, number: int, group: str | None = None) -> Counts:
    return figures.page(None if group is None else [group]).steps[number - 1].counts


def test_a_step_of_five_learners_has_figures() -> None:
    """Who is there, how it went, what it took, how long; names of errors that five attached."""
    class_ = seats(5)
    for seat in class_:
        seat.act("wrong", "5", error="NameError")
        seat.act("right", "4")
    figures = figures_of(class_)
    assert at_step(figures, 1) == Counts(
        here=None,
        result=Result(5, helped=5),
        effort=Effort(5, answers=10, wrong=5, hints=5),
        minutes=(5, 0, 0, 0, 0),
        errors={"NameError": 5},
    )
    assert at_step(figures, 2) == Counts(here=5, arrived=5 * 16, result=Result(5, open=5))


def test_of_four_learners_nothing_is_shown() -> None:
    """Not even that they are there."""
    page = figures_of(seats(4)).page()
    assert page.total == Counts()
    assert [row.number for row in page.steps] == [1, 2, 3]


@pytest.mark.parametrize(
    ("actions", "result"),
    [
        (["right"], Result(5, first=5)),
        (["talk", "right"], Result(5, first=5)),
        (["wrong", "right"], Result(5, helped=5)),
        (["skip"], Result(5, missed=5)),
        (["wrong"], Result(5, open=5)),
        (["fail"], Result(5, open=5)),
    ],
)
def test_how_a_step_went(actions: list[str], result: Result) -> None:
    """Right at once, right with help, missed, or open."""
    class_ = seats(5)
    for seat in class_:
        for action in actions:
            seat.act(action)  # type: ignore[arg-type]  # of the parameters
    assert at_step(figures_of(class_), 1).result == result


def test_a_learner_with_several_conversations_counts_once() -> None:
    """Of how it went, the first conversation counts; what it took is added up."""
    class_ = seats(5)
    again = [Seat(seat.key + 10, seat.account, A) for seat in class_]
    for seat in class_:
        seat.act("wrong", "5")
        seat.act("right", "4")
    for seat in again:
        seat.act("right", "4")
    counts = at_step(figures_of([*again, *class_]), 1)
    assert counts.result == Result(5, helped=5)
    assert counts.effort == Effort(5, answers=15, wrong=5, hints=5)


def test_four_accounts_with_ten_conversations_are_no_figure() -> None:
    """They are four learners."""
    class_ = [Seat(key, f"learner{key % 4}", A) for key in range(10)]
    assert figures_of(class_).page().total == Counts()


def test_without_accounts_each_conversation_is_a_learner() -> None:
    """Nobody knows better."""
    assert at_step(figures_of(Seat(key, "", A) for key in range(5)), 1).here == 5


def test_who_is_quiet_for_an_hour_is_not_there_any_more() -> None:
    """By the same rule: it is seen when five have left, and who writes again is back."""
    class_ = seats(12)
    for number, seat in enumerate(class_):
        seat.clock += number * MINUTE
        seat.act("talk", ms=0)
    figures = figures_of(class_)
    shown = []
    for number in range(12):
        now = class_[number].clock + HOUR
        assert figures.is_late(now)
        assert not figures.is_late(now - 1)
        figures.pass_time(now)
        publish(figures)
        shown.append(at_step(figures, 1).here)
    assert shown == [12] * 4 + [7] * 5 + [None] * 3
    assert at_step(figures, 1).result == Result(12, open=12)
    for seat in class_[:5]:
        seat.clock += 2 * HOUR
        seat.act("talk")
    assert at_step(figures_of(class_, figures), 1).here == 5


def test_a_clock_that_was_wrong_once_sends_nobody_away_for_long() -> None:
    """It was a day ahead, and is right again: who writes is there."""
    class_ = seats(6)
    figures = figures_of(class_)
    figures.pass_time(class_[0].clock + 24 * HOUR)
    publish(figures)
    assert at_step(figures, 1).here is None
    figures.pass_time(class_[0].clock)
    for seat in class_:
        seat.act("talk")
    assert at_step(figures_of(class_, figures), 1).here == 6


def test_who_is_back_on_another_day_has_just_come() -> None:
    """One who was away would spoil the mean of a class."""
    class_ = seats(6)
    for seat in class_:
        seat.act("right")
    figures = figures_of(class_)
    for seat in class_:
        seat.clock += 24 * HOUR
        seat.act("talk", ms=0)
    figures.pass_time(now := class_[0].clock)
    counts = at_step(figures_of(class_, figures), 2)
    assert (counts.here, counts.arrived) == (6, 6 * (now // MINUTE))


def test_an_answer_that_comes_late_brings_nobody_back() -> None:
    """Six ask and go home; five hours later their answers are released."""
    class_ = seats(6)
    for seat in class_:
        seat.act("wrong", "5", held=True)
    figures = figures_of(class_)
    assert at_step(figures, 1).here == 6
    for seat in class_:
        seat.clock += 5 * HOUR
        seat.release()
    figures.pass_time(class_[0].clock)
    counts = at_step(figures_of(class_, figures), 1)
    assert (counts.here, counts.effort) == (None, Effort(6, answers=6, wrong=6))


def test_how_long_they_are_there_is_told_from_when_they_came() -> None:
    """What was said meanwhile does not matter, nor what time passes."""
    class_ = seats(5)
    for number, seat in enumerate(class_):
        seat.clock = number * MINUTE
        seat.act("right", ms=10 * MINUTE)
        seat.act("talk", ms=5 * MINUTE)
        seat.act("wrong", "A")
    figures = figures_of(class_)
    assert at_step(figures, 2).arrived == sum(range(10, 15))
    figures.pass_time(30 * MINUTE)
    assert publish(figures) == 0
    assert at_step(figures_of(class_), 2) == at_step(figures, 2)


def test_the_place_of_one_learner_is_known_to_who_may_read() -> None:
    """None, if there is no such conversation, the lesson is through, or the step is not known."""
    one, done, odd = seats(3)
    one.act("right")
    for _ in range(3):
        done.act("right")
    odd.state["question"] = "unknown"
    figures = figures_of([one, done, odd])
    assert figures.place(one.key) == Place("Loops", 2, one.clock)
    assert [figures.place(key) for key in (done.key, odd.key, 99)] == [None, None, None]


@pytest.mark.parametrize(
    ("family", "value"),
    [
        ("here", [6]),
        ("here", [6, 6]),
        ("here", [6, 100, 1]),
        ("here", []),
        ("result", [6, 6]),
        ("result", [6, 0, 0, 0, 0, 5]),
        ("effort", [6, 1]),
        ("time", [6, 6]),
    ],
)
def test_a_value_of_another_version_is_not_shown(family: str, value: list[int]) -> None:
    """It says something else, or nothing. What is published next says what it should."""
    class_ = seats(6)
    for seat in class_:
        seat.act("wrong", "5")
    figures = ClassFigures(SECRET, LESSONS)
    for seat in class_:
        figures.take(seat.listed, seat.head, seat.entries)
    [due] = figures.due()
    data = json.loads(due.data)
    families = data["families"]
    families.setdefault(family, {"log": []})["shown"] = value
    figures.stands(due.cell, 1, json.dumps(data))
    shown = asdict(at_step(figures, 1))
    assert shown["minutes" if family == "time" else family] is None
    if value:
        assert shown["effort" if family == "here" else "here"] is not None


def test_a_page_of_a_group_is_the_sum_of_its_cohorts() -> None:
    """Who is in two groups is in the figures of both, and once in those of all."""
    class_ = [*seats(5), *seats(6, B, 20), *seats(7, A | B, 40), *seats(3, frozenset(), 60)]
    figures = figures_of(class_)
    here = [at_step(figures, 1, group).here for group in ("A", "B", "C", None)]
    assert here == [12, 13, None, 18]
    assert figures.page(["A", "B"]).total == figures.page().total


def test_groups_of_a_learner_are_those_of_all_conversations() -> None:
    """A conversation of another term moves the learner to the cohort of both."""
    class_ = seats(5)
    later = [Seat(seat.key + 10, seat.account, B) for seat in class_]
    figures = figures_of([*class_, *later])
    assert [at_step(figures, 1, group).here for group in ("A", "B", None)] == [5, 5, 5]
    for seat in later:
        figures.erase(seat.key)
    publish(figures)
    assert [at_step(figures, 1, group).here for group in ("A", "B", None)] == [5, None, 5]


def test_what_is_erased_leaves_the_figures_by_the_same_rule() -> None:
    """Not with the first one, and at the latest with the fifth."""
    class_ = seats(12)
    figures = figures_of(class_)
    shown = []
    for seat in class_:
        figures.erase(seat.key)
        figures.erase(seat.key)  # told twice
        publish(figures)
        shown.append(at_step(figures, 1).here)
    assert shown == [12] * 4 + [7] * 5 + [None] * 3


def test_totals_and_concepts_are_sums_of_what_is_shown() -> None:
    """A concept has its steps with help beside its checks without."""
    class_ = seats(6)
    for seat in class_:
        seat.act("wrong", "5")
        seat.act("right", "4")
        seat.act("right", "B")
    for seat in class_[:5]:
        seat.act("right" if seat.key > 1 else "skip", "stop")
    page = figures_of(class_).page()
    counting, choosing = page.concepts
    assert (counting.concept, choosing.concept) == ("counting", "choosing")
    assert counting.assisted == page.steps[0].counts
    assert counting.unassisted == page.steps[2].counts
    assert counting.unassisted.result == Result(6, first=4, missed=1, open=1)
    assert choosing.unassisted == Counts()
    assert page.total.result == Result(18, first=10, helped=6, missed=1, open=1)


def test_a_message_costs_the_steps_that_it_touches() -> None:
    """However many learners, conversations and events there are."""
    costs = []
    for count in (10, 200):
        class_ = seats(count)
        for seat in class_:
            seat.act("right", "4")
        figures = figures_of(class_)
        before = figures.work
        class_[0].act("right", "B")
        seat = class_[0]
        figures.take(seat.listed, seat.head, seat.entries[figures.after(seat.key) :])
        costs.append(figures.work - before)
    assert costs == [2, 2]  # the step that was solved, and the next one


def test_a_change_judges_the_cells_that_it_touches() -> None:
    """And no other: what is due is found without a look at the rest of the class."""
    class_ = seats(50)
    figures = figures_of(class_)
    for seat in class_[:5]:
        seat.act("right", "4")
        figures.take(seat.listed, seat.head, seat.entries)
        assert len(figures._changed) == 2
    assert publish(figures) == 2
    assert figures._changed == set()


def test_in_parts_or_at_once_is_the_same() -> None:
    """What was taken before is passed over."""
    whole, parts = seats(5), ClassFigures(SECRET, LESSONS)
    for seat in whole:
        for action, text in (("wrong", "5"), ("right", "4"), ("wrong", "A"), ("right", "B")):
            seat.act(action, text)  # type: ignore[arg-type]  # of the pairs
            parts.take(seat.listed, seat.head, seat.entries[max(0, parts.after(seat.key) - 1) :])
    publish(parts)
    assert parts.page() == figures_of(whole).page()
    assert parts.misconceptions() == figures_of(whole).misconceptions()


def test_a_changed_lesson_keeps_the_figures_of_its_questions() -> None:
    """A step is known by its question, wherever it stands now."""
    class_ = seats(5)
    for seat in class_:
        seat.act("right", "4")
    moved = type(LESSON)(LESSON.name, LESSON.title, "", LESSON.steps[::-1])
    figures = figures_of(class_, ClassFigures(SECRET, {moved.name: moved}))
    assert at_step(figures, 3).result == Result(5, first=5)
    assert at_step(figures, 2).here == 5
