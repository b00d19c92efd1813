"""The token bucket of a session."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor_widget.server.sessions.rate import Bucket


def test_a_bucket_holds_a_minutes_worth() -> None:
    """Thirty are admitted at once, then one every two seconds."""
    bucket = Bucket(30, now=100)
    assert all(bucket.take(100) for _ in range(30))
    assert not bucket.take(100)
    assert bucket.wait(100) == pytest.approx(2)
    assert not bucket.take(101.9)
    assert bucket.take(102)
    bucket.give_back()
    assert bucket.take(102)


@given(
    rate=st.floats(0.5, 1000),
    steps=st.lists(st.floats(0, 100), max_size=50),
)
def test_who_waits_as_told_is_let_in(rate: float, steps: list[float]) -> None:
    """`wait` is enough, whatever happened before."""
    now = 0.0
    bucket = Bucket(rate, now)
    for step in steps:
        now += step
        if not bucket.take(now):
            now += bucket.wait(now)
            assert bucket.take(now)


def test_no_rate_is_no_limit() -> None:
    """0 means no limit."""
    bucket = Bucket(0, now=0)
    assert all(bucket.take(0) for _ in range(10_000))
    assert bucket.wait(0) == 0


def test_a_bucket_gathers_no_more_than_a_minutes_worth() -> None:
    """This holds after any time without messages, and the lowest rate still admits one at once."""
    bucket = Bucket(2, now=0)
    assert [bucket.take(10_000) for _ in range(3)] == [True, True, False]
    slow = Bucket(0.5, now=0)
    assert [slow.take(0), slow.take(0)] == [True, False]
    assert slow.wait(0) == pytest.approx(120)
    assert slow.wait(60) == pytest.approx(60)
