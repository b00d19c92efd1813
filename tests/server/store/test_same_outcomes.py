"""Calls of one turn of the event loop, which an engine may run together: all engines agree."""

from __future__ import annotations

import asyncio
from asyncio import Future
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.engines import Engine, PostgreSQLEngine, SQLiteEngine
from tests.support.stores import head_of, log_of, says
from tutor_widget.server.store import Answer, Answered, Claim, Head, Kept, Store

SESSIONS = ("one", "two")
IDS = ("m1", "m2", "m3", "m4")


class Play:
    """Random calls, the same for each store with this seed."""

    def __init__(self, seed: int, store: Store, keys: list[int]) -> None:
        self._random = Random(seed)
        self._store = store
        self._keys = keys
        self._claims: dict[int, Claim] = {}

    async def turn(self) -> list[Any]:
        """Call up to eight times without waiting; what came of each, without keys and times."""
        calls = [self._call() for _ in range(self._random.randint(2, 8))]
        outcomes = await asyncio.gather(*(future for _, future in calls))
        for (place, _), outcome in zip(calls, outcomes, strict=True):
            claim = outcome.claim if isinstance(outcome, Kept) else outcome
            if isinstance(claim, Claim):
                self._claims[place] = claim
        return [_plain(outcome) for outcome in outcomes]

    def _call(self) -> tuple[int, Future[Any]]:
        random, store = self._random, self._store
        place, id = random.randrange(len(self._keys)), random.choice(IDS)
        key, kind = self._keys[place], random.random()
        claim = self._claims.get(place)
        call: Future[Any]
        if kind < 0.4:
            call = store.append(key, says(id), claims=random.random() < 0.5)
        elif kind < 0.55:
            call = store.claim(key)
        elif kind < 0.75 and claim is not None:
            answer = Answer(f"_{claim.event.id}", claim.event.id, "so", "complete", {"at": id})
            call = store.answer(claim, answer)
        elif kind < 0.8 and claim is not None:
            call = store.release(claim, counts=random.random() < 0.5)
        elif kind < 0.87:
            call = store.withdraw(key, id)
        elif kind < 0.93:
            call = store.stop(key, id)
        else:
            call = store.notice(key, f"_n{id}", "Ms Grey", "a word")
        return place, call


def _plain(outcome: Any) -> Any:
    match outcome:
        case Kept(event, fresh, claim):
            return "kept", event.seq, event.id, fresh, _plain(claim)
        case Claim():
            return "claim", outcome.event.id, outcome.attempt, outcome.stopped, outcome.rev
        case Answered(event, rev):
            return "answered", event.seq, event.id, rev
        case bool() | str() | None:
            return outcome
    return type(outcome).__name__


async def _played(engine: Engine, seed: int) -> list[Any]:
    store = await engine.open()
    try:
        heads = [await store.create_session("", name) for name in SESSIONS]
        keys = [head.key for head in heads if isinstance(head, Head)]
        play = Play(seed, store, keys)
        found: list[Any] = [await play.turn() for _ in range(8)]
        for key in keys:
            log = [(e.seq, e.id, e.role, e.text, e.status, e.re) for e in await log_of(store, key)]
            head = await head_of(store, key)
            found.append((log, head.state, head.rev, head.waiting, head.stopped))
        return found
    finally:
        await store.close()


@pytest.mark.parametrize("seed", range(25))
async def test_what_is_called_in_one_turn_has_the_same_outcomes(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL, which runs calls of a kind together, as on SQLite, which runs one by one."""
    expected = await _played(SQLiteEngine(tmp_path, monkeypatch), seed)
    assert await _played(PostgreSQLEngine(tmp_path, monkeypatch), seed) == expected
