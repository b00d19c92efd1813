"""Server processes that are killed, terminated, and that share a database."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.server_support import (
    PATIENCE,
    SESSION,
    Peer,
    Script,
    peer,
    server_process,
    serving,
)

pytestmark = pytest.mark.timeout(90)

DEADLY = """
import os, signal

class Deadly:
    async def reply(self, turn):
        yield "Before the end. "
        if turn.message == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        yield "Alive."
"""
PATIENT = '''
import asyncio, pathlib

class Patient:
    """Speaks, then waits for the file "go"."""
    async def reply(self, turn):
        yield f"{turn.message}: "
        while not pathlib.Path("go").exists():
            await asyncio.sleep(0.02)
        yield "done"
'''


async def whole_log(url: str) -> list[dict[str, Any]]:
    """All events of the session, once every message has its answer."""
    async with peer(url) as client:
        welcome = await client.hello(instance="auditor")
        events: list[dict[str, Any]] = []
        asked: set[str] = set()
        answered: set[str] = set()
        while len(events) < welcome["seq"] or asked != answered:
            events.append(await client.next("event"))
            asked = {event["id"] for event in events if event["role"] == "learner"}
            answered = {event["re"] for event in events if "re" in event}
        return events


def check(events: list[dict[str, Any]], sent: list[str]) -> None:
    """Everything once, in order, and one answer for each."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["id"] for event in events if event["role"] == "learner"] == sent
    assert [event["re"] for event in events if "re" in event] == sent


async def test_killed_again_and_again_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """SIGKILL at random moments: what was acknowledged is there, and each is answered once."""
    chance = random.Random(7)
    sent: list[str] = []
    acknowledged: list[str] = []
    for dial in range(1, 7):
        with server_process(tmp_path, "--tutor", "echo", "--pace", "400") as server:
            async with peer(server.url) as client:
                await client.hello(dial=dial)
                for message_id in sent[len(acknowledged) :]:
                    await client.say("send", id=message_id, text=f"words of {message_id}")
                for _ in range(10):
                    sent.append(f"m{len(sent)}")
                    await client.say("send", id=sent[-1], text=f"words of {sent[-1]}")
                fate = len(acknowledged) + chance.randrange(3, 9)
                while len(acknowledged) < fate:
                    event = await client.next("event", role="learner")
                    if event["id"] not in acknowledged:
                        acknowledged.append(event["id"])
                server.kill()
    with server_process(tmp_path, "--tutor", "echo", "--pace", "0") as server:
        async with peer(server.url) as client:
            welcome = await client.hello(dial=9)
            log = await client.events(welcome["seq"])
            assert {*acknowledged} <= {event["id"] for event in log}
            for message_id in sent:
                await client.say("send", id=message_id, text=f"words of {message_id}")
            await client.next("event", id=sent[-1])
        check(await whole_log(server.url), sent)


async def test_a_reply_that_was_killed_is_generated_anew(tmp_path: Path) -> None:
    """Without any client, under a new id, and its event comes once."""
    (tmp_path / "patient.py").write_text(PATIENT)
    with server_process(tmp_path, "--tutor", "patient:Patient") as server:
        async with peer(server.url) as client:
            await client.hello()
            await client.say("send", id="m1", text="first")
            before = await client.next("delta")
            server.kill()
    with server_process(tmp_path, "--tutor", "patient:Patient") as server:
        async with peer(server.url) as client:
            await client.hello(dial=2)
            again = await client.next("delta", re="m1")
            assert (again["from"], again["id"] != before["id"]) == (0, True)
            (tmp_path / "go").touch()
            assert (await client.answer("m1"))["text"] == "first: done"
        check(await whole_log(server.url), ["m1"])


async def test_the_third_death_fails_the_answer(tmp_path: Path) -> None:
    """An answer that kills its server is given up, and the next message is answered."""
    (tmp_path / "deadly.py").write_text(DEADLY)
    with server_process(tmp_path, "--tutor", "deadly:Deadly") as server:
        async with peer(server.url) as client:
            await client.hello()
            await client.say("send", id="m1", text="die")
            await client.say("send", id="m2", text="live")
            await client.ending()
        await server.ended()
    for _ in range(2):
        # Nobody connects: the server takes the message up by itself, and dies of it.
        with server_process(tmp_path, "--tutor", "deadly:Deadly") as server:
            assert await server.ended() != 0
    with server_process(tmp_path, "--tutor", "deadly:Deadly") as server:
        async with peer(server.url) as client:
            await client.hello(dial=2)
            await client.say("send", id="m2", text="live")
            answer = await client.answer("m1")
            assert answer["status"] == "failed"
            assert answer["text"]
            assert (await client.answer("m2"))["text"] == "Before the end. Alive."
        check(await whole_log(server.url), ["m1", "m2"])


async def test_sigterm_lets_a_reply_finish_and_exits_0(tmp_path: Path) -> None:
    """bye, 1012, the reply goes on and is committed; exit status 0, and no secret in the log."""
    (tmp_path / "patient.py").write_text(PATIENT)
    options = ("--tutor", "patient:Patient")
    with server_process(tmp_path, *options, TUTOR_SERVER_TOKEN="very-secret") as server:
        async with peer(server.url, "very-secret") as client:
            await client.hello()
            await client.say("send", id="m1", text="private words")
            await client.next("delta")
            server.terminate()
            assert (await client.next("bye"))["retry_after"] > 0
            assert (await client.ending())[0] == 1012
            (tmp_path / "go").touch()
        assert await server.ended() == 0
        lines = server.log()
        assert {"listening", "welcomed", "draining", "closed", "stopped"} <= {
            line["event"] for line in lines
        }
        assert not any(
            word in str(lines) for word in ("very-secret", "private", SESSION, "Traceback")
        )
    with server_process(tmp_path, *options) as server:
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
                await script.turns.get()  # it is being generated, whether we came before or after
    script = Script()
    script.say("at last", None)
    async with serving(tmp_path / "db", script) as server, peer(server.url) as client:
        await client.hello(dial=9)
        assert (await client.answer("m1"))["text"] == "at last"


