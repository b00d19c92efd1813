"""What one conversation tells of each step: with a real tutor, and with anything in the store."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.growth import cost
from tests.support.lessons import Pupil
from tests.support.seats import LESSON, LESSONS, SECRET, Seat
from tutor_widget.dashboard.figures import ClassFigures
from tutor_widget.dashboard.figures.conversation import THERE, Conversation
from tutor_widget.dashboard.figures.facts import MOST_TEXTS, Standing, StepId, read_standing
from tutor_widget.server.store import Entry, Head, Listed
from tutor_widget.server.tutors.noted import Noted, read_record
from tutor_widget.wire import Event

QUESTIONS = {LESSON.name: LESSON.digests}
FIRST, SECOND, THIRD = (StepId(LESSON.name, digest) for digest in LESSON.digests)
DAY = 86_400_000
KEYS = st.sampled_from(
    "lesson step question done solved missed places kind right hints attempts concept seconds "
    "first whole unassisted error name loops command".split()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


class Told:
    """A pupil's conversation with the lesson's tutor, as a store keeps it."""

    def __init__(self) -> None:
        self.pupil = Pupil(LESSON)
        self.entries = [Entry(Event(1, "m1", "tutor", "Welcome.", 1_000, "complete"), {}, {})]
        self.taken = Conversation(Listed(1, "ada", "s", frozenset(), 0, 0), QUESTIONS)
        self._take()

    def says(self, text: str, at: int, error: str = "") -> set[StepId]:
        """Says it, and returns the steps that have changed. The answer comes a second later."""
        seq = len(self.entries) + 1
        context = {"error": {"name": error, "message": "", "traceback": ""}} if error else {}
        asked = Event(seq, f"m{seq}", "learner", text, at, "complete")
        self.pupil.says(text, about="explained" if error else "")
        answer = Event(seq + 1, f"m{seq + 1}", "tutor", "…", at + 1_000, "complete", asked.id)
        self.entries += [Entry(asked, context, {}), Entry(answer, {}, self.pupil.record)]
        return self._take()

    def _take(self) -> set[StepId]:
        head = Head(1, "e", len(self.entries), self.pupil.state, 1)
        return self.taken.take(self.entries[self.taken.after :], head)


def test_a_conversation_with_a_real_tutor() -> None:
    """Answers, hints, talk, an error; and where the learner is."""
    told = Told()
    assert told.taken.standing == Standing(FIRST)
    assert told.says("I think it is 5", 2_000) == {FIRST}
    told.says("why?", 3_000)
    told.says("what is this?", 4_000, error="NameError")
    assert told.says("4", 70_000) == {FIRST, SECOND}
    facts = told.taken.steps[FIRST]
    assert (facts.answers, facts.wrong, facts.hints, facts.talk, facts.how) == (2, 1, 0, 2, "later")
    assert (facts.wrong_texts, facts.errors) == (["I think it is 5"], {"NameError"})
    assert (facts.began, facts.solved) == (1_000, 71_000)
    assert told.taken.standing == Standing(SECOND, frozenset(), frozenset({FIRST}))
    told.says("hint", 80_000)
    told.says("why?", 90_000)
    told.says("B", 100_000)
    assert told.taken.steps[SECOND].how == "helped"
    told.says("break", 110_000)
    assert told.taken.steps[THIRD].wrong == 1
    assert told.taken.standing == Standing(None, frozenset({THIRD}), frozenset({FIRST, SECOND}))


def test_a_step_right_at_once_is_first_try() -> None:
    """A question or a courtesy before it is no try."""
    told = Told()
    told.says("hello", 2_000)
    told.says("4", 3_000)
    told.says("skip", 4_000)
    told.says("stop", 5_000)
    assert [told.taken.steps[step].how for step in (FIRST, THIRD)] == ["first", "first"]
    assert told.taken.standing.missed == {SECOND}


def test_when_the_learner_came_to_the_step() -> None:
    """With the answer that led there, whatever is said behind it."""
    told = Told()
    assert told.taken.arrived == 1_000
    told.says("why?", 5_000)
    assert (told.taken.arrived, told.taken.active) == (1_000, 5_000)
    told.says("4", 70_000)
    assert told.taken.arrived == 71_000
    told.says("hint", 80_000)
    told.says("A", 90_000)
    assert told.taken.arrived == 71_000


def test_who_was_away_comes_to_the_step_anew() -> None:
    """The night is not spent at it: neither after an answer, nor if only the greeting was seen."""
    told = Told()
    assert told.says("4", DAY) == {FIRST, SECOND}
    assert told.taken.arrived == DAY + 1_000
    told.says("hint", 2 * DAY)
    assert told.taken.arrived == 2 * DAY
    told.says("why?", 2 * DAY + THERE - 1)
    assert told.taken.arrived == 2 * DAY
    told.says("why?", 3 * DAY)
    told.says("B", 3 * DAY + 5_000)
    assert told.taken.arrived == 3 * DAY + 6_000


def test_who_was_away_and_comes_back_to_the_first_question() -> None:
    """It was asked the day before."""
    told = Told()
    told.says("why?", DAY)
    assert told.taken.arrived == DAY


def test_an_answer_brings_nobody_back() -> None:
    """It may come hours later, when its learner has gone home."""
    seat = Seat(1, "", frozenset())
    seat.act("wrong", held=True)
    asked = seat.entries[-1].event.at
    seat.clock += 5 * THERE
    seat.release()
    taken = Conversation(seat.listed, QUESTIONS)
    taken.take(seat.entries, seat.head)
    assert taken.active == asked


def test_a_lesson_that_begins_anew_is_come_to_anew() -> None:
    """Also if its first step was seen before."""
    seat = Seat(1, "", frozenset())
    seat.act("right")
    seat.act("wrong", "A")
    seat.act("restart")
    came = seat.clock
    seat.act("talk")
    taken = Conversation(seat.listed, QUESTIONS)
    taken.take(seat.entries, seat.head)
    assert (taken.standing.here, taken.arrived) == (FIRST, came)


def test_a_failed_answer_leads_nowhere() -> None:
    """The learner came with the one before it."""
    seat = Seat(1, "", frozenset())
    seat.act("right")
    came = seat.clock
    seat.act("fail")
    taken = Conversation(seat.listed, QUESTIONS)
    taken.take(seat.entries, seat.head)
    assert (taken.standing.here, taken.arrived) == (SECOND, came)


def test_a_notice_and_a_greeting_belong_to_no_step() -> None:
    """They count as nothing."""
    told = Told()
    seq = len(told.entries) + 1
    told.entries.append(Entry(Event(seq, "n", "notice", "x", 9, "complete", None, "Ms"), {}, {}))
    assert told._take() == set()
    assert told.taken.steps == {}


def test_an_answer_without_a_digest_is_of_the_step_with_its_number() -> None:
    """As records were before they held one."""
    seat = Seat(1, "", frozenset())
    seat.act("right")
    del seat.entries[-1].record["question"]
    taken = Conversation(seat.listed, QUESTIONS)
    taken.take(seat.entries, seat.head)
    assert set(taken.steps) == {FIRST}


def test_a_lesson_that_is_not_known_does_no_harm() -> None:
    """Its steps have their numbers, or their digests."""
    seat = Seat(1, "", frozenset())
    seat.act("wrong")
    taken = Conversation(seat.listed, {})
    taken.take(seat.entries, seat.head)
    assert set(taken.steps) == {FIRST}
    assert taken.standing == Standing(FIRST)
    assert ClassFigures(SECRET, {}).page().steps == []


def test_what_is_kept_of_a_conversation_is_bounded() -> None:
    """However many different wrong answers and errors there are, and however long."""
    seat = Seat(1, "", frozenset())
    for number in range(3 * MOST_TEXTS):
        seat.act("wrong", f"{number} " + "x" * 5_000, error=f"E{number}")
    taken = Conversation(seat.listed, QUESTIONS)
    taken.take(seat.entries, seat.head)
    facts = taken.steps[FIRST]
    assert len(facts.wrong_texts) == len(facts.errors) == MOST_TEXTS
    assert max(map(len, facts.wrong_texts)) == 1_000
    assert facts.wrong == 3 * MOST_TEXTS


@settings(deadline=None)
@given(state=JSON, record=JSON, context=JSON)
def test_anything_may_be_in_a_store(state: Any, record: Any, context: Any) -> None:
    """A tutor's state and record are any JSON, and what is malformed counts as absent."""
    events = [
        Entry(Event(1, "a", "learner", "5", 1, "complete"), context, {}),
        Entry(Event(2, "b", "tutor", "No.", 2, "complete", "a"), {}, record),
    ]
    figures = ClassFigures(SECRET, LESSONS)
    listed = Listed(1, "", "s", frozenset(), 0, 0)
    figures.take(listed, Head(1, "e", 2, state, 1, ("a",)), events)
    assert figures.due() == []
    figures.erase(1)


