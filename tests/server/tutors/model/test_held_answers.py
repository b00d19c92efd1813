"""Answers that a teacher looks at first, behind a real server: what is shown of them, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.model_tutor import asked, lesson_file, tutor_on
from tests.support.servers.endpoint import Script, ScriptedEndpoint
from tests.support.servers.endpoint_scripts import good, hang
from tests.support.servers.peers import SESSION, Peer, peer, serving
from tutor_widget.server import Server
from tutor_widget.server.sessions.outcome import LONGEST_HOLD
from tutor_widget.server.store import HeldAnswer
from tutor_widget.server.tutors import Turn
from tutor_widget.server.tutors.course import Course

LEAK: Final = "You are close. The answer is break. Do you see it?"


async def ask(client: Peer, text: str, message: str = "m1") -> None:
    await client.say("send", id=message, text=text)
    await client.next("event", id=message)


async def until_held(client: Peer, message: str = "m1") -> None:
    """Wait until the answer is held. Nothing of it is shown before."""
    while not (frame := await client.read()).get("held"):
        assert frame == {"type": "answering", "re": message}


async def waiting(server: Server) -> HeldAnswer:
    """The one answer that is held."""
    (held,) = await server._registry.store.held()
    return held


@pytest.mark.parametrize(
    ("hold", "script", "why", "text"),
    [
        ("all", good("Think ", "of a bone."), "all", "Think of a bone."),
        ("flagged", good(LEAK), "guard", "Hint 1 of 2"),
        ("flagged", good("Think of a bone.\n[[UNSURE]]"), "unsure", "Think of a bone."),
    ],
)
async def test_nothing_of_a_held_answer_is_shown_before_it_is_approved(
    tmp_path: Path, hold: Any, script: Script, why: str, text: str
) -> None:
    """No piece, no state: then both, with what the record says of it in the store alone."""
    course = Course(hold=hold, hold_minutes=10, hold_say="Ask me in class.")
    async with ScriptedEndpoint(script) as endpoint:
        tutor = tutor_on(endpoint.url, lesson_file(tmp_path), course)
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await ask(client, "return")
            await until_held(client)
            held = await waiting(server)
            assert held.record["held"] == why
            assert text in held.text
            assert held.until is not None
            assert held.until - held.at == 600_000
            assert await server.approve("", SESSION, "m1")
            assert (await client.next("state"))["state"]["attempts"] == 1
            assert text in (await client.answer("m1"))["text"]
            assert "delta" not in client.seen


@pytest.mark.parametrize(
    ("otherwise", "said"), [("", "Think of a bone."), ("Ask me in class.", "Ask me in class.")]
)
async def test_what_nobody_looks_at_goes_out_when_its_time_is_over(
    tmp_path: Path, otherwise: str, said: str
) -> None:
    """As it is, or with what the teacher says in its place; once, and what it was about counts."""
    course = Course(hold="all", hold_minutes=0.001, hold_say=otherwise)
    async with ScriptedEndpoint(good("Think of a bone.")) as endpoint:
        tutor = tutor_on(endpoint.url, lesson_file(tmp_path), course)
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await ask(client, "return")
            await until_held(client)
            assert (await client.next("state"))["state"]["attempts"] == 1
            assert said in (await client.answer("m1"))["text"]
            await ask(client, "break", "m2")
            assert "Right!" in (await client.answer("m2"))["text"]


async def test_what_is_not_flagged_comes_at_once_and_whole(tmp_path: Path) -> None:
    """Nobody waits for a teacher."""
    async with ScriptedEndpoint(good("Think ", "of a bone.")) as endpoint:
        tutor = tutor_on(endpoint.url, lesson_file(tmp_path), Course(hold="flagged"))
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await ask(client, "return")
            assert "Think of a bone." in (await client.answer("m1"))["text"]
            assert client.seen.count("delta") == 1


async def test_a_learner_with_an_open_report_gets_what_a_teacher_has_seen(tmp_path: Path) -> None:
    """Until somebody has settled the report."""
    async with ScriptedEndpoint(good("Sort it.")) as endpoint:
        tutor = tutor_on(endpoint.url, course=Course(hold="flagged"))
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            store = server._registry.store
            await client.hello()
            await ask(client, "How?")
            answer = await client.answer("m1")
            await client.say("report", id=answer["id"], reason="rude")
            await client.next("reported")
            await ask(client, "And now?", "m2")
            await until_held(client, "m2")
            held = await waiting(server)
            assert held.record["held"] == "reported"
            await store.settle_report(held.key, str(answer["id"]), "closed")
            assert await server.approve("", SESSION, "m2")
            await client.answer("m2")
            await ask(client, "Well?", "m3")
            assert (await client.answer("m3"))["text"] == "Sort it."


@pytest.mark.parametrize("script", [good("Think of a bone."), hang])
async def test_a_held_answer_can_be_stopped(tmp_path: Path, script: Script) -> None:
    """While it waits, and while it is written: nothing of it is shown, and nothing counts."""
    async with ScriptedEndpoint(script) as endpoint:
        tutor = tutor_on(
            endpoint.url, lesson_file(tmp_path), Course(hold="all"), first_token_timeout=60
        )
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await ask(client, "return")
            if script is hang:
                await asked(endpoint, 1)
            else:
                await until_held(client)
            await client.say("stop", re="m1")
            answer = await client.answer("m1")
            assert (answer["status"], answer["text"]) == ("stopped", "")
            assert "state" not in client.seen
            assert "delta" not in client.seen
            assert not await server._registry.store.held()


async def test_the_authors_own_words_do_not_wait(tmp_path: Path) -> None:
    """Beside a model whose words all wait."""
    async with ScriptedEndpoint(good("x")) as endpoint:
        tutor = tutor_on(endpoint.url, lesson_file(tmp_path), Course(hold="all"))
        async with serving(tmp_path / "db", tutor) as server, peer(server.url) as client:
            await client.hello()
            await ask(client, "hint")
            assert "Hint 1 of 2" in (await client.answer("m1"))["text"]


@pytest.mark.parametrize(
    ("seconds", "otherwise", "is_fit"),
    [
        (60, None, True), (0.5, "Ask me.", True), (None, "Ask me.", True), (0, None, False),
        (-1, None, False), (float("nan"), None, False), (LONGEST_HOLD * 2, None, False),
        ("60", None, False), (True, None, False), (60, 7, False),
    ],
)  # fmt: skip
async def test_a_deadline_that_is_none_is_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seconds: Any, otherwise: Any, is_fit: bool
) -> None:
    """Then a tutor's answer waits until somebody has looked at it."""

    class Cautious:
        async def reply(self, turn: Turn) -> Any:
            turn.hold = True
            turn.hold_seconds, turn.hold_otherwise = seconds, otherwise
            yield "because"

    async with serving(tmp_path / "db", Cautious()) as server, peer(server.url) as client:
        await client.hello()
        await ask(client, "why?")
        await until_held(client)
        held = await waiting(server)
        assert (held.until is not None) is (is_fit and seconds is not None)
    assert ("tutor deadline dropped" in caplog.messages) is not is_fit
