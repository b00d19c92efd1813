"""A tutor that is started and closed, and its limit of replies at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.servers.peers import PATIENCE, Script, peer, serving
from tutor_widget.server import BadSetting, Server, SQLiteStore, Turn
from tutor_widget.server import server as server_module
from tutor_widget.server.server import CannotListen
from tutor_widget.server.tutors import lifecycle
from tutor_widget.server.tutors.echo import EchoTutor

pytestmark = pytest.mark.timeout(150)


class Prepared(EchoTutor):
    """Notes when it is started and closed."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    async def start(self) -> None:
        self.calls.append("start")

    async def close(self) -> None:
        self.calls.append("close")


async def test_a_tutor_is_started_before_it_is_asked_and_closed_after(tmp_path: Path) -> None:
    """Each once, in the life of its server."""
    tutor = Prepared()
    async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
        assert tutor.calls == ["start"]
        await client.hello()
        await client.say("send", id="m1", text="hi")
        assert (await client.answer("m1"))["text"] == "hi"
        assert tutor.calls == ["start"]
    assert tutor.calls == ["start", "close"]


async def test_a_tutor_is_closed_if_the_server_cannot_listen(tmp_path: Path) -> None:
    """What it has opened at its start is not left open."""
    tutor = Prepared()
    async with serving(tmp_path / "db") as first:
        with pytest.raises(CannotListen):
            await Server(first._store, tutor, port=first.port).start()
    assert tutor.calls == ["start", "close"]


async def test_a_tutor_that_cannot_start_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    """It says which tutor, what happened and where; a sentence of the tutor's own stays."""

    class Broken(EchoTutor):
        async def start(self) -> None:
            raise OSError("no such model")

    class Strict(EchoTutor):
        async def start(self) -> None:
            raise BadSetting("--model: there is none of this name.")

    with pytest.raises(BadSetting, match=r"^the tutor Broken cannot start: OSError at .*: no such"):
        async with serving(tmp_path / "db", Broken()):
            pass
    with pytest.raises(BadSetting, match=r"^--model: there is none"):
        async with serving(tmp_path / "db", Strict()):
            pass


async def test_a_tutor_that_does_not_end_its_start_or_its_close_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The start fails with a sentence; the shutdown goes on."""
    monkeypatch.setattr(lifecycle, "_START", 0.01)
    monkeypatch.setattr(lifecycle, "_CLOSE", 0.01)

    class Stuck(EchoTutor):
        async def start(self) -> None:
            await asyncio.Event().wait()

    class Clinging(EchoTutor):
        async def close(self) -> None:
            await asyncio.Event().wait()

    with pytest.raises(BadSetting, match=r"has not started within 0\.01 s"):
        async with serving(tmp_path / "db", Stuck()):
            pass
    async with serving(tmp_path / "db", Clinging()):
        pass
    assert "tutor close timed out" in caplog.messages


async def test_a_tutor_closes_within_the_time_of_its_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What its last replies took is not left for its close."""
    monkeypatch.setattr(lifecycle, "_CLOSE", 3600.0)
    monkeypatch.setattr(server_module, "_STOPPING", 0.01)

    class Clinging(EchoTutor):
        async def close(self) -> None:
            await asyncio.Event().wait()

    async with asyncio.timeout(PATIENCE), serving(tmp_path / "db", Clinging()):
        pass
    assert "tutor close timed out" in caplog.messages


async def test_a_tutor_that_fails_to_close_does_not_fail_the_shutdown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so; a method that is no coroutine is called too."""
    closed: list[str] = []

    class Failing(EchoTutor):
        async def close(self) -> None:
            raise RuntimeError

    class Plain:
        async def reply(self, turn: Turn) -> AsyncIterator[str]:
            yield turn.message

        def close(self) -> None:
            closed.append("plain")

    for tutor in (Failing(), Plain()):
        async with serving(tmp_path / "db", tutor):
            pass
    assert "tutor close failed" in caplog.messages
    assert closed == ["plain"]


@pytest.mark.parametrize("parallel", [0, -1, 1.5, "8", True])
async def test_a_limit_that_is_none_is_refused_in_words(tmp_path: Path, parallel: object) -> None:
    """Before the server listens."""
    tutor = Script()
    tutor.parallel = parallel  # type: ignore[attr-defined]
    store = await SQLiteStore.open_file(tmp_path / "db")
    with pytest.raises(BadSetting, match=r"^Script\.parallel is .*: a whole number from 1"):
        Server(store, tutor)
    await store.close()
