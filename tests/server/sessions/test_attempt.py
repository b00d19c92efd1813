"""One run of the tutor: its pieces, and the ways in which it ends."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import PATIENCE, Script, peer, serving, until
from tutor_widget.server import SQLiteStore, Turn
from tutor_widget.server.sessions import attempt
from tutor_widget.server.sessions.live import LiveSession
from tutor_widget.wire import Answering, Delta, ServerFrame

pytestmark = pytest.mark.timeout(150)


async def test_stop_ends_the_reply_with_the_text_so_far(tmp_path: Path) -> None:
    """The tutor is cancelled, and the event has the status `stopped`."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        script.say("half of")
        await client.next("delta")
        await client.say("stop", re="m1")
        answer = await client.answer("m1")
        assert (answer["status"], answer["text"]) == ("stopped", "half of")
        assert script.cancelled.is_set()


async def test_an_attempt_is_cut_although_its_lease_cannot_be_renewed_now() -> None:
    """A store that cannot write delays the renewal, and no hand-over."""
    asked = asyncio.Event()

    async def renew() -> bool:
        asked.set()
        await asyncio.Event().wait()
        return True

    made = attempt.Attempt(attempt.Draft("m1"), Turn("hi"), "tag", lambda delta: None)
    async with asyncio.timeout(PATIENCE):
        running = asyncio.create_task(made.run(Script(), renew, 0.0))
        await asked.wait()
        made.cut("handed over")
        await running
    assert made.ending == "handed over"


async def test_a_store_that_cannot_write_is_no_death_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time the lease expires, and the reply begins anew: as its first attempt."""
    monkeypatch.setattr(SQLiteStore, "lease", 0.3)
    script = Script()
    async with (
        serving(tmp_path / "db", script, attempts=1) as server,
        peer(server.url) as client,
    ):
        await client.hello()
        await client.say("send", id="m1", text="hi")
        for _ in range(3):
            async with asyncio.timeout(PATIENCE):
                await script.turns.get()
            with contextlib.closing(sqlite3.connect(tmp_path / "db")) as db:
                db.execute("BEGIN IMMEDIATE")
                await until(lambda: server._store.stalled() > server._store.lease)
        async with asyncio.timeout(PATIENCE):
            await script.turns.get()
        script.say("at last", None)
        answer = await client.answer("m1")
        assert (answer["status"], answer["text"]) == ("complete", "at last")


class Stubborn:
    """Ignores that it is cancelled, as a library may that closes its stream first."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        yield "half of"
        while not self.let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await self.let_go.wait()


async def test_a_tutor_that_ignores_its_cancellation_is_left_behind_after_its_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grace begins with the stop, also long before the lease is due."""
    monkeypatch.setattr(attempt, "GRACE", 0.01)
    monkeypatch.setattr(SQLiteStore, "lease", 3600.0)
    tutor = Stubborn()
    async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        await client.next("delta")
        await client.say("stop", re="m1")
        answer = await client.answer("m1")
        assert (answer["status"], answer["text"]) == ("stopped", "half of")
        tutor.let_go.set()


async def test_a_server_that_drains_hands_over_what_a_tutor_does_not_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt is not counted, and the lease is free for the next server."""
    monkeypatch.setattr(attempt, "GRACE", 0.01)
    monkeypatch.setattr(SQLiteStore, "lease", 3600.0)
    tutor, script = Stubborn(), Script()
    async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        await client.next("delta")
    tutor.let_go.set()
    script.say("all of it", None)
    async with (
        serving(tmp_path / "db", script, attempts=1) as server,
        peer(server.url) as client,
    ):
        await client.hello(dial=2)
        answer = await client.answer("m1")
        assert (answer["status"], answer["text"]) == ("complete", "all of it")


class Torrent:
    """Never awaits, and never reaches the largest length: only a stop ends its reply."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        yield "word "
        while True:
            yield ""


async def test_a_tutor_that_never_awaits_can_be_stopped(tmp_path: Path) -> None:
    """Other sessions are served meanwhile."""
    async with (
        serving(tmp_path / "db", Torrent()) as server,
        peer(server.url) as client,
        peer(server.url) as other,
    ):
        await client.hello()
        await client.say("send", id="m1", text="go")
        await client.next("delta")
        await other.hello("another-session-of-22-characters", instance="other")
        await client.say("stop", re="m1")
        answer = await client.answer("m1")
        assert (answer["status"], answer["text"]) == ("stopped", "word ")


async def test_a_tutor_that_never_awaits_leaves_others_their_turns(tmp_path: Path) -> None:
    """The server's loop goes round between two of its pieces."""
    turns, over = 0, False

    def count() -> None:
        nonlocal turns
        turns += 1
        if not over:
            asyncio.get_running_loop().call_soon(count)

    class Busy:
        async def reply(self, turn: Turn) -> AsyncIterator[str]:
            before = turns
            for _ in range(500):
                yield "x"
            yield str(turns - before)

    async with serving(tmp_path / "db", Busy()) as server, peer(server.url) as client:
        await client.hello()
        count()
        await client.say("send", id="m1", text="go")
        answer = await client.answer("m1")
        over = True
        assert int(answer["text"].removeprefix("x" * 500)) >= 499


async def test_a_tutor_ends_at_256_ki_code_points(tmp_path: Path) -> None:
    """The rest is cut, the generator is closed, the answer is complete."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        script.say("ü" * 200_000, "ü" * 200_000)
        answer = await client.answer("m1")
        assert (len(answer["text"]), answer["status"]) == (256 * 1024, "complete")


async def test_a_tutor_whose_answer_is_long_enough_is_ended(tmp_path: Path) -> None:
    """Its generator is closed at once: it may hold a connection to a model."""
    ended = asyncio.Event()

    class Endless:
        async def reply(self, turn: Turn) -> AsyncIterator[str]:
            try:
                while True:
                    yield "x" * 100_000
            finally:
                ended.set()

    async with serving(tmp_path / "db", Endless()) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        answer = await client.answer("m1")
        assert len(answer["text"]) == 256 * 1024
        assert ended.is_set()


async def test_a_tutor_may_yield_half_a_character(tmp_path: Path) -> None:
    """A lone surrogate in an answer or a greeting arrives as U+FFFD, with the rest of the text."""

    class Torn(Script):
        async def greeting(self, state: dict[str, Any]) -> str:
            return "Hi \ud83d there"

    script = Torn()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        assert (await client.next("event", seq=1))["text"] == "Hi \ufffd there"
        await client.say("send", id="m1", text="hi")
        script.say("one \ud83d", "two", None)
        answer = await client.answer("m1")
        assert (answer["text"], answer["status"]) == ("one \ufffdtwo", "complete")


async def test_a_tutor_that_cancels_itself_has_failed(tmp_path: Path) -> None:
    """The learner did not ask for that end: the answer is not complete."""

    class Quitter:
        async def reply(self, turn: Turn) -> AsyncIterator[str]:
            yield "half of "
            raise asyncio.CancelledError

    async with serving(tmp_path / "db", Quitter()) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        assert (await client.answer("m1"))["status"] == "failed"


async def test_a_delta_that_cannot_be_told_fails_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a fault of the server; the event has the whole text anyway."""
    broadcast = LiveSession.broadcast

    def fail(self: LiveSession, frame: ServerFrame) -> None:
        if isinstance(frame, Answering | Delta):
            raise RuntimeError
        broadcast(self, frame)

    monkeypatch.setattr(LiveSession, "broadcast", fail)
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        answer = await client.answer("m1")
        assert (answer["text"], answer["status"]) == ("hi", "complete")
