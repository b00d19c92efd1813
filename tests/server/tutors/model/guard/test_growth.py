"""The work of a guard grows no faster than the text, however that arrives."""

from __future__ import annotations

import cProfile

import pytest

from tests.support.guarding import guard_at, step_of
from tutor_widget.server.tutors.lesson.steps import Step
from tutor_widget.server.tutors.model.guard import Guard

LARGEST = 256 * 1024
SHAPES = ("x", "`", "QUJD", "7 ", "x-", "\\x41", "%41", "[(", "**", "<b>", "\u200b", "\n", "数")
STEPS = (("lists", 2), ("lists", 10))


def _calls(step: Step, text: str, size: int) -> int:
    """How many functions a guard calls for a text in pieces of this size."""
    guard = guard_at(step, "any")
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    profile = cProfile.Profile()
    profile.enable()
    for piece in pieces:
        guard.take(piece)
    guard.end()
    profile.disable()
    assert guard.found is None
    # All calls together; those of C functions, too.
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_four_times_the_text_is_four_times_the_work(shape: str) -> None:
    """The calls for 16 Ki characters are at most five times those for 4 Ki, in every shape."""
    for at in STEPS:
        small, large = (
            _calls(step_of(*at), (shape * size)[:size], size) for size in (1 << 12, 1 << 14)
        )
        assert large < 5 * small


@pytest.mark.parametrize("size", [1, LARGEST], ids=["by character", "in one piece"])
def test_the_largest_reply_is_read_however_it_arrives(size: int) -> None:
    """256 Ki characters without an end pass, character by character and in one piece."""
    guard: Guard = guard_at(step_of("lists", 2))
    text = "x" * LARGEST
    left = sum(len(guard.take(text[at : at + size])) for at in range(0, LARGEST, size))
    assert left + len(guard.end()) == LARGEST


def test_the_work_is_the_same_however_it_arrives() -> None:
    """Character by character, a reply takes hardly more calls than in one piece."""
    step, text = step_of("lists", 2), "Think of a street with houses. " * 500
    assert _calls(step, text, 1) < 2 * _calls(step, text, len(text))


@pytest.mark.parametrize(
    "shape", [pytest.param("Is it A, B, C or D? ", marks=pytest.mark.slow), "- A) x\n"], ids=repr
)
def test_a_step_with_choices_is_no_exception_at_the_largest_size(shape: str) -> None:
    """At a step with choices the calls for 256 Ki characters are at most five times a quarter's."""
    step = step_of("loops", 7)
    small, large = (_calls(step, (shape * size)[:size], size) for size in (LARGEST // 4, LARGEST))
    assert large < 5 * small


def test_the_judge_is_asked_of_little() -> None:
    """Of 10,000 characters of ordinary prose at a step with choices, the judge sees few texts."""
    text = "Think of a street with houses. Which of them would you visit, and in which order? "
    guard, profile = guard_at(step_of("loops", 7), "any"), cProfile.Profile()
    profile.enable()
    guard.take((text * 200)[:10_000])
    profile.disable()
    judged = [entry for entry in profile.getstats() if entry.code is Step.judge.__code__]
    assert sum(entry.callcount for entry in judged) < 20
