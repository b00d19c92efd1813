"""When a session is in memory, and when it is dropped."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.servers.peers import PATIENCE, Script, peer, serving, until
from tests.support.stores import append, begin, says
from tutor_widget.server import SQLiteStore
from tutor_widget.server import server as server_module
from tutor_widget.server.sessions.live import LiveSession

pytestmark = pytest.mark.timeout(150)


async def test_a_session_that_nobody_needs_leaves_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is dropped when its last client has left and its reply is committed, and not before."""
    script = Script()

    async with serving(tmp_path / "db", script, linger=0.05) as server:
        async with peer(server.url) as client:
            await client.hello()
            assert not server._registry._timers  # nothing will drop it while it has a listener
            await client.say("send", id="m1", text="hi")
            await client.next("answering")
        drop, dropping = server._registry._drop, asyncio.Event()

        def observed(live: LiveSession) -> None:
            drop(live)
            dropping.set()

        monkeypatch.setattr(server._registry, "_drop", observed)
        await until(lambda: "tutor_connections 0.0\n" in server.metrics.render())
        dropping.clear()
        await asyncio.wait_for(dropping.wait(), PATIENCE)  # its time has run out, and starts again
        assert "tutor_sessions 1.0\n" in server.metrics.render()
        script.say("done", None)
        await until(lambda: "tutor_sessions 0.0\n" in server.metrics.render())
        async with peer(server.url) as client:
            assert (await client.hello(dial=2))["seq"] == 2


async def test_the_last_client_that_leaves_starts_the_time_of_its_session(tmp_path: Path) -> None:
    """A session without a reply is dropped too, and its clients are no longer counted."""
    async with serving(tmp_path / "db", Script(), linger=0.05) as server:
        async with peer(server.url) as first, peer(server.url) as second:
            await first.hello(instance="first")
            spread = (await second.hello(instance="second"))["spread"]
            assert spread == pytest.approx(2 / 800, abs=0.001)
        await until(lambda: "tutor_sessions 0.0\n" in server.metrics.render())
        async with peer(server.url) as third:
            spread = (await third.hello(instance="third"))["spread"]
            assert spread == pytest.approx(1 / 800, abs=0.001)


async def test_the_node_that_took_a_message_begins_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one takes it over only if it still waits at the next look."""
    monkeypatch.setattr(server_module, "_TAKE_OVER", 3600.0)
    script = Script()
    async with serving(tmp_path / "db", script) as server:
        await server._registry.resume()  # the first look takes all that an earlier run left
        other = await SQLiteStore.open_file(tmp_path / "db")
        await append(other, (await begin(other)).key, says("m1"))
        await server._registry.resume()
        assert server._registry.sessions == []
        await server._registry.resume()
        async with asyncio.timeout(PATIENCE):
            assert (await script.turns.get()).message == "text of m1"
        await other.close()
