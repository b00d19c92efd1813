"""The contract of a store: a value is a value, whatever it says to a database."""

from __future__ import annotations

from tests.support.stores import answer, append, begin, claim, log_of, says
from tutor_widget.server import Store
from tutor_widget.server.store import Answer, Head, Kept, Message

HOSTILE = """'); DROP TABLE events; -- " OR ''=' $1 ? %s {key} :name \\ /* _ % */"""


async def test_no_value_is_read_as_sql(store: Store, other: Store) -> None:
    """Each comes back as it was, is found as itself alone, and another session stays whole."""
    bystander = (await begin(store, "ada", "safe")).key
    await append(store, bystander, says("m1"))
    head = await store.create_session(HOSTILE, HOSTILE, frozenset({HOSTILE}))
    assert isinstance(head, Head)
    message = Message(HOSTILE, HOSTILE, {"cell": HOSTILE}, None, HOSTILE)
    event = await append(store, head.key, message)
    assert (event.id, event.text) == (HOSTILE, HOSTILE)
    claimed = await claim(store, head.key)
    assert claimed.message == message
    written = Answer(
        f"_{HOSTILE}", HOSTILE, HOSTILE, "complete", {"words": HOSTILE}, {"kind": HOSTILE}
    )
    assert await store.answer(claimed, written) is not None
    assert await store.report(head.key, f"_{HOSTILE}", HOSTILE)
    kept = await store.notice(head.key, f"_n{HOSTILE}", HOSTILE, HOSTILE)
    assert isinstance(kept, Kept)
    texts = [one.text for one in await log_of(other, head.key)]
    assert texts == [HOSTILE] * 3
    (report,) = await store.reports(0, 10)
    assert (report.event_id, report.reason) == (f"_{HOSTILE}", HOSTILE)
    (listed,) = [one async for one in store.list_sessions(HOSTILE, HOSTILE)]
    assert (listed.account, listed.name, listed.groups) == (HOSTILE, HOSTILE, frozenset({HOSTILE}))
    assert [one.key async for one in store.list_sessions("' OR ''='")] == []
    assert [one.id for one in await log_of(other, bystander)] == ["m1"]
    await answer(store, bystander)
