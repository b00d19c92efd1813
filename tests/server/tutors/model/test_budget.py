"""What an account may use on a day, and what its learner sees of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tutor_widget.server.tutors.model.budget import Allowance, Budget, next_day

NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)
MIDNIGHT = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("groups", "limit"),
    [((), 1000), (("other",), 1000), (("a",), 50), (("a", "b"), 70), (("a", "staff"), 0)],
)
def test_a_group_has_its_own_limit(groups: tuple[str, ...], limit: int) -> None:
    """Of several that are named, the most generous counts, and no limit is the most generous."""
    budget = Budget(1000, {"a": 50, "b": 70, "staff": 0})
    assert budget.limit(groups) == limit


@pytest.mark.parametrize(
    ("budget", "is_limited"),
    [
        (Budget(), False),
        (Budget(0, {"staff": 0}), False),
        (Budget(5), True),
        (Budget(0, {"guests": 5}), True),
    ],
)
def test_without_any_limit_nobody_needs_to_count(budget: Budget, *, is_limited: bool) -> None:
    """0 is no limit, also for a group."""
    assert budget.is_limited is is_limited


def test_one_question_may_go_beyond_the_limit() -> None:
    """It is looked at before a question, so the first of a day is never refused."""
    assert not Allowance(10, 0).is_used_up
    assert not Allowance(10, 9).is_used_up
    assert Allowance(10, 10).is_used_up
    assert Allowance(10, 25).left() == 0.0
    assert not Allowance(0, 10**9).is_used_up


@pytest.mark.parametrize(
    ("spent", "more", "left"),
    [(0, 0, None), (800, 0, None), (800, 1, 0.199), (700, 150, 0.15), (999, 0, 0.001),
     (1000, 0, 0.0), (900, 500, 0.0)],
)  # fmt: skip
def test_what_is_left_is_shown_below_a_fifth(spent: int, more: int, left: float | None) -> None:
    """0 is said of what is used up, and of nothing else."""
    shown = Allowance(1000, spent).shown(more, NOON)
    assert (shown and shown["left"]) == left
    assert shown is None or shown["until"] == MIDNIGHT.timestamp() * 1000
    assert Allowance(0, spent).shown(more, NOON) is None


def test_a_day_is_one_of_utc() -> None:
    """Wherever the time was told; midnight itself belongs to the day that begins."""
    there = timezone(timedelta(hours=9))
    assert next_day(NOON) == MIDNIGHT
    assert next_day(datetime(2027, 1, 1, 8, 59, tzinfo=there)) == MIDNIGHT
    assert next_day(MIDNIGHT) == MIDNIGHT + timedelta(days=1)
