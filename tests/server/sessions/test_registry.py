"""When a session is in memory, and when it is dropped."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.servers.peers import PATIENCE, SESSION, Script, peer, serving, until
from tests.support.stores import append, begin, says
from tutor_widget.server import Account, Server, SQLiteStore
from tutor_widget.server import server as server_module
from tutor_widget.server.sessions.listener import Dropped
from tutor_widget.server.sessions.live import LiveSession
from tutor_widget.server.store import All, Erased, Head
from tutor_widget.wire import Event

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


async def test_what_another_process_writes_while_a_session_is_opened_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The head was read before; the change is told before the session is in memory."""
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        registry, told = server._registry, asyncio.Event()
        find, changed = registry.store.find_session, registry.changed

        def noted(keys: frozenset[int] | All) -> None:
            changed(keys)
            told.set()

        async def slow(account: str, name: str) -> Head | Erased | None:
            found = await find(account, name)
            told.clear()
            await other.notice(head.key, "_n", "Ms Lovelace", "hi")
            await asyncio.wait_for(told.wait(), PATIENCE)
            return found

        monkeypatch.setattr(registry, "changed", noted)
        other = await SQLiteStore.open_file(tmp_path / "db")
        head = await begin(other)
        await asyncio.wait_for(told.wait(), PATIENCE)
        monkeypatch.setattr(registry.store, "find_session", slow)
        assert (await client.hello())["seq"] == 0
        assert (await client.next("event"))["id"] == "_n"
        await other.close()


async def test_a_session_that_is_erased_while_another_client_opens_it_is_erased_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What that one has read of it is older."""
    async with serving(tmp_path / "db", Script()) as server:
        registry, reading, erased = server._registry, asyncio.Event(), asyncio.Event()
        head, find = await begin(registry.store), registry.store.find_session

        async def slow(account: str, name: str) -> Head | Erased | None:
            found = await find(account, name)
            reading.set()
            await asyncio.wait_for(erased.wait(), PATIENCE)
            return found

        with monkeypatch.context() as patch:
            patch.setattr(registry.store, "find_session", slow)
            late = asyncio.create_task(registry.open(Account(""), SESSION))
            await asyncio.wait_for(reading.wait(), PATIENCE)
        live = await registry.open(Account(""), SESSION)
        assert isinstance(live, LiveSession)
        await registry.store.erase(head.key, 1)
        live.end(Dropped.ERASED)
        erased.set()
        assert isinstance(await late, Erased)


async def test_a_session_that_is_opened_while_the_server_drains_begins_no_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not there when the replies under way were handed over. Another node answers."""
    async with serving(tmp_path / "db", Script()) as server:
        registry, reading, drained = server._registry, asyncio.Event(), asyncio.Event()
        head, find = await begin(registry.store), registry.store.find_session

        async def slow(account: str, name: str) -> Head | Erased | None:
            found = await find(account, name)
            reading.set()
            await asyncio.wait_for(drained.wait(), PATIENCE)
            return found

        monkeypatch.setattr(registry.store, "find_session", slow)
        late = asyncio.create_task(registry.open(Account(""), SESSION))
        await asyncio.wait_for(reading.wait(), PATIENCE)
        await registry.drain(0)
        await append(registry.store, head.key, says("m1"))
        drained.set()
        live = await late
        assert isinstance(live, LiveSession)
        await live.catch_up()
        assert live.seq == 1
        assert not live.worker.busy


class Drops:
    """Counts how often a registry was asked to drop a session whose time had run out."""

    def __init__(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._drop = server._registry._drop
        monkeypatch.setattr(server._registry, "_drop", self._observed)

    def _observed(self, live: LiveSession) -> None:
        self._drop(live)
        self.count += 1


async def test_a_session_stays_for_a_client_that_is_being_welcomed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the store takes: else the client would attach to one that nobody else knows."""
    async with (
        serving(tmp_path / "db", Script(), linger=0.01) as server,
        peer(server.url) as client,
    ):
        store = server._registry.store
        head = await begin(store)
        await store.notice(head.key, "_n", "Ms Lovelace", "hi")
        drops, read = Drops(server, monkeypatch), store.read

        async def slow(*arguments: int) -> Sequence[Event] | Erased:
            await until(lambda: drops.count > 0)
            return await read(*arguments)

        monkeypatch.setattr(store, "read", slow)
        await client.hello(epoch=head.epoch, after=1, last="_n")
        (live,) = server._registry.sessions
        assert len(live.listeners) == 1


async def test_a_session_stays_while_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its worker would answer what it finds, beside that of the next one in memory."""
    async with serving(tmp_path / "db", Script(), linger=0.01) as server:
        async with peer(server.url) as client:
            await client.hello()
            (live,) = server._registry.sessions
            drops, head, may_read = Drops(server, monkeypatch), live._store.head, asyncio.Event()

            async def slow(key: int) -> Head | Erased:
                await may_read.wait()
                return await head(key)

            monkeypatch.setattr(live._store, "head", slow)
            live.catch_up_soon()
        await until(lambda: drops.count > 1)
        assert server._registry.sessions == [live]
        may_read.set()
        await until(lambda: not server._registry.sessions)


async def test_a_session_that_is_opened_during_the_drain_begins_no_reply(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also not when a read finds what waits in it: the next server answers."""
    monkeypatch.setattr(server_module, "_TAKE_OVER", 3600.0)
    script = Script()
    async with serving(tmp_path / "db", script) as server:
        registry = server._registry
        await registry.resume()  # behind the server's own first look, which finds nothing
        await append(registry.store, (await begin(registry.store)).key, says("m1"))
        await registry.drain(0.0)
        live = await registry.open(Account(""), SESSION)
        assert isinstance(live, LiveSession)
        await live.catch_up()
        assert not live.worker.busy
        assert not script.asked()


async def test_a_session_stays_while_an_answer_is_approved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is for its next listeners."""
    async with serving(tmp_path / "db", Script(), linger=0.01) as server:
        registry = server._registry
        await begin(registry.store)
        approved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        monkeypatch.setattr(registry.store, "approve", lambda *_: approved)
        approving = asyncio.create_task(registry.approve("", SESSION, "m1"))
        drops = Drops(server, monkeypatch)
        await until(lambda: drops.count > 1)
        assert len(registry.sessions) == 1
        approved.set_result(None)
        assert not await approving
        await until(lambda: not registry.sessions)


async def test_a_session_stays_while_its_writes_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they bring is for its next listeners."""
    async with serving(tmp_path / "db", Script(), linger=0.01) as server:
        written: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        monkeypatch.setattr(server._registry.store, "append", lambda *_, **__: written)
        async with peer(server.url) as client:
            await client.hello()
            await client.say("send", id="m1", text="hi")
            await until(lambda: server._registry.sessions[0].uses == 1)
        drops = Drops(server, monkeypatch)
        await until(lambda: drops.count > 1)
        assert len(server._registry.sessions) == 1
        written.set_result("withdrawn")
        await until(lambda: not server._registry.sessions)


async def test_a_task_that_fails_is_told_and_the_server_ends_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It would be deaf to other processes, and nobody would know."""

    def fail(_keys: object) -> None:
        raise KeyError("a fault")

    async with serving(tmp_path / "db", Script()) as server:
        monkeypatch.setattr(server._registry, "changed", fail)
        other = await SQLiteStore.open_file(tmp_path / "db")
        await begin(other)
        await other.close()
        await until(lambda: "server task failed" in caplog.messages)
    with pytest.raises(OSError, match=r"refused|[Cc]onnect"):
        await asyncio.open_connection("127.0.0.1", server.port)
