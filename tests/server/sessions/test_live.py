"""A live session whose log another process changes, or erases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.servers.peers import PATIENCE, SESSION, Script, peer, serving, until
from tests.support.stores import append, begin, head_of, log_of, says
from tutor_widget.server import Account, SQLiteStore, Store
from tutor_widget.server.store import Erased, Head, SessionKey
from tutor_widget.wire import Answering

pytestmark = pytest.mark.timeout(150)

OTHERS = [f"another-session-of-22-characters-{n}" for n in range(5)]


@asynccontextmanager
async def another_process(path: Path) -> AsyncIterator[Store]:
    """A store on the same file, as another process would have it."""
    store = await SQLiteStore.open_file(path)
    yield store
    await store.close()


async def test_what_could_not_be_read_is_read_later(tmp_path: Path) -> None:
    """Another process's message reaches the listeners although the first read of it failed."""
    async with (
        serving(tmp_path / "db") as server,
        peer(server.url) as client,
        another_process(tmp_path / "db") as other,
    ):
        await client.hello()
        (live,) = server._registry.sessions
        store = server._registry.store
        assert isinstance(store, SQLiteStore)
        await store.head(live.key)
        assert store._reading is not None
        store._reading.close()
        await append(other, live.key, says("m1"))
        await until(lambda: live.is_behind)
        store._reading = None
        assert (await client.next("event"))["id"] == "m1"


async def test_a_commit_of_another_process_makes_one_session_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many sessions are live here: only the one that was changed."""
    read: list[SessionKey] = []
    head = SQLiteStore.head

    async def counted(store: SQLiteStore, key: SessionKey) -> Head | Erased:
        read.append(key)
        return await head(store, key)

    async with (
        serving(tmp_path / "db", Script()) as server,
        peer(server.url) as client,
        another_process(tmp_path / "db") as other,
    ):
        await client.hello()
        for name in OTHERS:
            await server._registry.open(Account(""), name)
        assert len(server._registry.sessions) == 6
        key = (await begin(other)).key
        monkeypatch.setattr(SQLiteStore, "head", counted)
        await append(other, key, says("m1"))
        assert (await client.next("event"))["id"] == "m1"
        assert set(read) == {key}


async def test_a_session_that_another_process_erased_is_closed(tmp_path: Path) -> None:
    """With 4410, whoever comes later too; the reply under way is ended and written nowhere."""
    script = Script()
    async with (
        serving(tmp_path / "db", script) as server,
        peer(server.url) as client,
        peer(server.url) as second,
        another_process(tmp_path / "db") as other,
    ):
        await client.hello()
        await second.hello(instance="second")
        await client.say("send", id="m1", text="hi")
        script.say("half of it")
        await client.next("delta")
        key = (await begin(other)).key
        await other.erase(key, 30)
        assert await client.ending() == (4410, "this conversation was deleted")
        assert (await second.ending())[0] == 4410
        async with asyncio.timeout(PATIENCE):
            await script.cancelled.wait()
        async with peer(server.url) as later:
            await later.say_hello(dial=2)
            assert (await later.ending())[0] == 4410
        assert await other.head(key) == Erased()


@pytest.mark.parametrize(
    "frame",
    [
        {"kind": "send", "id": "m2", "text": "hi"},
        {"kind": "withdraw", "id": "m2"},
        {"kind": "stop", "re": "m1"},
        {"kind": "older", "before": 2, "limit": 9},
    ],
    ids=lambda frame: frame["kind"],
)
async def test_a_frame_for_an_erased_session_closes_the_connection(
    tmp_path: Path, frame: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 4410, before the server has heard of the erasure otherwise."""
    monkeypatch.setattr(SQLiteStore, "changes", never_tells)
    async with (
        serving(tmp_path / "db") as server,
        peer(server.url) as client,
        another_process(tmp_path / "db") as other,
    ):
        await client.hello()
        await client.say("send", id="m1", text="hi")
        await client.answer("m1")
        await other.erase((await begin(other)).key, 30)
        await client.say(str(frame["kind"]), **{k: v for k, v in frame.items() if k != "kind"})
        assert (await client.ending())[0] == 4410


async def test_nothing_follows_a_log_that_was_erased_before_it_was_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is known why it is gone, and the connection is closed."""
    monkeypatch.setattr(SQLiteStore, "changes", never_tells)
    head, asked, answered = SQLiteStore.head, asyncio.Event(), asyncio.Event()

    async def slow(store: SQLiteStore, key: SessionKey) -> Head | Erased:
        asked.set()
        await answered.wait()
        return await head(store, key)

    async with (
        serving(tmp_path / "db") as server,
        peer(server.url) as client,
        peer(server.url) as late,
        another_process(tmp_path / "db") as other,
    ):
        await client.hello()
        await client.say("send", id="m1", text="hi")
        await client.answer("m1")
        await other.erase((await begin(other)).key, 30)
        monkeypatch.setattr(SQLiteStore, "head", slow)
        await late.hello(instance="late")
        await asyncio.wait_for(asked.wait(), PATIENCE)
        (live,) = server._registry.sessions
        live.broadcast(Answering(re="m1"))
        answered.set()
        assert (await late.ending())[0] == 4410
        assert late.seen == ["welcome"]


async def never_tells(store: SQLiteStore) -> AsyncIterator[frozenset[SessionKey]]:
    await asyncio.Event().wait()
    yield frozenset()


async def test_a_connection_outlives_the_retention_of_its_session(tmp_path: Path) -> None:
    """Its client is sent away to come back, not to forget: what it has queued is answered anew."""
    async with (
        serving(tmp_path / "db") as server,
        another_process(tmp_path / "db") as other,
    ):
        async with peer(server.url) as client:
            epoch = (await client.hello())["epoch"]
            await client.say("send", id="m1", text="hi")
            await client.answer("m1")
            assert await other.expire(0) == 1
            await client.say("send", id="m2", text="not lost")
            assert (await client.ending())[0] == 1012
        async with peer(server.url) as client:
            assert (await client.hello(dial=2, epoch=epoch, after=1, last="m1"))["reset"] is True
            await client.say("send", id="m2", text="not lost")
            assert (await client.answer("m2"))["text"] == "not lost"


async def test_a_session_without_a_mark_begins_anew(tmp_path: Path) -> None:
    """After its retention: the client that comes back has another epoch, and its log is reset."""
    async with (
        serving(tmp_path / "db") as server,
        another_process(tmp_path / "db") as other,
    ):
        async with peer(server.url) as client:
            epoch = (await client.hello())["epoch"]
            await client.say("send", id="m1", text="hi")
            await client.answer("m1")
        old = (await begin(other)).key
        assert await other.expire(0) == 1
        await until(lambda: all(live.is_erased for live in server._registry.sessions))
        async with peer(server.url) as client:
            welcome = await client.hello(dial=2, epoch=epoch, after=1, last="m1")
            assert (welcome["reset"], welcome["seq"]) == (True, 0)
            assert welcome["epoch"] != epoch
            await client.say("send", id="m2", text="hi")
            await client.answer("m2")
        new = (await begin(other, name=SESSION)).key
        assert new != old
        assert [event.id for event in await log_of(other, new) if not event.re] == ["m2"]
        assert (await head_of(other, new)).seq == 2
