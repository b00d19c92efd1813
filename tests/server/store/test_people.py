"""The contract of a store: notices, lists, exports, erasure and retention."""

from __future__ import annotations

from tests.support.engines import Engine
from tests.support.stores import answer, append, begin, claim, log_of, says
from tutor_widget.server import Store
from tutor_widget.server.store import Answer, Erased, Head, Kept, Message


async def test_a_notice_has_its_author(store: Store) -> None:
    """It is written once, and is no message that waits for an answer."""
    key = (await begin(store)).key
    kept = await store.notice(key, "_n1", "Ms Lovelace", "Look at page 3.")
    assert isinstance(kept, Kept)
    event = kept.event
    assert (event.role, event.by, event.text) == ("notice", "Ms Lovelace", "Look at page 3.")
    assert await store.notice(key, "_n1", "Ms Lovelace", "…") == Kept(event, fresh=False)
    assert await log_of(store, key) == [event]
    assert await store.claim(key) is None


async def test_a_notice_may_be_the_systems(store: Store) -> None:
    """Then it has no author."""
    key = (await begin(store)).key
    kept = await store.notice(key, "_n1", None, "Look at page 3.")
    assert isinstance(kept, Kept)
    assert await log_of(store, key) == [kept.event]
    assert (kept.event.role, kept.event.by) == ("notice", None)


async def test_sessions_are_listed_by_account_group_and_activity(
    store: Store, engine: Engine
) -> None:
    """In the order of their keys."""
    heads = [
        await store.create_session("ada", "one", frozenset({"math", "de"})),
        await store.create_session("ada", "two"),
        await store.create_session("alan", "one", frozenset({"math"})),
    ]
    keys = [head.key for head in heads if isinstance(head, Head)]

    async def listed(*given: object) -> list[int]:
        return [one.key async for one in store.list_sessions(*given)]  # type: ignore[arg-type]

    assert await listed() == keys
    assert await listed("ada") == keys[:2]
    assert await listed(None, "math") == [keys[0], keys[2]]
    assert await listed("ada", "math") == keys[:1]
    assert await listed("nobody") == []
    (first, *_) = [one async for one in store.list_sessions("ada")]
    assert (first.account, first.name, first.groups) == ("ada", "one", frozenset({"math", "de"}))
    assert first.began == first.active
    engine.forward(60)
    await append(store, keys[1], says("m1"))
    assert await listed(None, None, first.active + 60_000) == [keys[1]]


async def test_all_sessions_are_listed_however_many(store: Store) -> None:
    """More than one page of the store."""
    heads = [await store.create_session("ada", f"s{n}") for n in range(1, 1203)]
    names = [one.name async for one in store.list_sessions()]
    assert names == [f"s{n}" for n in range(1, len(heads) + 1)]


async def test_an_export_has_what_the_wire_has_not(store: Store) -> None:
    """Contexts of learners' messages, and records and reports of answers."""
    key = (await begin(store)).key
    await append(store, key, Message("m1", "hi", {"cell": "1 / 0"}))
    record = {"step": 1, "model": "none", "tokens": [1, 2]}
    await store.answer(await claim(store, key), Answer("_a", "m1", "ok", "complete", None, record))
    for reason in (None, "wrong"):
        await store.report(key, "_a", reason)
        (report,) = await store.reports(0, 10)
        entries = await store.entries(key, 0, 10)
        assert not isinstance(entries, Erased)
        assert [(entry.context, entry.record, entry.report) for entry in entries] == [
            ({"cell": "1 / 0"}, {}, None),
            ({}, record, report),
        ]
    entries = await store.entries(key, 0, 10)
    assert not isinstance(entries, Erased)
    assert [entry.event for entry in entries] == await log_of(store, key)
    assert await store.entries(key, 1, 10) == entries[1:]
    assert await store.entries(key, 0, 1) == entries[:1]


async def test_an_erased_session_takes_its_reports_along(store: Store) -> None:
    """And nothing of the others."""
    one, two = await begin(store, "ada", "one"), await begin(store, "ada", "two")
    for head in (one, two):
        await append(store, head.key, says("m1"))
        await answer(store, head.key)
        await store.report(head.key, "_m1", None)
    await store.erase(one.key, 1)
    assert [report.key for report in await store.reports(0, 10)] == [two.key]
    assert [listed.key async for listed in store.list_sessions()] == [two.key]
    assert len(await log_of(store, two.key)) == 2


async def test_an_answer_to_an_erased_session_is_not_written(store: Store, other: Store) -> None:
    """Its claim writes nothing, neither there nor in the session that has the name then."""
    head = await begin(store)
    await append(store, head.key, says("m1"))
    claimed = await claim(store, head.key)
    await other.erase(head.key, 0)
    again = await begin(other)
    await append(other, again.key, says("m1"))
    assert await store.renew(claimed) is False
    assert await store.hold(claimed, Answer("_a", "m1", "x", "complete")) is False
    assert await store.answer(claimed, Answer("_a", "m1", "x", "complete")) is None
    await store.release(claimed)
    assert [event.id for event in await log_of(store, again.key)] == ["m1"]


async def test_old_sessions_expire_without_a_mark(store: Store, engine: Engine) -> None:
    """Those that somebody is connected to, and those written to since, stay."""
    names = ("old", "spared", "active")
    heads = [await begin(store, "ada", name) for name in names]
    engine.forward(100)
    await append(store, heads[2].key, says("m1"))
    assert await store.expire(3600) == 0
    assert await store.expire(50, [heads[1].key]) == 1
    assert [one.name async for one in store.list_sessions()] == ["spared", "active"]
    assert await store.find_session("ada", "old") is None
    assert (await begin(store, "ada", "old")).key not in {head.key for head in heads}


async def test_any_number_of_sessions_expire(store: Store) -> None:
    """Whatever a store deletes at once."""
    for n in range(123):
        await store.create_session("ada", f"s{n}")
    assert await store.expire(0) == 123
    assert [one async for one in store.list_sessions()] == []


async def test_contexts_expire_before_their_sessions(store: Store, engine: Engine) -> None:
    """Not that of a message that waits for its answer, which needs it; and no newer one."""
    key = (await begin(store)).key
    await append(store, key, Message("m1", "hi", {"cell": "old"}))
    await answer(store, key)
    engine.forward(100)
    await append(store, key, Message("m2", "hi", {"cell": "newer"}))
    await answer(store, key)
    await append(store, key, Message("m3", "hi", {"cell": "waits"}))
    assert await store.expire_contexts(50) == 1
    assert await store.expire_contexts(50) == 0
    entries = await store.entries(key, 0, 10)
    assert not isinstance(entries, Erased)
    assert [entry.context for entry in entries if entry.event.role == "learner"] == [
        {},
        {"cell": "newer"},
        {"cell": "waits"},
    ]
    assert await store.expire_contexts(0) == 1
    assert (await claim(store, key)).message.context == {"cell": "waits"}
