"""Conversations of a class, written by the store's contract: no node has to say them."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.seats import Seat
from tutor_widget.server.store import Answer, Answered, Erased, Head, Kept, Message, open_store
from tutor_widget.server.store.contract import Store
from tutor_widget.server.tutors.lesson.catalogue import BUILT_IN, load_lessons
from tutor_widget.wire import Event

__all__ = ["Filled", "fill", "live_name"]

_ABREAST: Final = 64
_CLASSES: Final = 40
_ACTIONS: Final = 10
"""Messages of each learner."""
_LESSONS: Final = tuple(load_lessons(BUILT_IN).values())
_WRONG: Final = tuple("abcdefghijkl")
"""Wrong answers, each of many learners."""
_HELD, _REPORTED = 0.02, 0.05
"""Shares of the learners with an answer that waits for a teacher, and with a report."""
_WORDS: Final = (
    "The loop takes `range(3)`, so its last number is 2: it stops *before* the end. Which line "
    "would you change, and what would `print(total)` show then?"
)


@dataclass
class Filled:
    """What was written."""

    learners: int = 0
    events: int = 0
    held: int = 0
    reports: int = 0
    live: dict[int, int] = field(default_factory=dict)
    """The keys of the conversations of `live_name`."""


def live_name(number: int) -> str:
    """The session of a learner who writes in the bench, and has no account."""
    return f"live-learner-without-account-{number:04}"


async def fill(url: str, learners: int, live: int, seed: int = 1) -> Filled:
    """So many conversations, of which the last ``live`` are those of `live_name`."""
    store = await open_store(url)
    filled, gate = Filled(), asyncio.Semaphore(_ABREAST)

    async def one(number: int) -> None:
        async with gate:
            await _write(store, filled, number, number - (learners - live), seed)

    try:
        await asyncio.gather(*map(one, range(learners)))
    finally:
        await store.close()
    return filled


async def _write(store: Store, filled: Filled, number: int, live: int, seed: int) -> None:
    chance = random.Random(f"{seed} {number}")
    account = "" if live >= 0 else f"learner-{number:04}"
    name = live_name(live) if live >= 0 else f"lesson-{number:04}"
    groups = frozenset() if live >= 0 else frozenset({f"class-{number % _CLASSES:02}"})
    head = await store.create_session(account, name, groups)
    assert isinstance(head, Head)
    await store.notice(head.key, "_readable-0", None, "Your teachers can read this conversation.")
    if live >= 0:
        filled.live[live] = head.key
    seat = _learnt(chance, head.key, account, groups)
    answered = [await _exchange(store, head.key, seat, at) for at in range(1, len(seat.entries), 2)]
    if live < 0 and chance.random() < _REPORTED:
        await store.report(head.key, chance.choice(answered), "I think that this is wrong.")
        filled.reports += 1
    if live < 0 and chance.random() < _HELD:
        await _hold(store, head.key)
        filled.held += 1
    filled.learners += 1
    filled.events += 1 + 2 * len(answered)


def _learnt(chance: random.Random, key: int, account: str, groups: frozenset[str]) -> Seat:
    """A learner who has come some way, with records as a lesson's tutor writes them."""
    seat = Seat(key, account, groups, lesson=chance.choice(_LESSONS))
    for _ in range(_ACTIONS):
        action = chance.choice(("right", "wrong", "wrong", "talk", "talk"))
        if seat.is_done:
            action = "restart"
        words = chance.choice(_WRONG) if action == "wrong" else "I see."
        seat.act(action, words, ms=chance.randrange(1, 60) * 1000)  # type: ignore[arg-type]
    return seat


async def _exchange(store: Store, key: int, seat: Seat, at: int) -> str:
    """Write the message there, and its answer with the state after it; the answer's id."""
    asked, said = seat.entries[at].event, seat.entries[at + 1]
    kept = await store.append(key, Message(asked.id, asked.text), claims=True)
    assert isinstance(kept, Kept)
    assert kept.claim is not None
    state = seat.state if said is seat.entries[-1] else None
    answer = _answer(asked, state, dict(said.record))
    assert isinstance(await store.answer(kept.claim, answer), Answered)
    return answer.id


def _answer(asked: Event, state: dict[str, Any] | None, record: dict[str, Any]) -> Answer:
    return Answer(f"_{asked.id}", asked.id, _WORDS, "complete", state, record)


async def _hold(store: Store, key: int) -> None:
    kept = await store.append(key, Message("held", "Is it the range?"), claims=True)
    assert not isinstance(kept, Erased)
    assert isinstance(kept, Kept)
    assert kept.claim is not None
    assert await store.hold(kept.claim, Answer("_held", "held", _WORDS, "complete"))
