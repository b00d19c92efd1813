"""The contract of a store: what other processes changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from tests.support.servers.peers import PATIENCE
from tests.support.stores import append, begin, claim, says
from tutor_widget.server import Store
from tutor_widget.server.store import ALL, All, Answer, SessionKey


async def told(changes: AsyncIterator[frozenset[SessionKey] | All]) -> set[SessionKey]:
    """The sessions of the next change that is told."""
    async with asyncio.timeout(PATIENCE):
        keys = await anext(changes)
    assert isinstance(keys, frozenset)
    return set(keys)


async def test_others_changes_are_told_and_ones_own_are_not(store: Store, other: Store) -> None:
    """Only the sessions that were changed are told, so that only these are read."""
    changes = aiter(store.changes())
    one, two = await begin(other, name="one"), await begin(other, name="two")
    seen = await told(changes)
    while seen != {one.key, two.key}:
        seen |= await told(changes)
    mine = await begin(store, name="mine")
    await append(store, mine.key, says("m1"))
    await append(store, one.key, says("m1"))
    await append(other, two.key, says("m1"))
    assert await told(changes) == {two.key}


async def test_each_kind_of_change_is_told(store: Store, other: Store) -> None:
    """A stop, a claim, a lease given back, an answer, a notice, a report, an erasure."""
    key = (await begin(other)).key
    await append(other, key, says("m1"))
    changes = aiter(store.changes())
    assert await told(changes) == {key}
    await other.stop(key, "m1")
    assert await told(changes) == {key}
    claimed = await claim(other, key)
    assert await told(changes) == {key}
    await other.release(claimed)
    assert await told(changes) == {key}
    await other.hold(await claim(other, key), Answer("_a", "m1", "ok", "complete"))
    assert await told(changes) == {key}
    await other.approve(key, "m1")
    assert await told(changes) == {key}
    await other.notice(key, "_n", "Ms Lovelace", "hi")
    assert await told(changes) == {key}
    await other.report(key, "_a", "wrong")
    assert await told(changes) == {key}
    await other.settle_report(key, "_a", "closed")
    assert await told(changes) == {key}
    await other.erase(key, 1)
    assert await told(changes) == {key}


async def test_what_two_changed_is_told_to_both(store: Store, other: Store) -> None:
    """A session that both write to is told to each, whoever wrote last."""
    key = (await begin(store)).key
    here, there = aiter(store.changes()), aiter(other.changes())
    await told(there)
    await append(other, key, says("m1"))
    await append(store, key, says("m2"))
    assert await told(here) == {key}
    assert await told(there) == {key}


async def test_changes_end_with_their_store(store: Store) -> None:
    """Whoever consumes them goes on."""
    consumed = asyncio.create_task(_consume(store))
    await asyncio.sleep(0)
    await store.close()
    async with asyncio.timeout(PATIENCE):
        assert await consumed == 0


async def _consume(store: Store) -> int:
    return len([keys async for keys in store.changes() if keys is not ALL])
