"""Replies: stop, state, failing tutors, greeting."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.peers import Script, peer, serving, until
from tutor_widget.server import Server, StoreError, Turn
from tutor_widget.server.logs import JsonLines
from tutor_widget.server.sessions import greeting
from tutor_widget.server.sessions.live import LiveSession
from tutor_widget.server.sessions.reply_worker import MAX_STATE
from tutor_widget.wire import Answering, Delta, ServerFrame

pytestmark = pytest.mark.timeout(60)


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


async def test_stop_of_a_waiting_message_waits_for_its_turn(tmp_path: Path) -> None:
    """It is answered `stopped` with an empty text; unknown and answered ids are ignored."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="1")
        # Sent at once after its message: the stop waits for the commit.
        await client.say("send", id="m2", text="2")
        await client.say("stop", re="m2")
        await client.say("stop", re="nothing")
        await client.say("send", id="m3", text="3")
        script.say("one", None, "three", None)
        answers = [await client.answer(f"m{n}") for n in (1, 2, 3)]
        assert [(answer["text"], answer["status"]) for answer in answers] == [
            ("one", "complete"),
            ("", "stopped"),
            ("three", "complete"),
        ]
        await client.say("stop", re="m1")
        await client.say("send", id="m4", text="4")
        script.say("four", None)
        assert (await client.answer("m4"))["status"] == "complete"


# --- tutors ---------------------------------------------------------------------------------------


async def test_a_failing_tutor_fails_its_answer_only(tmp_path: Path) -> None:
    """The learner sees a sentence, no traceback; the state is not kept; the next answer is fine."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        turn = await script.turns.get()
        turn.state["broken"] = True
        script.say(ValueError("secret of the server"))
        answer = await client.answer("m1")
        assert answer["status"] == "failed"
        assert "secret" not in answer["text"]
        assert answer["text"]
        await client.say("send", id="m2", text="hi")
        assert (await script.turns.get()).state == {}
        script.say("fine", None)
        assert (await client.answer("m2"))["status"] == "complete"


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


async def test_state_is_committed_with_the_answer(tmp_path: Path) -> None:
    """It arrives as a `state` frame just before the answer, and in the next welcome."""
    script = Script()
    async with serving(tmp_path / "db", script) as server:
        async with peer(server.url) as client:
            await client.hello()
            await client.say("send", id="m1", text="hi")
            (await script.turns.get()).state["step"] = 2
            script.say("ok", None)
            state = {"type": "state", "rev": 1, "state": {"step": 2}}
            assert await client.next("state") == state
            assert (await client.read())["re"] == "m1"
        async with peer(server.url) as client:
            welcome = await client.hello(dial=2)
            assert (welcome["state"], welcome["rev"]) == ({"step": 2}, 1)


async def test_an_impossible_state_fails_the_answer(tmp_path: Path) -> None:
    """A state that is no JSON is not kept, and nothing else fails."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        (await script.turns.get()).state["step"] = object()
        script.say("ok", None)
        assert (await client.answer("m1"))["status"] == "failed"


async def test_a_tutor_ends_at_256_ki_code_points(tmp_path: Path) -> None:
    """The rest is cut, the generator is closed, the answer is complete."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        script.say("ü" * 200_000, "ü" * 200_000)
        answer = await client.answer("m1")
        assert (len(answer["text"]), answer["status"]) == (256 * 1024, "complete")


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


class Polite(Script):
    async def greeting(self, state: dict[str, Any]) -> str:
        state["met"] = True
        return "Welcome!"


class Rude(Polite):
    async def greeting(self, state: dict[str, Any]) -> str:
        raise RuntimeError("no")


async def test_a_greeting_that_fails_keeps_nobody_out(tmp_path: Path) -> None:
    """The session opens without a greeting."""
    async with serving(tmp_path / "db", Rude()) as server, peer(server.url) as client:
        assert (await client.hello())["seq"] == 0


async def test_the_greeting_is_said_once(tmp_path: Path) -> None:
    """It is the first event of a new session, has the tutor's state, and is not repeated."""
    for _ in range(2):
        async with serving(tmp_path / "db", Polite()) as server, peer(server.url) as client:
            welcome = await client.hello()
            assert (welcome["seq"], welcome["state"]) == (1, {"met": True})
            greeting = await client.read()
            assert (greeting["text"], greeting["role"], "re" in greeting) == (
                "Welcome!",
                "tutor",
                False,
            )


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
    async with serving(tmp_path / "db", Recalls()) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        answer = await client.answer("m1")
        assert (answer["text"], answer["status"]) == ("I remember 0", "complete")


