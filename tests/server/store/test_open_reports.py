"""The contract of a store: whether a learner waits for what people make of a report."""

from __future__ import annotations

from tests.support.stores import answer, append, begin, says
from tutor_widget.server import Store


async def test_a_report_is_open_until_it_is_settled(store: Store) -> None:
    """One of several is enough; a second report opens it again; other sessions do not count."""
    key, other = (await begin(store)).key, (await begin(store, "other")).key
    for message_id in ("m1", "m2"):
        await append(store, key, says(message_id))
        await answer(store, key)
    assert not await store.has_open_report(key)
    for message_id in ("_m1", "_m2"):
        await store.report(key, message_id, None)
    await store.settle_report(key, "_m1", "answered")
    assert await store.has_open_report(key)
    await store.settle_report(key, "_m2", "closed")
    assert not await store.has_open_report(key)
    await store.report(key, "_m2", "again")
    assert await store.has_open_report(key)
    assert not await store.has_open_report(other)
    await store.erase(key, 0)
    assert not await store.has_open_report(key)
