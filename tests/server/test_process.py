"""Server processes that are killed, terminated, or share a database."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import PATIENCE, SESSION, Peer, Script, peer, serving
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
PATIENT = '''
import asyncio, pathlib

class Patient:
    """A tutor that yields a piece, then waits for the file "go"."""
    async def reply(self, turn):
        yield f"{turn.message}: "
        while not pathlib.Path("go").exists():
            await asyncio.sleep(0.02)
        yield "done"
'''


def two_servers(stack: ExitStack | AsyncExitStack, folder: Path, *options: str) -> list[Tutor]:
    """Two servers on one database."""
    return [stack.enter_context(Tutor(folder / "tutor.sqlite", *options)) for _ in range(2)]


async def whole_log(url: str) -> list[dict[str, Any]]:
    """Returns all events of the session once every message has its answer."""
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
    """Asserts that each event is there once, in order, with one answer for each message."""
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["id"] for event in events if event["role"] == "learner"] == sent
    assert [event["re"] for event in events if "re" in event] == sent


async def test_killed_again_and_again_it_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """SIGKILL at random moments loses no acknowledged message, and each is answered once."""
    chance = random.Random(7)
    sent: list[str] = []
    acknowledged: list[str] = []
    for dial in range(1, 7):
        with Tutor(tmp_path / "tutor.sqlite", "--tutor", "echo", "--pace", "400") as server:
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
    with Tutor(tmp_path / "tutor.sqlite", "--tutor", "echo", "--pace", "0") as server:
        async with peer(server.url) as client:
            welcome = await client.hello(dial=9)
            log = await client.events(welcome["seq"])
            assert {*acknowledged} <= {event["id"] for event in log}
            for message_id in sent:
                await client.say("send", id=message_id, text=f"words of {message_id}")
            await client.next("event", id=sent[-1])
        check(await whole_log(server.url), sent)


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


async def test_two_processes_on_one_file_answer_each_message_once(tmp_path: Path) -> None:
    """Both clients get all events in the same order, whichever process wrote them."""
    options = ("--tutor", "echo", "--pace", "2000")
    async with AsyncExitStack() as stack:
        servers = two_servers(stack, tmp_path, *options)
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


@contextlib.asynccontextmanager
async def answering(folder: Path) -> AsyncIterator[tuple[Tutor, Peer, Tutor, Peer]]:
    """Two servers on one database, each with a client. The first is answering the message m1."""
    (folder / "patient.py").write_text(PATIENT)
    async with AsyncExitStack() as stack:
        first, second = two_servers(stack, folder, "--tutor", "patient:Patient")
        here = await stack.enter_async_context(peer(first.url))
        there = await stack.enter_async_context(peer(second.url))
        await here.hello(instance="here")
        await there.hello(instance="there")
        await here.say("send", id="m1", text="hi")
        await here.next("delta")
        await there.next("event", id="m1")
        yield first, here, second, there


async def test_the_other_process_takes_over_from_a_killed_one(tmp_path: Path) -> None:
    """The killed one had the lease; the other answers its message, once."""
    async with answering(tmp_path) as (first, _, second, there):
        first.kill()
        await there.say("send", id="m2", text="ho")
        (tmp_path / "go").touch()
        assert (await there.answer("m1"))["text"] == "hi: done"
        assert (await there.answer("m2"))["text"] == "ho: done"
        check(await whole_log(second.url), ["m1", "m2"])


async def test_an_idle_process_takes_over_from_a_killed_one(tmp_path: Path) -> None:
    """Nobody connects to it, before or after: the answer is in the database."""
    (tmp_path / "patient.py").write_text(PATIENT)
    with ExitStack() as stack:
        first, _ = two_servers(stack, tmp_path, "--tutor", "patient:Patient")
        await begin_to_answer(first, "m1")
        first.kill()
        (tmp_path / "go").touch()
        assert await answers_in(tmp_path / "tutor.sqlite") == [("m1", "hi: done")]


@pytest.mark.slow
async def test_an_idle_process_takes_over_from_one_that_stands_still(tmp_path: Path) -> None:
    """When the lease has expired. The frozen one, awake again, writes nothing."""
    (tmp_path / "patient.py").write_text(PATIENT)
    with ExitStack() as stack:
        first, _ = two_servers(stack, tmp_path, "--tutor", "patient:Patient")
        await begin_to_answer(first, "m1")
        first.freeze()
        (tmp_path / "go").touch()
        began = asyncio.get_running_loop().time()
        answers = await answers_in(tmp_path / "tutor.sqlite")
        print(f"\nanswered after {asyncio.get_running_loop().time() - began:.1f} s")
        first.thaw()
        async with peer(first.url) as client:
            await client.hello(instance="later")
            await client.say("send", id="m2", text="ho")
            await client.answer("m2")
        assert (await answers_in(tmp_path / "tutor.sqlite"))[:1] == answers == [("m1", "hi: done")]


async def begin_to_answer(server: Tutor, message_id: str) -> None:
    """Ask, and leave in the middle of the answer."""
    async with peer(server.url) as client:
        await client.hello()
        await client.say("send", id=message_id, text="hi")
        await client.next("delta")


async def answers_in(database: Path) -> list[tuple[str, str]]:
    """Wait for an answer in the database; what each message was answered."""
    query = "SELECT re, text FROM events WHERE re IS NOT NULL ORDER BY session, seq"
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.closing(sqlite3.connect(database)) as db:
                if found := db.execute(query).fetchall():
                    return found
            await asyncio.sleep(0.1)


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


async def test_two_processes_killed_in_turn_answer_everything_once(tmp_path: Path) -> None:
    """Messages go to either, either is killed at random, and each message is answered once."""
    chance = random.Random(3)
    options = ("--tutor", "echo", "--pace", "300")
    sent: list[str] = []
    with ExitStack() as stack:
        servers = two_servers(stack, tmp_path, *options)
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
            servers[victim] = stack.enter_context(Tutor(tmp_path / "tutor.sqlite", *options))
        async with peer(servers[0].url) as client:
            await client.hello(instance="last")
            for message_id in sent:
                await client.say("send", id=message_id, text=f"words of {message_id}")
            await client.next("event", id=sent[-1])
        # The other process notices it when it reads the file next.
        async with peer(servers[1].url) as client:
            await client.hello(instance="other")
            await client.next("event", id=sent[-1])
        check(await whole_log(servers[1].url), sent)


async def test_a_stop_reaches_the_process_that_answers(tmp_path: Path) -> None:
    """The learner stops through one process, and the other process ends the reply."""
    async with answering(tmp_path) as (_, here, _, there):
        await there.say("stop", re="m1")
        answer = await here.answer("m1")
        assert (answer["status"], answer["text"]) == ("stopped", "hi: ")
        assert await there.answer("m1") == answer
