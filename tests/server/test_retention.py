"""What is deleted because it is old, and what is spared."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.servers.peers import Peer, gauge, peer, serving, until
from tests.support.stores import answer, append, begin
from tutor_widget.server import Server, SQLiteStore, retention
from tutor_widget.server.store import Erased, Message

pytestmark = pytest.mark.timeout(150)
AT_ONCE = 1e-9
"""Days after which everything is old."""


@asynccontextmanager
async def learner(server: Server) -> AsyncIterator[Peer]:
    """A learner who is connected, and was answered."""
    async with peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi", context={"cell": "1 / 0"})
        await client.answer("m1")
        yield client


async def names(server: Server) -> list[str]:
    return [one.name async for one in server._store.list_sessions()]


async def fill(path: Path) -> None:
    """A session that nobody is connected to."""
    store = await SQLiteStore.open_file(path)
    key = (await begin(store, name="old")).key
    await append(store, key, Message("m1", "hi", {"cell": "1 / 0"}))
    await answer(store, key)
    await store.close()


async def test_what_nobody_uses_is_deleted_and_what_somebody_uses_is_spared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The number is in the metrics and in an audit line, without a name."""
    caplog.set_level(logging.INFO, "tutor_widget")
    async with serving(tmp_path / "db", keep_days=1.0) as server, learner(server) as client:
        await fill(tmp_path / "db")
        server._retention._keep = AT_ONCE
        await server._retention.expire()
        assert len(await names(server)) == 1
        assert "old" not in await names(server)
        assert gauge(server, "expired_total") == 1
        await client.say("send", id="m2", text="still here")
        await client.answer("m2")
    lines = [(one.getMessage(), vars(one).get("fields")) for one in caplog.records]
    expected = {"audit": True, "number": 1, "by": "retention", "days": AT_ONCE}
    assert [fields for event, fields in lines if event == "sessions expired"] == [expected]


async def test_contexts_are_deleted_before_their_conversations(tmp_path: Path) -> None:
    """Also those of a conversation that somebody uses; its messages stay."""
    async with serving(tmp_path / "db") as server, learner(server):
        server._retention._keep_contexts = AT_ONCE
        await server._retention.expire()
        (session,) = [one async for one in server._store.list_sessions()]
        entries = await server._store.entries(session.key, 0, 10)
        assert not isinstance(entries, Erased)
        assert [(one.event.text, one.context) for one in entries] == [
            ("hi", {}),
            ("hi", {}),
        ]


async def test_it_begins_at_the_start_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later round finds what became old since; a round that failed does not end it."""
    monkeypatch.setattr(retention, "_INTERVAL", 0.01)
    await fill(tmp_path / "db")
    async with serving(tmp_path / "db", keep_days=AT_ONCE) as server:
        await until(lambda: gauge(server, "expired_total") == 1)
        expire = retention.Retention.expire
        failed: list[object] = []

        async def fail_once(self: retention.Retention) -> None:
            if not failed:
                failed.append(self)
                raise RuntimeError
            await expire(self)

        monkeypatch.setattr(retention.Retention, "expire", fail_once)
        await until(lambda: bool(failed))
        await begin(server._store, name="new")
        await until(lambda: gauge(server, "expired_total") == 2)


async def test_without_a_time_everything_is_kept(tmp_path: Path) -> None:
    """A server in a program deletes nothing unless it is told to."""
    await fill(tmp_path / "db")
    async with serving(tmp_path / "db") as server:
        await server._retention.run()  # returns
        assert await names(server) == ["old"]