async def test_two_processes_on_one_file_answer_each_message_once(tmp_path: Path) -> None:
    """Both clients see all events in the same order, whichever process wrote them."""
    options = ("--tutor", "echo", "--pace", "2000")
    async with AsyncExitStack() as stack:
        servers = [stack.enter_context(server_process(tmp_path, *options)) for _ in range(2)]
        clients = [await stack.enter_async_context(peer(server.url)) for server in servers]
        for number, client in enumerate(clients):
            await client.hello(instance=f"i{number}")
        for n in range(30):
            await clients[n % 2].say("send", id=f"m{n}", text=f"message {n}")
        logs = [await all_answered(client, 30) for client in clients]
        assert logs[0] == logs[1]
        assert [event["seq"] for event in logs[0]] == list(range(1, 61))
        assert sorted(event["re"] for event in logs[0] if "re" in event) == sorted(
            f"m{n}" for n in range(30)
        )


async def all_answered(client: Peer, count: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while sum("re" in event for event in events) < count:
        event = await client.next("event")
        if event not in events:
            events.append(event)
    return events


async def test_the_other_process_takes_over_from_a_killed_one(tmp_path: Path) -> None:
    """The killed one held the lease; its message is answered by the other, once."""
    (tmp_path / "patient.py").write_text(PATIENT)
    with (
        server_process(tmp_path, "--tutor", "patient:Patient") as first,
        server_process(tmp_path, "--tutor", "patient:Patient") as second,
    ):
        async with peer(first.url) as here, peer(second.url) as there:
            await here.hello(instance="here")
            await there.hello(instance="there")
            await here.say("send", id="m1", text="hi")
            await here.next("delta")
            await there.next("event", id="m1")
            first.kill()
            await there.say("send", id="m2", text="ho")
            (tmp_path / "go").touch()
            assert (await there.answer("m1"))["text"] == "hi: done"
            assert (await there.answer("m2"))["text"] == "ho: done"
        check(await whole_log(second.url), ["m1", "m2"])


async def test_two_processes_killed_in_turn_answer_everything_once(tmp_path: Path) -> None:
    """Messages to either, either killed at random moments, each once and answered once."""
    chance = random.Random(3)
    options = ("--tutor", "echo", "--pace", "300")
    sent: list[str] = []
    with ExitStack() as stack:
        servers = [stack.enter_context(server_process(tmp_path, *options)) for _ in range(2)]
        for turn in range(7):
            async with peer(servers[chance.randrange(2)].url) as client:
                welcome = await client.hello(instance=f"turn{turn}")
                known = {event["id"] for event in await client.events(welcome["seq"])}
                sent += [f"m{len(sent) + n}" for n in range(4)]
                for message_id in sent:
                    if message_id not in known:
                        await client.say("send", id=message_id, text=f"words of {message_id}")
                await client.events(chance.randrange(8))
                victim = chance.randrange(2)
                servers[victim].kill()
            servers[victim] = stack.enter_context(server_process(tmp_path, *options))
        async with peer(servers[0].url) as client:
            await client.hello(instance="last")
            for message_id in sent:
                await client.say("send", id=message_id, text=f"words of {message_id}")
            await client.next("event", id=sent[-1])
        # The other process learns of it at its next look at the file.
        async with peer(servers[1].url) as client:
            await client.hello(instance="other")
            await client.next("event", id=sent[-1])
        check(await whole_log(servers[1].url), sent)


async def test_a_stop_reaches_the_process_that_answers(tmp_path: Path) -> None:
    """Said to one process, obeyed by the other."""
    (tmp_path / "patient.py").write_text(PATIENT)
    with (
        server_process(tmp_path, "--tutor", "patient:Patient") as first,
        server_process(tmp_path, "--tutor", "patient:Patient") as second,
    ):
        async with peer(first.url) as here, peer(second.url) as there:
            await here.hello(instance="here")
            await there.hello(instance="there")
            await here.say("send", id="m1", text="hi")
            await here.next("delta")
            await there.next("event", id="m1")
            await there.say("stop", re="m1")
            answer = await here.answer("m1")
            assert (answer["status"], answer["text"]) == ("stopped", "hi: ")
            assert await there.answer("m1") == answer


async def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    """No traceback for what an operator can put right."""
    with server_process(tmp_path, "--tutor", "echo") as server:
        message = await failing(tmp_path, "--tutor", "echo", "--port", str(server.port))
        assert "cannot listen on 127.0.0.1 port" in message
    assert "module:Class" in await failing(tmp_path, "--tutor", "nonsense")
    assert "no_such_module" in await failing(tmp_path, "--tutor", "no_such_module:Tutor")
    assert "base_url" in await failing(tmp_path, "--tutor", "echo", "--base-url", "/a?b")


async def failing(folder: Path, *options: str) -> str:
    """What a server that cannot start says."""
    with pytest.raises(AssertionError) as caught, server_process(folder, *options):
        pass
    message = str(caught.value)
    assert "Traceback" not in message
    return message
