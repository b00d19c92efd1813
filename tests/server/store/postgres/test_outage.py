"""A PostgreSQL that is away for a while: nothing is lost, and nothing has to be restarted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.support.faults.database_gate import DatabaseGate
from tests.support.postgres import Cluster
from tests.support.servers.peers import PATIENCE, until
from tests.support.stores import append, begin, claim, log_of, says
from tutor_widget.server import Store, StoreError, open_store
from tutor_widget.server.store import Answer, Kept
from tutor_widget.server.store.postgres import connections, engine, listener


@pytest_asyncio.fixture
async def store(gate: DatabaseGate, url: str) -> AsyncIterator[Store]:
    """A store whose way to the database is the gate."""
    made = await open_store(gate.url(urlsplit(url).path[1:]))
    yield made
    await made.close()


@pytest_asyncio.fixture
async def other(url: str) -> AsyncIterator[Store]:
    """A store on the same database that the gate does not concern."""
    made = await open_store(url)
    yield made
    await made.close()


async def test_writes_wait_for_the_database(
    store: Store, gate: DatabaseGate, caplog: pytest.LogCaptureFixture
) -> None:
    """`stalled` tells it, and the log why; then they are made in the order of the calls, and each
    once."""
    key = (await begin(store)).key
    await append(store, key, says("m0"))
    await gate.shut()
    kept = [store.append(key, says(f"m{n}")) for n in range(1, 10)]
    await until(lambda: store.stalled() > 0.5)
    assert not any(one.done() for one in kept)
    lines = [one for one in caplog.records if one.getMessage() == "store unavailable"]
    assert lines
    reasons = [vars(one)["fields"]["reason"] for one in lines]
    assert all(reasons)
    assert len(set(reasons)) == len(reasons)
    await gate.open()
    async with asyncio.timeout(PATIENCE):
        outcomes = await asyncio.gather(*kept)
    assert [one.fresh for one in outcomes if isinstance(one, Kept)] == [True] * 9
    assert [event.id for event in await log_of(store, key)] == [f"m{n}" for n in range(10)]
    await until(lambda: store.stalled() < 0.5)


async def test_reads_fail_while_the_database_is_away(
    store: Store, gate: DatabaseGate, caplog: pytest.LogCaptureFixture
) -> None:
    """They can be made again when it is back, by the same store. The log says why they cannot."""
    key = (await begin(store)).key
    await store.head(key)
    await gate.shut()
    with pytest.raises(StoreError, match="The store cannot be read"):
        await store.head(key)
    assert "store unavailable" in caplog.messages
    await gate.open()
    assert (await begin(store)).key == key
    await until_read(store, key)


async def test_a_node_without_writes_knows_that_the_database_is_away(
    store: Store, gate: DatabaseGate
) -> None:
    """So its readiness tells so, too; and it knows by itself that the database is back."""
    await gate.shut()
    await until(lambda: store.stalled() > 0.5)
    await gate.open()
    await until(lambda: store.stalled() == 0)


async def test_a_database_that_stands_still_counts_as_away(
    store: Store, gate: DatabaseGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although its connections stay open. Reads do not wait for it in a queue."""
    monkeypatch.setattr(engine, "_AWAY", 0.3)
    key = (await begin(store)).key
    gate.freeze()
    kept = store.append(key, says("m1"))
    await until(lambda: store.stalled() > 0.5 and store._listener.away() > 0.5)  # type: ignore[attr-defined]
    with pytest.raises(StoreError, match="it does not answer"):
        await store.head(key)
    gate.thaw()
    async with asyncio.timeout(PATIENCE):
        assert isinstance(await kept, Kept)
    await until_read(store, key)


async def test_an_answer_that_stands_still_is_written_once(
    store: Store, gate: DatabaseGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever of its transaction has reached the database when the connection is given up."""
    monkeypatch.setattr(connections, "_COMMAND", 0.5)
    key = (await begin(store)).key
    for number in range(8):
        await append(store, key, says(f"m{number}"))
        claimed = await claim(store, key)
        answered = store.answer(claimed, Answer(f"_{number}", f"m{number}", "ok", "complete"))
        await asyncio.sleep(number / 2000)  # between two of its statements
        gate.freeze()
        await asyncio.sleep(0.01)
        await gate.shut()
        gate.thaw()
        await gate.open()
        async with asyncio.timeout(PATIENCE):
            done = await answered
        assert done is not None
        assert done.event.seq == 2 * number + 2


async def test_what_others_changed_meanwhile_is_told(
    store: Store, other: Store, gate: DatabaseGate
) -> None:
    """Notifications that nobody could hear are made up for."""
    one, two = await begin(store, name="one"), await begin(store, name="two")
    changes = aiter(store.changes())
    await append(other, one.key, says("m1"))
    assert await told(changes) == {one.key}
    await gate.shut()
    await append(other, two.key, says("m1"))
    await gate.open()
    assert await told(changes) == {two.key}


async def test_a_listener_that_is_cut_off_listens_again(
    store: Store, other: Store, cluster: Cluster, url: str
) -> None:
    """Also where only its own connection was ended."""
    key = (await begin(store)).key
    changes = aiter(store.changes())
    cluster.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        " AND datname = current_database()",
        url=url,
    )
    await append(other, key, says("m1"))
    assert await told(changes) == {key}
    await append(other, key, says("m2"))
    assert await told(changes) == {key}


async def test_a_fault_of_the_listener_is_over_when_its_cause_is(
    store: Store,
    other: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is in the log. The listener connects anew, and the store is not away for good."""
    key = (await begin(store)).key
    changes = aiter(store.changes())

    async def fail(*_arguments: object) -> None:
        raise KeyError("a fault")

    with monkeypatch.context() as patched:
        patched.setattr(listener.Listener, "_poll", fail)
        await until(lambda: "store failed" in caplog.messages)
    await append(other, key, says("m1"))
    assert await told(changes) == {key}
    await until(lambda: store.stalled() == 0)


async def test_a_store_that_is_closed_meanwhile_says_what_it_could_not_write(
    store: Store, gate: DatabaseGate
) -> None:
    """A write that waits fails, and nothing hangs."""
    key = (await begin(store)).key
    await gate.shut()
    kept = store.append(key, says("m1"))
    await store.close()
    with pytest.raises(StoreError, match="The store cannot commit: "):
        await kept
    with pytest.raises(StoreError, match="was closed"):
        await store.append(key, says("m2"))


async def until_read(store: Store, key: int) -> None:
    """Wait until the store can be read again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await store.head(key)
            except StoreError:
                await asyncio.sleep(0.05)
            else:
                return


async def told(changes: AsyncIterator[object]) -> object:
    """The next change that is told."""
    async with asyncio.timeout(PATIENCE):
        return await anext(changes)
