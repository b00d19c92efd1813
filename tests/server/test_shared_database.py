"""Server processes on one database, whatever its engine: killed, frozen, and several at once."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres import running_cluster
from tests.support.servers.patient import PATIENT, check, whole_log
from tests.support.servers.peers import PATIENCE, Peer, peer
from tests.support.servers.processes import Tutor
from tests.support.stores import log_of
from tutor_widget.server import Store, open_store

pytestmark = pytest.mark.timeout(180)


@dataclass
class Shared:
    """A database that several servers open. Their working folder is ``folder``."""

    folder: Path
    url: str

    def server(self, *options: str) -> Tutor:
        return Tutor(self.folder / "tutor.sqlite", *options, url=self.url)

    async def answers(self) -> Sequence[tuple[str | None, str]]:
        """Wait for an answer in the database; what each message was answered."""
        store = await open_store(self.url)
        try:
            return await _answers_in(store)
        finally:
            await store.close()


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Shared:
    """A database of each engine in turn."""
    if request.param == "sqlite":
        return Shared(tmp_path, f"sqlite:///{tmp_path / 'tutor.sqlite'}")
    cluster = running_cluster()
    return Shared(tmp_path, cluster.make_database(cluster.template))


def two_servers(stack: ExitStack | AsyncExitStack, shared: Shared, *options: str) -> list[Tutor]:
    """Two servers on one database."""
    return [stack.enter_context(shared.server(*options)) for _ in range(2)]


async def test_killed_again_and_again_it_loses_and_doubles_nothing(shared: Shared) -> None:
    """SIGKILL at random moments loses no acknowledged message, and each is answered once."""
    chance = random.Random(7)
    sent: list[str] = []
    acknowledged: list[str] = []
    for dial in range(1, 7):
        with shared.server("--tutor", "echo", "--pace", "400") as server:
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
    with shared.server("--tutor", "echo", "--pace", "0") as server:
        async with peer(server.url) as client:
            welcome = await client.hello(dial=9)
            log = await client.events(welcome["seq"])
            assert {*acknowledged} <= {event["id"] for event in log}
            for message_id in sent:
                await client.say("send", id=message_id, text=f"words of {message_id}")
            await client.next("event", id=sent[-1])
        check(await whole_log(server.url), sent)


async def test_two_processes_on_one_database_answer_each_message_once(shared: Shared) -> None:
    """Both clients get all events in the same order, whichever process wrote them."""
    options = ("--tutor", "echo", "--pace", "2000")
    async with AsyncExitStack() as stack:
        servers = two_servers(stack, shared, *options)
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
async def answering(shared: Shared) -> AsyncIterator[tuple[Tutor, Peer, Tutor, Peer]]:
    """Two servers on one database, each with a client. The first is answering the message m1."""
    (shared.folder / "patient.py").write_text(PATIENT)
    async with AsyncExitStack() as stack:
        first, second = two_servers(stack, shared, "--tutor", "patient:Patient")
        here = await stack.enter_async_context(peer(first.url))
        there = await stack.enter_async_context(peer(second.url))
        await here.hello(instance="here")
        await there.hello(instance="there")
        await here.say("send", id="m1", text="hi")
        await here.next("delta")
        await there.next("event", id="m1")
        yield first, here, second, there


async def test_the_other_process_takes_over_from_a_killed_one(shared: Shared) -> None:
    """The killed one had the lease; the other answers its message, once."""
    async with answering(shared) as (first, _, second, there):
        first.kill()
        await there.say("send", id="m2", text="ho")
        (shared.folder / "go").touch()
        assert (await there.answer("m1"))["text"] == "hi: done"
        assert (await there.answer("m2"))["text"] == "ho: done"
        check(await whole_log(second.url), ["m1", "m2"])


async def test_an_idle_process_takes_over_from_a_killed_one(shared: Shared) -> None:
    """Nobody connects to it, before or after: the answer is in the database."""
    (shared.folder / "patient.py").write_text(PATIENT)
    with ExitStack() as stack:
        first, _ = two_servers(stack, shared, "--tutor", "patient:Patient")
        await begin_to_answer(first, "m1")
        first.kill()
        (shared.folder / "go").touch()
        assert await shared.answers() == [("m1", "hi: done")]


@pytest.mark.slow
async def test_an_idle_process_takes_over_from_one_that_stands_still(shared: Shared) -> None:
    """When the lease has expired. The frozen one, awake again, writes nothing."""
    (shared.folder / "patient.py").write_text(PATIENT)
    with ExitStack() as stack:
        first, _ = two_servers(stack, shared, "--tutor", "patient:Patient")
        await begin_to_answer(first, "m1")
        first.freeze()
        (shared.folder / "go").touch()
        began = asyncio.get_running_loop().time()
        answers = await shared.answers()
        print(f"\nanswered after {asyncio.get_running_loop().time() - began:.1f} s")
        first.thaw()
        async with peer(first.url) as client:
            await client.hello(instance="later")
            await client.say("send", id="m2", text="ho")
            await client.answer("m2")
        assert answers == [("m1", "hi: done")]
        assert await shared.answers() == [*answers, ("m2", "ho: done")]


async def begin_to_answer(server: Tutor, message_id: str) -> None:
    """Ask, and leave in the middle of the answer."""
    async with peer(server.url) as client:
        await client.hello()
        await client.say("send", id=message_id, text="hi")
        await client.next("delta")


async def _answers_in(store: Store) -> Sequence[tuple[str | None, str]]:
    """Wait for an answer in the database; what each message was answered."""
    async with asyncio.timeout(PATIENCE):
        while True:
            logs = [await log_of(store, one.key) async for one in store.list_sessions()]
            if found := [(event.re, event.text) for log in logs for event in log if event.re]:
                return found
            await asyncio.sleep(0.1)


async def test_two_processes_killed_in_turn_answer_everything_once(shared: Shared) -> None:
    """Messages go to either, either is killed at random, and each message is answered once."""
    chance = random.Random(3)
    options = ("--tutor", "echo", "--pace", "300")
    sent: list[str] = []
    with ExitStack() as stack:
        servers = two_servers(stack, shared, *options)
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
            servers[victim] = stack.enter_context(shared.server(*options))
        async with peer(servers[0].url) as client:
            await client.hello(instance="last")
            for message_id in sent:
                await client.say("send", id=message_id, text=f"words of {message_id}")
            await client.next("event", id=sent[-1])
        # The other process notices it when it reads next.
        async with peer(servers[1].url) as client:
            await client.hello(instance="other")
            await client.next("event", id=sent[-1])
        check(await whole_log(servers[1].url), sent)


async def test_a_stop_reaches_the_process_that_answers(shared: Shared) -> None:
    """The learner stops through one process, and the other process ends the reply."""
    async with answering(shared) as (_, here, _, there):
        await there.say("stop", re="m1")
        answer = await here.answer("m1")
        assert (answer["status"], answer["text"]) == ("stopped", "hi: ")
        assert await there.answer("m1") == answer
