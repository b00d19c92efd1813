"""The limits of accounts, with time as an argument."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor_widget.server.limits import SHARED_BY, AccountLimits, Buckets


def take(buckets: Buckets, now: float, owner: str = "ada") -> bool:
    return buckets.take(owner, now) == 0


def test_a_bucket_holds_a_periods_worth() -> None:
    """Thirty are admitted at once, then one every two seconds."""
    buckets = Buckets(30, 60)
    assert all(take(buckets, 100) for _ in range(30))
    assert buckets.take("ada", 100) == pytest.approx(2)
    assert not take(buckets, 101.9)
    assert take(buckets, 102)
    buckets.give_back("ada", 102)
    assert take(buckets, 102)


def test_each_owner_has_a_bucket() -> None:
    """Nobody pays for another."""
    buckets = Buckets(1, 60)
    assert take(buckets, 0, "ada")
    assert not take(buckets, 0, "ada")
    assert take(buckets, 0, "alan")


@given(
    limit=st.floats(0.5, 1000),
    period=st.floats(1, 3600),
    steps=st.lists(st.floats(0, 100), max_size=50),
)
def test_who_waits_as_told_is_admitted(limit: float, period: float, steps: list[float]) -> None:
    """The time returned is enough, whatever happened before."""
    now = 0.0
    buckets = Buckets(limit, period)
    for step in steps:
        now += step
        if (wait := buckets.take("ada", now)) > 0:
            now += wait
            assert take(buckets, now)


def test_no_limit_is_no_limit() -> None:
    """0 means no limit, and needs no memory."""
    buckets = Buckets(0, 60)
    assert all(take(buckets, 0) for _ in range(10_000))
    buckets.give_back("ada", 0)
    assert len(buckets) == 0


def test_a_bucket_gathers_no_more_than_a_periods_worth() -> None:
    """This holds after any time without messages, and the lowest limit still admits one at once."""
    buckets = Buckets(2, 60)
    assert take(buckets, 0)
    assert [take(buckets, 10_000) for _ in range(3)] == [True, True, False]
    slow = Buckets(0.5, 60)
    assert [take(slow, 0), take(slow, 0)] == [True, False]
    assert slow.take("ada", 0) == pytest.approx(120)
    assert slow.take("ada", 60) == pytest.approx(60)


def test_what_is_given_back_is_no_more_than_a_bucket_holds() -> None:
    """A repeat that is found after a long time makes nobody rich."""
    buckets = Buckets(2, 60)
    assert take(buckets, 0)
    buckets.give_back("ada", 10_000)
    assert [take(buckets, 10_000) for _ in range(3)] == [True, True, False]


def test_a_hundred_thousand_strangers_need_bounded_memory() -> None:
    """At once they are forgotten, the oldest first; in turn their full buckets are dropped."""
    buckets = Buckets(60, 60)
    for number in range(100_000):
        assert take(buckets, 0, str(number))
    assert len(buckets) <= 20_000
    for number in range(20_001):
        take(buckets, 10.0 + number, "ada")
    assert len(buckets) == 1


def test_a_stranger_cannot_refill_the_bucket_of_an_active_account() -> None:
    """Those that were active last are remembered."""
    buckets = Buckets(1, 3600)
    take(buckets, 0, "ada")
    for number in range(30_000):
        take(buckets, 1, str(number))
        if number % 10_000 == 0:
            assert not take(buckets, 1, "ada")


def test_a_new_session_costs_a_message_too() -> None:
    """What is over one of the two limits takes nothing of the other."""
    limits = AccountLimits(rate=2, new_sessions=3, has_accounts=True)
    assert [limits.take_session("ada", 0) > 0 for _ in range(3)] == [False, False, True]
    assert limits.take_message("ada", 0) > 0
    assert limits.take_session("ada", 60) == 0
    assert limits.take_session("ada", 60) == pytest.approx(1140)
    assert limits.take_message("ada", 60) == 0


def test_without_accounts_an_address_may_do_fifty_times_as_much() -> None:
    """A class behind one router shares one."""
    limits = AccountLimits(rate=2, new_sessions=1, has_accounts=False)
    assert sum(limits.take_session("192.0.2.1", 0) == 0 for _ in range(200)) == SHARED_BY
    assert sum(limits.take_message("192.0.2.1", 0) == 0 for _ in range(200)) == SHARED_BY