def test_numbers_of_0_1_are_read_as_digests() -> None:
    """It kept the missed steps by number."""
    state = {"lesson": "loops", "step": 3, "missed": [1, 7, True], "solved": [2]}
    read = read_standing(state, QUESTIONS)
    assert read == Standing(THIRD, frozenset({FIRST}), frozenset({SECOND}))


def test_places_of_other_lessons_count() -> None:
    """But for being there now."""
    places = {"loops": {"step": 2, "question": SECOND.question, "solved": [FIRST.question]}}
    assert read_standing({"lesson": "x", "step": 1, "places": places}, QUESTIONS) == Standing(
        StepId("x", "#1"), frozenset(), frozenset({FIRST})
    )


@pytest.mark.parametrize(
    "seconds", [{"first": True}, {"first": -1}, {"first": 1e99}, {"first": "1"}, {}, None, [1]]
)
def test_seconds_that_are_none_are_absent(seconds: object) -> None:
    """So that sums stay finite."""
    assert read_record({"seconds": seconds, "step": 1.5, "kind": 7}) == Noted()


def test_a_large_state_is_read_in_linear_time() -> None:
    """It may have 256 KiB."""

    def read(count: int) -> None:
        digests = [f"{number:08x}" for number in range(count)]
        places = {f"l{n}": {"solved": digests[:20], "missed": digests[:20]} for n in range(count)}
        read_standing({"lesson": "loops", "solved": digests, "places": places}, QUESTIONS)

    assert cost(lambda: read(8_000)) < 8 * cost(lambda: read(2_000))
