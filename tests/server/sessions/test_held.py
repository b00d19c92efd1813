"""Answers that wait for a person's approval."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import SESSION, Frame, Peer, Script, gauge, peer, serving
from tutor_widget.server import Server, SQLiteStore, Turn
from tutor_widget.server.store import Entry

pytestmark = pytest.mark.timeout(150)
HELD = {"type": "answering", "re": "m1", "held": True}


class Cautious(Script):
    """Its answers to what has "?" in it need approval."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        turn.hold = "?" in turn.message
        async for piece in super().reply(turn):
            yield piece


async def ask(client: Peer, script: Script, *words: str | Exception | None) -> list[Frame]:
    """Ask what needs approval; the frames up to the one after its `answering`."""
    await client.say("send", id="m1", text="why?")
    turn = await script.turns.get()
    turn.state["step"] = 2
    turn.record["hints"] = 1
    script.say(*words)
    return [await client.read() for _ in range(3)]


async def test_a_held_answer_shows_nothing_until_it_is_approved(tmp_path: Path) -> None:
    """No delta, no state: then its state, and its event with all of its text."""
    script = Cautious()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        frames = await ask(client, script, "because", " of it", None)
        assert [frame["type"] for frame in frames] == ["event", "answering", "answering"]
        assert frames[2] == HELD
        assert await server.approve("", SESSION, "m1")
        assert await client.read() == {"type": "state", "rev": 1, "state": {"step": 2}}
        answer = await client.read()
        assert (answer["text"], answer["status"]) == ("because of it", "complete")
        assert not await server.approve("", SESSION, "m1")
        assert 'tutor_replies_total{status="complete"} 1' in server.metrics.render()


async def test_an_answer_may_be_approved_with_another_text(tmp_path: Path) -> None:
    """The person's text takes the place of the tutor's."""
    script = Cautious()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await ask(client, script, "because", None)
        assert await server.approve("", SESSION, "m1", "better")
        assert (await client.answer("m1"))["text"] == "better"


async def test_nothing_is_approved_that_is_not_held(tmp_path: Path) -> None:
    """And no session is made by it."""
    async with serving(tmp_path / "db") as server:
        assert not await server.approve("", SESSION, "m1")
        assert await server._registry.store.find_session("", SESSION) is None


async def test_a_held_answer_outlives_its_server(tmp_path: Path) -> None:
    """Who connects later is told that it is held, and the tutor is not asked again."""
    script = Cautious()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await ask(client, script, "because", None)
    again = Cautious()
    async with serving(tmp_path / "db", again) as server:
        async with peer(server.url) as client:
            assert (await client.hello(dial=2))["answering"] is None
            assert (await client.read())["id"] == "m1"
            assert await client.read() == HELD
        async with peer(server.url) as client:
            await client.hello(dial=3)
            assert await client.next("answering") == HELD
            assert await server.approve("", SESSION, "m1")
            assert (await client.answer("m1"))["text"] == "because"
        assert not again.asked()


async def test_a_held_answer_waits_for_no_slot(tmp_path: Path) -> None:
    """Whoever connects is told that it is held, also if the tutor is busy with another reply."""

    class Scarce(Cautious):
        parallel = 1

    script = Scarce()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await ask(client, script, "because", None)
    async with (
        serving(tmp_path / "db", script) as server,
        peer(server.url) as busy,
        peer(server.url) as client,
    ):
        await busy.hello("another-session-of-22-characters")
        await busy.say("send", id="m1", text="hi")
        await busy.next("answering")
        await client.hello(dial=2)
        assert await client.next("answering") == HELD
        await client.say("send", id="m2", text="next")
        await client.next("event", id="m2")
        assert gauge(server, "queue") == 0
        await client.say("stop", re="m1")
        assert (await client.answer("m1"))["status"] == "stopped"


