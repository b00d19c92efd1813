"""States that a session may hold: of earlier versions, of other tutors, and malformed ones."""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.lessons import Pupil, lesson_of
from tutor_widget.server.tutors.lesson.steps import Lesson

State = dict[str, Any]
ANIMALS = lesson_of("ant", "bee", "cat", "dog", "elk")
PLANTS = lesson_of("oak", "elm", name="plants", title="Plants")


def long_digest(lesson: Lesson, number: int) -> str:
    """A question's digest as it was kept with numbers of steps."""
    question = " ".join(lesson.steps[number - 1].question.split())
    return hashlib.sha256(question.encode()).hexdigest()[:16]


def of_0_1(step: int, score: int, **more: Any) -> State:
    """A state that 0.1 left."""
    place = {"step": step, "score": score, "attempts": 0, "hints": 0, "done": False} | more
    shown = {"title": "Animals", "of": 5, "suggestions": ["Hint", "Skip"], "lesson": "animals"}
    return shown | {"places": {}} | place


def with_numbers(step: int, score: int, missed: list[int], **more: Any) -> State:
    """A state that kept the numbers of steps."""
    kept = {"missed": missed, "progress": step - 1, "question": long_digest(ANIMALS, step),
            "helped": 1, "shown": 3, "acted": {"hint": 2}, "said": "0123abcd"}  # fmt: skip
    return of_0_1(step, score) | kept | more


def offered(pupil: Pupil) -> list[str]:
    """The steps that can be tried once more, at the end."""
    while not pupil.state["done"]:
        pupil.says("skip")
    return [chip for chip in pupil.state["suggestions"] if chip.startswith("Step")]


@pytest.mark.parametrize(
    ("state", "numbers", "missed"),
    [
        (of_0_1(1, 0), (1, 0, 0), []),
        (of_0_1(4, 3), (4, 3, 3), []),
        (of_0_1(4, 2), (4, 2, 3), ["Step 3"]),
        (of_0_1(5, 5, done=True), (5, 5, 5), []),
        (of_0_1(5, 4, done=True), (5, 4, 5), ["Step 5"]),
        (of_0_1(3, 9), (3, 2, 2), []),
        (with_numbers(4, 2, [2]), (4, 2, 3), ["Step 2"]),
        (with_numbers(4, 1, [1, 3]), (4, 1, 3), ["Step 1", "Step 3"]),
        (with_numbers(2, 3, [2, 4], progress=5), (2, 3, 5), ["Step 2", "Step 4"]),
        (with_numbers(5, 4, [1], progress=5, done=True), (5, 4, 5), ["Step 1"]),
        (with_numbers(4, 2, [2, 17, 0, -3]), (4, 2, 3), ["Step 2"]),
    ],
)
def test_a_state_of_an_earlier_version_goes_on(
    state: State, numbers: tuple[int, int, int], missed: list[str]
) -> None:
    """Step, score and progress are as they were. The steps that are offered at the end are those
    that were missed; 0.1 did not keep them, and as many as the score says are."""
    pupil = Pupil(ANIMALS, state=copy.deepcopy(state))
    pupil.rev = 5
    pupil.says("why?")
    assert (pupil.state["step"], pupil.state["score"], pupil.state["progress"]) == numbers
    left = [f"Step {number}" for number in range(pupil.state["step"], 6)]
    if not state["done"] and pupil.state["progress"] < 5:
        missed = missed + left
    assert offered(pupil) == missed


def test_a_place_of_an_earlier_version_goes_on() -> None:
    """Whose lesson was left midway, and whose question moved meanwhile."""
    keys = ("step", "score", "attempts", "hints", "done", "missed", "question", "progress")
    place = {key: value for key, value in with_numbers(3, 1, [2]).items() if key in keys}
    pupil = Pupil(PLANTS, ANIMALS)
    pupil.state["places"] = {"animals": place}
    pupil.says("Animals")
    assert (pupil.state["step"], pupil.state["score"], pupil.state["progress"]) == (3, 1, 2)
    assert offered(pupil) == ["Step 2", "Step 3", "Step 4", "Step 5"]


