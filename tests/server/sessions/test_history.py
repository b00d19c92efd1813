"""The conversation as a tutor reads it, and a store that cannot be read for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import Script, peer, serving, until
from tutor_widget.server import Server, StoreError, Turn
from tutor_widget.server.sessions.history import as_dialogue
from tutor_widget.wire import Event

pytestmark = pytest.mark.timeout(150)


def event(seq: int, event_id: str, re: str | None = None) -> Event:
    role = "tutor" if re or event_id.startswith("_") else "learner"
    return Event(seq, event_id, role, "", 0, "complete", re)  # type: ignore[arg-type]


def test_a_dialogue_has_each_answer_behind_its_question() -> None:
    """Messages sent in between do not matter, and events after the present message are left out."""
    log = [
        event(1, "_greeting"),
        event(2, "m1"),
        event(3, "m2"),
        event(4, "_a1", "m1"),
        event(5, "m3"),
        event(6, "_a2", "m2"),
        event(7, "m4"),
    ]
    assert [one.id for one in as_dialogue(log, before=5)] == ["_greeting", "m1", "_a1", "m2", "_a2"]
    # The question of the first answer lies before what was read.
    assert [one.id for one in as_dialogue(log[3:], before=5)] == ["_a1"]


async def test_context_and_history_reach_the_tutor(tmp_path: Path) -> None:
    """The tutor gets the context as shared, and the history as a dialogue."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        context = {"cell": "1/0", "error": {"name": "E", "message": "m", "traceback": "t"}}
        await client.say("send", id="m1", text="one")
        await client.say("send", id="m2", text="two", context=context | {"other": 1})
        await client.next("event", id="m2")
        script.say("first", None)
        await script.turns.get()
        turn = await script.turns.get()
        assert (turn.message, turn.context) == ("two", context)
        assert [event.text for event in await turn.history()] == ["one", "first"]
        script.say(None)
        await client.answer("m2")


async def test_a_tutor_asks_for_no_history_and_gets_none(tmp_path: Path) -> None:
    """For one event it gets the newest."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="question")
        script.say("answer", None)
        await client.answer("m1")
        await script.turns.get()
        await client.say("send", id="m2", text="another")
        turn = await script.turns.get()
        assert list(await turn.history(0)) == []
        assert [event.text for event in await turn.history(1)] == ["answer"]
        script.say(None)
        await client.answer("m2")


# --- a store that cannot be read ------------------------------------------------------------------


class Unreadable:
    """A store's ``read_before`` that fails until `mended` is set, and counts its calls."""

    def __init__(self, server: Server, error: Exception) -> None:
        self._store, self._read, self._error = server._store, server._store.read_before, error
        self.asked = 0
        self.refused = asyncio.Event()
        self.mended = False
        server._store.read_before = self  # type: ignore[method-assign,assignment]

    async def __call__(self, *arguments: Any) -> Any:
        if self.mended:
            return await self._read(*arguments)
        self.asked += 1
        self.refused.set()
        raise self._error


class Recalls:
    """A tutor that answers with the length of its history, if it gets that within ``limit`` s."""

    def __init__(self, limit: float | None = None, *, answers: bool = False) -> None:
        self._limit = limit
        self._answers = answers
        self.begun = 0

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        self.begun += 1
        yield "I remember "
        try:
            events = await asyncio.wait_for(turn.history(), self._limit)
        except TimeoutError:
            if not self._answers:
                raise
            events = []
        yield str(len(events))


@pytest.mark.parametrize("error", [StoreError("no"), OSError(5, "no")], ids=["store", "system"])
async def test_a_history_that_cannot_be_read_is_waited_for(
    tmp_path: Path, error: Exception
) -> None:
    """The reply continues in its first attempt when the store can be read; reads are spaced out."""
    tutor = Recalls()
    async with (
        serving(tmp_path / "db", tutor, attempts=1) as server,
        peer(server.url) as client,
    ):
        await client.hello()
        store = Unreadable(server, error)
        begun = asyncio.get_running_loop().time()
        await client.say("send", id="m1", text="hi")
        await until(lambda: store.asked >= 3)
        # Waits of 0.1 and 0.2 s, however fast or slow this machine is.
        assert asyncio.get_running_loop().time() - begun >= 0.3
        store.mended = True
        answer = await client.answer("m1")
        assert (answer["text"], answer["status"]) == ("I remember 0", "complete")
        assert tutor.begun == 1


async def test_a_tutor_that_fails_over_an_unreadable_history_begins_anew(tmp_path: Path) -> None:
    """A failure by its own time limit is no failed answer, and no attempt is counted."""
    tutor = Recalls(0.01)
    async with (
        serving(tmp_path / "db", tutor, attempts=1) as server,
        peer(server.url) as client,
    ):
        await client.hello()
        store = Unreadable(server, StoreError("no"))
        await client.say("send", id="m1", text="hi")
        await until(lambda: store.asked >= 4)
        assert tutor.begun == 1  # it begins when the history can be read, not before
        tutor._limit = None
        store.mended = True
        answer = await client.answer("m1")
        assert (answer["text"], answer["status"]) == ("I remember 0", "complete")
        assert tutor.begun == 2


async def test_a_tutor_may_answer_without_its_history(tmp_path: Path) -> None:
    """The answer of a tutor that catches its own time-out counts."""
    tutor = Recalls(0.01, answers=True)
    async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
        await client.hello()
        Unreadable(server, StoreError("no"))
        await client.say("send", id="m1", text="hi")
        assert (await client.answer("m1"))["status"] == "complete"


async def test_a_reply_that_waits_for_its_history_can_be_stopped(tmp_path: Path) -> None:
    """The learner's Stop ends it at once; a server that drains hands it over."""
    async with serving(tmp_path / "db", Recalls()) as server, peer(server.url) as client:
        await client.hello()
        store = Unreadable(server, StoreError("no"))
        await client.say("send", id="m1", text="hi")
        await store.refused.wait()
        await client.say("stop", re="m1")
        assert (await client.answer("m1"))["status"] == "stopped"
        store.refused.clear()
        await client.say("send", id="m2", text="hi")
        await store.refused.wait()
    async with (
        serving(tmp_path / "db", Recalls(), attempts=1) as server,
        peer(server.url) as client,
    ):
        await client.hello(dial=2)
        assert (await client.answer("m2"))["status"] == "complete"