async def test_the_next_message_waits_until_the_held_answer_is_approved(tmp_path: Path) -> None:
    """Then it is answered, in the order of the log, with the state that was approved."""
    script = Cautious()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await ask(client, script, "because", None)
        await client.say("send", id="m2", text="and then")
        assert (await client.read())["id"] == "m2"
        await client.say("older", before=1, limit=1)
        await client.next("page")
        assert not script.asked()
        await server.approve("", SESSION, "m1")
        assert (await client.answer("m1"))["text"] == "because"
        turn = await script.turns.get()
        assert (turn.message, turn.state, turn.state_rev) == ("and then", {"step": 2}, 1)
        script.say("that", None)
        assert (await client.answer("m2"))["text"] == "that"


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_stop_of_a_held_answer_publishes_none_of_it(
    tmp_path: Path, restarted: bool
) -> None:
    """It is answered at once, stopped and empty, and its state is not kept."""
    script = Cautious()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await ask(client, script, "because", None)
        if not restarted:
            await stopped(server, client, script)
    if restarted:
        async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
            await client.hello(dial=2)
            await stopped(server, client, script)


async def stopped(server: Server, client: Peer, script: Script) -> None:
    await client.say("stop", re="m1")
    answer = await client.answer("m1")
    assert (answer["text"], answer["status"]) == ("", "stopped")
    assert not await server.approve("", SESSION, "m1")
    await client.say("send", id="m2", text="next")
    script.asked()
    turn = await script.turns.get()
    assert turn.state == {}
    script.say("fine", None)
    assert (await client.answer("m2"))["text"] == "fine"


@pytest.mark.parametrize("ending", ["stop", "failure"])
async def test_what_was_not_approved_is_in_no_answer(tmp_path: Path, ending: str) -> None:
    """Neither if it is stopped while it is written, nor if its tutor fails."""
    script = Cautious()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="why?")
        script.say("because")
        await client.next("answering")
        if ending == "stop":
            await client.say("stop", re="m1")
        else:
            script.say(ValueError())
        answer = await client.answer("m1")
        assert answer["status"] == ("stopped" if ending == "stop" else "failed")
        assert "because" not in answer["text"]
        assert "delta" not in client.seen


async def test_the_state_of_what_was_not_approved_is_not_kept(tmp_path: Path) -> None:
    """A reply that is stopped while it is written leaves none, as one that is held then."""
    script = Cautious()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="why?")
        (await script.turns.get()).state["step"] = 2
        script.say("because")
        await client.say("stop", re="m1")
        assert (await client.answer("m1"))["status"] == "stopped"
        assert "state" not in client.seen


async def test_a_tutor_may_begin_to_show_what_it_held_back(tmp_path: Path) -> None:
    """What it withheld goes out first, so that the pieces join."""

    class Hesitant:
        async def reply(self, turn: Turn) -> AsyncIterator[str]:
            turn.hold = True
            yield "one "
            yield "two "
            turn.hold = False
            yield "three"

    async with serving(tmp_path / "db", Hesitant()) as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="hi")
        delta = await client.next("delta")
        assert (delta["from"], delta["text"]) == (0, "one two three")
        assert (await client.answer("m1"))["text"] == "one two three"


async def test_a_record_is_kept_with_its_answer_and_never_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With a held one too. A record that is no JSON, or too large, is dropped, and the answer
    stays."""
    script = Cautious()
    bad: list[dict[str, Any]] = [{"x": object()}, {"x": "y" * (64 << 10)}]
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello()
        await ask(client, script, "because", None)
        await server.approve("", SESSION, "m1", by="Ms Grey")
        assert "record" not in await client.answer("m1")
        for number, record in enumerate(bad):
            await client.say("send", id=f"n{number}", text="hi")
            (await script.turns.get()).record.update(record)
            script.say("fine", None)
            assert (await client.answer(f"n{number}"))["status"] == "complete"
    store = await SQLiteStore.open_file(tmp_path / "db")
    entries = await store.entries(1, 0, 100)
    assert isinstance(entries, list | tuple)
    kept = [entry.record for entry in entries if isinstance(entry, Entry) and entry.event.re]
    await store.close()
    approved = {"by": "Ms Grey", "edited": False}
    assert kept == [{"hints": 1, "approved": approved}, {}, {}]
    assert caplog.messages.count("tutor record dropped") == 2