def test_keys_of_others_stay() -> None:
    """Whatever happens: an answer, another lesson, one that is gone, a state of another tutor."""
    others = {"ai": True, "budget": {"left": 0.2}, "later": [1]}
    pupil = Pupil(ANIMALS, PLANTS)
    pupil.state |= others
    for message in ("ant", "Plants", "lessons", "1", "skip", "again"):
        pupil.says(message)
        assert pupil.state.items() >= others.items()
    pupil.change(PLANTS)
    pupil.says("hello")
    assert pupil.state.items() >= others.items()
    foreign = Pupil(ANIMALS, state=others | {"count": 3})
    assert "Say ant!" in foreign.says("hello")
    assert foreign.state.items() >= (others | {"count": 3}).items()


def test_no_key_is_left_that_an_earlier_version_kept() -> None:
    """The state is sent to the page with each change."""
    pupil = Pupil(ANIMALS, state=with_numbers(2, 1, []) | {"choosing": True})
    pupil.says("why?")
    assert pupil.state.keys() == Pupil(ANIMALS).state.keys()


@pytest.mark.parametrize("value", [None, True, -1, 10**30, 0.5, "x", "", [], [[]], {}, {"a": {}}])
@pytest.mark.parametrize("key", sorted(Pupil(ANIMALS).state))
def test_what_is_malformed_counts_as_absent(key: str, value: Any) -> None:
    """The lesson goes on, and what is well-formed still counts."""
    pupil = Pupil(ANIMALS, PLANTS)
    pupil.says("ant")
    pupil.state[key] = value
    for message in ("why?", "hint", "bee", "Plants", "oak", "Animals"):
        pupil.says(message)
    assert_sound(pupil)
    assert pupil.state["lesson"] == "animals"
    if key not in {"lesson", "step", "solved", "question", "done"}:
        assert (pupil.state["step"], pupil.state["score"], pupil.state["progress"]) == (3, 2, 2)


def test_a_revision_that_is_not_there_yet_makes_no_message_old() -> None:
    """Such a state may come from another database."""
    pupil = Pupil(ANIMALS)
    pupil.state |= {"shown": 99, "listed": 99, "acted": {"hint": 99}}
    assert "first hint" in pupil.says("hint")
    assert "So ant it is" in pupil.says("ant")


FLOATS = st.floats(allow_nan=False, allow_infinity=False)  # JSON has no others
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
DIGESTS = st.sampled_from([*ANIMALS.digests, *PLANTS.digests, "gone"])
LIKELY = JSON | st.integers(-1, 9) | DIGESTS | st.lists(DIGESTS | st.integers(-1, 9))
KEYS = st.sampled_from(sorted({*Pupil(ANIMALS).state, "choosing"}))
KEPT = st.dictionaries(KEYS, LIKELY)
MESSAGES = st.lists(
    st.sampled_from(
        ["ant", "hint", "skip", "lessons", "2", "Plants", "again", "Step 1", "why?", "wrong"]
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None)
@given(
    KEPT,
    st.dictionaries(st.sampled_from(["animals", "plants", "gone"]), JSON | KEPT),
    st.sampled_from(["animals", "plants", "gone", None]),
    MESSAGES,
)
def test_any_state_can_be_gone_on_with(
    kept: State, places: State, lesson: str | None, messages: list[str]
) -> None:
    """No value of any key raises, and what the widget shows is sound after each message."""
    pupil = Pupil(ANIMALS, PLANTS, state=kept | {"places": places, "lesson": lesson})
    for message in messages:
        assert pupil.says(message).strip()
        assert_sound(pupil)


def assert_sound(pupil: Pupil) -> None:
    """What the widget shows has the right types, and no number is above `of`."""
    state = pupil.state
    json.dumps(state, allow_nan=False)
    assert state["title"] == pupil.lessons[state["lesson"]].title
    assert state["of"] == len(pupil.lessons[state["lesson"]].steps)
    assert 1 <= state["step"] <= state["of"]
    assert 0 <= state["score"] <= state["progress"] <= state["of"]
    assert 0 <= state["attempts"] <= 9_999
    assert all(isinstance(chip, str) for chip in state["suggestions"])
