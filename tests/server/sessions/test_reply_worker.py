"""The worker that answers: the order of replies, what they commit, and what a failure leaves."""

from __future__ import annotations

import asyncio
import inspect
import json
from asyncio import Future
from pathlib import Path

import pytest

from tests.support.servers.peers import PATIENCE, Script, peer, serving, until
from tutor_widget.server.logs import JsonLines
from tutor_widget.server.net import inbound
from tutor_widget.server.sessions import reply_worker
from tutor_widget.server.sessions.outcome import MAX_STATE
from tutor_widget.server.store import Claim, Erased, Message, Outcome

pytestmark = pytest.mark.timeout(150)


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


async def test_an_impossible_state_fails_the_answer(tmp_path: Path) -> None:
    """A state that is no JSON is not kept, and nothing else fails."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        (await script.turns.get()).state["step"] = object()
        script.say("ok", None)
        assert (await client.answer("m1"))["status"] == "failed"


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


async def test_what_a_context_holds_besides_is_not_kept(tmp_path: Path) -> None:
    """Only parts that the protocol knows have their size checked, so only those reach a tutor."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        error = {"name": "E", "message": "m", "traceback": "t"}
        await client.say("send", id="m1", text="hi", context={"error": error | {"x": "y" * 99}})
        assert (await script.turns.get()).context == {"error": error}


async def test_a_claim_made_with_its_message_is_given_back_when_the_server_drains(
    tmp_path: Path,
) -> None:
    """It does not count as an attempt, and whoever claims next need not wait for its lease."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        (session,) = server._registry.sessions
        assert session.worker.reserve()
        appending = server._store.append(session.key, Message("m1", "hi"), claims=True)
        session.worker.expect(appending)
        await session.worker.drain(PATIENCE)
        await appending
        claim = await server._store.claim(session.key)
        assert isinstance(claim, Claim)
        assert claim.attempt == 1


async def test_a_message_that_is_not_taken_leaves_no_worker(tmp_path: Path) -> None:
    """The claim made with it finds nothing; the next message is answered."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        await client.say("withdraw", id="m1")
        await client.next("refused", code="withdrawn")
        await client.say("send", id="m1", text="hi")
        await client.next("refused", code="withdrawn")
        (session,) = server._registry.sessions
        await until(lambda: not session.worker.busy)
        await client.say("send", id="m2", text="hi")
        await client.answer("m2")


async def test_a_flood_leaves_no_message_without_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection that sends too much at once ends, and what was claimed for it is answered."""
    monkeypatch.setattr(inbound, "_FLOOD", 0)
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        server._store.lease = 3600.0  # type: ignore[misc]
        await client.hello()
        (session,) = server._registry.sessions
        await client.say("send", id="m1", text="hi")
        assert (await client.ending())[0] == 1002
        await until(lambda: session.seq == 2 and not session.worker.busy)
        assert session.unanswered.oldest is None


async def test_a_worker_that_is_cancelled_leaves_the_learners_write_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drain that is out of patience with a stalled store gives up the worker alone."""
    monkeypatch.setattr(reply_worker, "GRACE", -1.0)
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        (session,) = server._registry.sessions
        assert session.worker.reserve()
        appending: Future[Outcome | Erased] = asyncio.get_running_loop().create_future()
        session.worker.expect(appending)
        await session.worker.drain(0)
        assert not appending.cancelled()
        appending.set_result("full")
        await until(lambda: not session.worker.busy)