# --- what a tutor says and does wrong -------------------------------------------------------------


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


@pytest.mark.parametrize(("level", "whole"), [("INFO", False), ("DEBUG", True)])
async def test_what_a_learner_wrote_is_in_no_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, level: str, whole: bool
) -> None:
    """An exception that quotes a learner appears by type and place, in full at DEBUG only."""
    caplog.set_level(level, "tutor_widget.server")
    caplog.handler.setFormatter(JsonLines())
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="my secret words")
        turn = await script.turns.get()
        script.say(ValueError(f"cannot answer {turn.message!r}"))
        assert (await client.answer("m1"))["status"] == "failed"
    lines = [json.loads(caplog.handler.format(record)) for record in caplog.records]
    (failed,) = [line for line in lines if line["event"] == "tutor failed"]
    assert (failed["error"], failed["level"]) == ("ValueError", "error")
    assert failed["at"].startswith(f"{Path(inspect.getfile(Script)).name}:")
    assert ("traceback" in failed) is whole
    assert ("secret words" in json.dumps(lines)) is whole


async def test_a_failed_answer_keeps_what_was_said_of_it(tmp_path: Path) -> None:
    """The learner has read that text already; an apology replaces an empty one."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        script.say("So far, so good", ValueError("broken"))
        answer = await client.answer("m1")
        assert answer["status"] == "failed"
        assert answer["text"].startswith("So far, so good")
        await client.say("send", id="m2", text="hi")
        script.say(ValueError("broken"))
        answer = await client.answer("m2")
        assert answer["status"] == "failed"
        assert answer["text"].startswith("Sorry")
        assert 'tutor_replies_total{status="failed"} 2' in server.metrics.render()


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


async def test_what_a_failing_tutor_did_to_the_state_is_undone(tmp_path: Path) -> None:
    """Nested changes are undone too: the next answer gets the state that was committed last."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        (await script.turns.get()).state["steps"] = [1]
        script.say("ok", None)
        assert (await client.next("state"))["state"] == {"steps": [1]}
        await client.answer("m1")
        await client.say("send", id="m2", text="hi")
        (await script.turns.get()).state["steps"].append(2)
        script.say("ok", ValueError("broken"))
        assert (await client.answer("m2"))["status"] == "failed"
        await client.say("send", id="m3", text="hi")
        turn = await script.turns.get()
        assert turn.state == {"steps": [1]}
        turn.state["steps"].append(3)
        script.say("ok", None)
        assert (await client.next("state"))["state"] == {"steps": [1, 3]}


async def test_a_state_that_stays_as_it_was_is_not_told_again(tmp_path: Path) -> None:
    """A state may have 256 KiB, which each message would cost otherwise."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        (await script.turns.get()).state["step"] = 1
        script.say("ok", None)
        await client.answer("m1")
        await client.say("send", id="m2", text="hi")
        (await script.turns.get()).state["step"] = 1
        script.say("ok", None)
        await client.answer("m2")
        assert client.seen.count("state") == 1


async def test_a_state_that_is_too_large_fails_the_answer(tmp_path: Path) -> None:
    """256 KiB are sent with each change; one byte more is refused."""
    script = Script()
    room = MAX_STATE - len('{"x":""}')
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        for number, size, status in ((1, room, "complete"), (2, room + 1, "failed")):
            await client.say("send", id=f"m{number}", text="hi")
            (await script.turns.get()).state["x"] = "x" * size
            script.say("ok", None)
            assert (await client.answer(f"m{number}"))["status"] == status


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


async def test_what_a_context_holds_besides_is_not_kept(tmp_path: Path) -> None:
    """Only parts that the protocol knows have their size checked, so only those reach a tutor."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        error = {"name": "E", "message": "m", "traceback": "t"}
        await client.say("send", id="m1", text="hi", context={"error": error | {"x": "y" * 99}})
        assert (await script.turns.get()).context == {"error": error}


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


async def test_a_greeting_that_takes_too_long_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session opens without it, and so it opens when the greeting is empty."""
    monkeypatch.setattr(greeting, "_GREETING_TIME", 0.01)

    class Slow(Script):
        async def greeting(self, state: dict[str, Any]) -> str:
            await asyncio.Event().wait()
            return "too late"

    class Silent(Script):
        async def greeting(self, state: dict[str, Any]) -> str:
            return ""

    for number, tutor in enumerate((Slow(), Silent())):
        async with serving(tmp_path / f"{number}", tutor) as server, peer(server.url) as client:
            assert (await client.hello())["seq"] == 0


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
