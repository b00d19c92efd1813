"""The order in which sessions get their turn."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tutor_widget.server.sessions.queue import FairQueue


def granted(queue: FairQueue) -> list[int]:
    """All whose turn it is now."""
    return list(iter(queue.grant, None))


def test_without_a_limit_nobody_waits() -> None:
    """A session that joins has its turn at once."""
    queue = FairQueue(None)
    for session in range(1000):
        queue.join("", session)
        assert queue.grant() == session
    assert not list(queue.order())


def test_an_account_with_a_hundred_sessions_delays_another_by_one_reply() -> None:
    """The other account's turn is the next, although it came last."""
    queue = FairQueue(1)
    for session in range(100):
        queue.join("many", session)
    assert granted(queue) == [0]
    queue.join("one", 1000)
    assert list(queue.order())[:3] == [1, 1000, 2]
    queue.leave("many", 0)
    assert granted(queue) == [1]
    queue.leave("many", 1)
    assert granted(queue) == [1000]


def test_accounts_take_turns() -> None:
    """With several slots too, and however many sessions each of them has."""
    queue = FairQueue(2)
    for session in (1, 2, 3, 4):
        queue.join("a", session)
    assert granted(queue) == [1, 2]
    for account, session in (("b", 11), ("b", 12), ("c", 21)):
        queue.join(account, session)
    assert list(queue.order()) == [3, 11, 21, 4, 12]
    turns = []
    for session in (2, 1, 3, 11, 21):
        queue.leave("a" if session < 10 else "b" if session < 20 else "c", session)
        turns += granted(queue)
    assert turns == [3, 11, 21, 4, 12]


def test_a_session_that_comes_again_is_behind_the_others_of_its_account() -> None:
    """So one session of an account cannot keep the others waiting."""
    queue = FairQueue(1)
    for session in (1, 2, 3):
        queue.join("", session)
    turns = []
    for _ in range(6):
        (session,) = granted(queue)
        turns.append(session)
        queue.leave("", session)
        queue.join("", session)
    assert turns == [1, 2, 3, 1, 2, 3]


def test_those_behind_one_that_leaves_move_up() -> None:
    """One that waits can leave; one that is not in the queue changes nothing."""
    queue = FairQueue(1)
    for session in (1, 2, 3, 4):
        queue.join(f"account {session}", session)
    granted(queue)
    assert list(queue.order()) == [2, 3, 4]
    queue.leave("account 2", 2)
    queue.leave("account 2", 2)
    queue.leave("nobody", 9)
    assert list(queue.order()) == [3, 4]


Steps = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=80)


@given(parallel=st.integers(1, 3), steps=Steps)
def test_whatever_happens_no_slot_is_idle_and_no_account_has_two_turns_in_a_row(
    parallel: int, steps: list[tuple[int, int, bool]]
) -> None:
    """The order foretells the turns; while an account waits no other has more than one of them."""
    queue = FairQueue(parallel)
    waiting: dict[int, str] = {}
    begun: set[int] = set()
    ahead: dict[str, Counter[str]] = {}
    """For each account that waits: the turns that others had meanwhile."""
    for number, index, joins in steps:
        account, session = f"account {number}", 10 * number + index
        if joins and session not in waiting and session not in begun:
            queue.join(account, session)
            waiting[session] = account
        elif not joins:
            queue.leave(account, session)
            waiting.pop(session, None)
            begun.discard(session)
        order = list(queue.order())
        assert sorted(order) == sorted(waiting)
        turns = granted(queue)
        assert turns == order[: len(turns)]
        for turn in turns:
            served = waiting.pop(turn)
            begun.add(turn)
            for counts in ahead.values():
                counts[served] += 1
            ahead.pop(served, None)
        ahead = {one: ahead.get(one, Counter()) for one in waiting.values()}
        assert all(count == 1 for counts in ahead.values() for count in counts.values())
        assert len(begun) == min(parallel, len(begun) + len(waiting))


def test_ten_thousand_that_wait_are_put_in_order() -> None:
    """Each once, whatever the number of accounts."""
    queue = FairQueue(1)
    for session in range(10_000):
        queue.join(f"account {session % 1000}", session)
    granted(queue)
    assert len(set(queue.order())) == 9_999
