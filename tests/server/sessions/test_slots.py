"""Slots for replies, and the places of the sessions that wait for one."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.support.servers.peers import until
from tutor_widget.server.sessions import slots as module
from tutor_widget.server.sessions.slots import Slot, Slots

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Places are told after 10 ms, and again after 100 ms."""
    monkeypatch.setattr(module, "_FIRST", 0.01)
    monkeypatch.setattr(module, "_AGAIN", 0.1)


class Seat:
    """A slot whose places are noted with their times."""

    def __init__(self, slots: Slots, session: int, account: str = "") -> None:
        self.slot = Slot(slots, account, session, self._changed)
        self.told: list[tuple[float, int]] = []

    def _changed(self) -> None:
        if self.slot.place is not None:
            self.told.append((asyncio.get_running_loop().time(), self.slot.place))

    @property
    def places(self) -> list[int]:
        return [place for _, place in self.told]


async def test_without_a_limit_each_has_a_slot_at_once() -> None:
    """Nobody waits."""
    slots = Slots(None)
    assert all(Slot(slots, "", n, lambda: None).take() for n in range(100))
    assert slots.waiting == 0


async def test_what_a_call_returns_is_not_told_besides() -> None:
    """A worker that is told of its own slot would claim a busy session again and again."""
    slots, told = Slots(1), []
    first = Slot(slots, "", 1, lambda: told.append(1))
    second = Slot(slots, "", 2, lambda: told.append(2))
    assert first.take()
    assert not second.take()
    assert told == []
    first.leave()
    assert told == [2]


async def test_a_slot_that_is_given_back_goes_to_the_next() -> None:
    """It is told so at once; one that takes twice, or leaves twice, changes nothing."""
    slots = Slots(1)
    first, second, third = (Seat(slots, n).slot for n in (1, 2, 3))
    assert [one.take() for one in (first, first, second, third, second)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert slots.waiting == 2
    first.leave()
    first.leave()
    assert (second.granted, third.granted, slots.waiting) == (True, False, 1)
    third.leave()
    second.leave()
    assert slots.waiting == 0
    assert first.take()


@pytest.mark.usefixtures("hurry")
async def test_those_behind_one_that_leaves_are_told_their_new_place() -> None:
    """Whether it got its turn or gave up waiting."""
    slots = Slots(1)
    seats = [Seat(slots, n) for n in range(4)]
    for seat in seats:
        seat.slot.take()
    await until(lambda: [seat.places for seat in seats] == [[], [1], [2], [3]])
    seats[1].slot.leave()
    await until(lambda: [seat.places for seat in seats[2:]] == [[2, 1], [3, 2]])
    seats[0].slot.leave()
    assert seats[2].slot.granted
    await until(lambda: seats[3].places == [3, 2, 1])
    assert seats[2].slot.place is None


@pytest.mark.usefixtures("hurry")
async def test_a_place_is_told_at_most_once_in_its_time() -> None:
    """However fast the queue moves, each session is told in steps, and its last place."""
    slots = Slots(1)
    seats = [Seat(slots, n) for n in range(60)]
    for seat in seats:
        seat.slot.take()
    for seat in seats[:-2]:
        seat.slot.leave()
        Seat(slots, 100 + seat.slot.session).slot.take()  # which is told its place at once
        await asyncio.sleep(0.005)
    last = seats[-1]
    await until(lambda: last.places[-1:] == [1])
    times = [at for at, _ in last.told]
    assert len(times) > 2
    assert all(later - earlier >= 0.099 for earlier, later in itertools.pairwise(times))
    assert last.places == sorted(last.places, reverse=True)


@pytest.mark.usefixtures("hurry")
async def test_many_that_begin_to_wait_cost_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is made once for all of them."""
    slots = Slots(1)
    passes = 0
    order: Callable[[], Iterator[int]] = slots._queue.order

    def counted() -> Iterator[int]:
        nonlocal passes
        passes += 1
        return order()

    monkeypatch.setattr(slots._queue, "order", counted)
    seats = [Seat(slots, n) for n in range(500)]
    for seat in seats:
        seat.slot.take()
    await until(lambda: all(seat.places for seat in seats[1:]))
    assert passes == 1
