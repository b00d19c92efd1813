"""The contract of a store: what is published, in cells that one writer at a time replaces."""

from __future__ import annotations

import asyncio

from tests.support.engines import Engine
from tests.support.stores import begin
from tutor_widget.server import Store
from tutor_widget.server.store import Publication


async def test_a_publication_is_replaced_by_who_knows_it(store: Store, other: Store) -> None:
    """Who knows an older one, or one that never was, is told what stands, and writes nothing."""
    assert await store.publications() == {}
    assert await store.publish("week 1", 1, "early") == Publication(0, "")
    assert await store.publish("week 1", 0, "a") == Publication(1, "a")
    assert await other.publish("week 1", 0, "b") == Publication(1, "a")
    assert await other.publish("week 1", 1, "c") == Publication(2, "c")
    assert await store.publish("week 1", 1, "d") == Publication(2, "c")
    assert await store.publish("week 2", 0, "ü\0") == Publication(1, "ü\0")
    expected = {"week 1": Publication(2, "c"), "week 2": Publication(1, "ü\0")}
    assert await store.publications() == await other.publications() == expected


async def test_of_those_who_publish_at_once_one_does(store: Store, other: Store) -> None:
    """All are told which one, whether the cell was empty or not."""
    for number in range(3):
        told = await asyncio.gather(
            *(one.publish("cell", number, f"{who}") for who, one in enumerate((store, other) * 4))
        )
        assert len(set(told)) == 1
        assert told[0].number == number + 1
        assert await store.publications() == {"cell": told[0]}


async def test_a_publication_is_written_once(store: Store, engine: Engine) -> None:
    """A commit whose result was lost leaves the next number, and not the one behind it."""
    for number in range(2):
        engine.lose_next_result()
        assert await store.publish("cell", number, "a") == Publication(number + 1, "a")


async def test_publications_outlive_conversations(store: Store) -> None:
    """They hold no learner's words, so nobody's erasure and no retention concerns them."""
    published = await store.publish("cell", 0, "a")
    await store.erase((await begin(store)).key, 1)
    await begin(store, name="old")
    assert await store.expire(0) == 1
    await store.expire_contexts(0)
    assert await store.publications() == {"cell": published}
