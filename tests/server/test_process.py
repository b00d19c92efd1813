"""Server processes that are killed or terminated."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.support.servers.patient import PATIENT, check, whole_log
from tests.support.servers.peers import PATIENCE, SESSION, Script, peer, serving
from tests.support.servers.processes import Tutor

pytestmark = pytest.mark.timeout(180)

DEADLY = """
import asyncio, os, pathlib, signal

class Deadly:
    async def reply(self, turn):
        yield "Before the end. "
        if turn.message == "die":
            while pathlib.Path("wait").exists():
                await asyncio.sleep(0.02)
            os.kill(os.getpid(), signal.SIGKILL)
        yield "Alive."
"""


async def test_a_reply_that_was_killed_is_generated_anew(tmp_path: Path) -> None:
    """This needs no client; the reply has a new id, and one event."""
    (tmp_path / "patient.py").write_text(PATIENT)
    with Tutor(tmp_path / "tutor.sqlite", "--tutor", "patient:Patient") as server:
        async with peer(server.url) as client:
            await client.hello()
            await client.say("send", id="m1", text="first")
            before = await client.next("delta")
            server.kill()
    with Tutor(tmp_path / "tutor.sqlite", "--tutor", "patient:Patient") as server:
        async with peer(server.url) as client:
            await client.hello(dial=2)
            again = await client.next("delta", re="m1")
            assert (again["from"], again["id"] != before["id"]) == (0, True)
            (tmp_path / "go").touch()
            assert (await client.answer("m1"))["text"] == "first: done"
        check(await whole_log(server.url), ["m1"])


async def test_the_third_death_fails_the_answer(tmp_path: Path) -> None:
    """The message that kills its server is given up, and the next message is answered."""
    (tmp_path / "deadly.py").write_text(DEADLY)
    with Tutor(tmp_path / "tutor.sqlite", "--tutor", "deadly:Deadly") as server:
        async with peer(server.url) as client:
            await client.hello()
            await client.say("send", id="m1", text="die")
            await client.say("send", id="m2", text="live")
            await client.ending()
        await server.ended()
    for _ in range(2):
        # No client connects: the server answers the message by itself, and dies.
        with Tutor(tmp_path / "tutor.sqlite", "--tutor", "deadly:Deadly") as server:
            assert await server.ended() != 0
    with Tutor(tmp_path / "tutor.sqlite", "--tutor", "deadly:Deadly") as server:
        async with peer(server.url) as client:
            await client.hello(dial=2)
            await client.say("send", id="m2", text="live")
            answer = await client.answer("m1")
            assert answer["status"] == "failed"
            assert answer["text"]
            assert (await client.answer("m2"))["text"] == "Before the end. Alive."
        check(await whole_log(server.url), ["m1", "m2"])


async def test_sigterm_lets_a_reply_finish_and_exits_0(tmp_path: Path) -> None:
    """Clients get bye and 1012, the reply is committed, the status is 0, the log has no secret."""
    (tmp_path / "patient.py").write_text(PATIENT)
    options = ("--tutor", "patient:Patient")
    secret = {"TUTOR_SERVER_TOKEN": "very-secret"}
    with Tutor(tmp_path / "tutor.sqlite", *options, environment=secret) as server:
        async with peer(server.url, "very-secret") as client:
            await client.hello()
            await client.say("send", id="m1", text="private words")
            await client.next("delta")
            server.send_signal(signal.SIGTERM)
            assert (await client.next("bye"))["retry_after"] > 0
            assert (await client.ending())[0] == 1012
            (tmp_path / "go").touch()
        assert await server.ended() == 0
        lines = server.log_records()
        assert {
            "server listening",
            "connection welcomed",
            "server draining",
            "connection closed",
            "server stopped",
        } <= {line["event"] for line in lines}
        assert not any(
            word in str(lines) for word in ("very-secret", "private", SESSION, "Traceback")
        )
    with Tutor(tmp_path / "tutor.sqlite", *options) as server:
        events = await whole_log(server.url)
        assert events[1]["text"] == "private words: done"


async def test_a_reply_that_takes_too_long_is_handed_over_and_not_counted(tmp_path: Path) -> None:
    """A hand-over is no attempt: after four of them the answer is still generated."""
    for dial in range(1, 5):
        script = Script()
        async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
            await client.hello(dial=dial)
            await client.say("send", id="m1", text="hi")
            async with asyncio.timeout(PATIENCE):
                await script.turns.get()  # the reply is under way
    script = Script()
    script.say("at last", None)
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello(dial=9)
        assert (await client.answer("m1"))["text"] == "at last"


async def test_kills_do_not_fail_a_message_that_only_waited(tmp_path: Path) -> None:
    """The reply before it dies with its server and is given up; the next is in its first one."""
    (tmp_path / "deadly.py").write_text(DEADLY + "    parallel = 1\n")
    (tmp_path / "wait").touch()
    waiting = "the-other-session-of-22-characters"
    with Tutor(tmp_path / "tutor.sqlite", "--tutor", "deadly:Deadly", "--pace", "0") as server:
        async with peer(server.url) as first, peer(server.url) as second:
            await first.hello()
            await second.hello(waiting, instance="second")
            await first.say("send", id="m1", text="die")
            await first.next("event", id="m1")
            await second.say("send", id="m1", text="live")
            await second.next("event", id="m1")
            (tmp_path / "wait").unlink()
            await first.ending()
        await server.ended()
    for _ in range(2):
        with Tutor(tmp_path / "tutor.sqlite", "--tutor", "deadly:Deadly") as server:
            assert await server.ended() != 0
    with Tutor(tmp_path / "tutor.sqlite", "--tutor", "deadly:Deadly") as server:
        async with peer(server.url) as client:
            await client.hello(waiting, dial=2, instance="second")
            await client.say("send", id="m1", text="live")
            answer = await client.answer("m1")
            assert (answer["status"], answer["text"]) == ("complete", "Before the end. Alive.")
