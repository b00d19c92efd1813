"""A server whose database is on another machine, and away for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from tests.support.faults.database_gate import DatabaseGate
from tests.support.postgres import running_cluster
from tests.support.servers.http_requests import UPGRADE, get
from tests.support.servers.peers import PATIENCE, peer, serving
from tutor_widget.server import Server

pytestmark = pytest.mark.timeout(150)

SILENT = "a-silent-session-of-22-characters"


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[DatabaseGate]:
    async with DatabaseGate(running_cluster().folder) as made:
        yield made


@pytest.fixture
def url(gate: DatabaseGate) -> str:
    """A database behind the gate."""
    cluster = running_cluster()
    return gate.url(urlsplit(cluster.make_database(cluster.template)).path[1:])


async def until_status(server: Server, status: int) -> None:
    """Wait for this answer of ``/readyz``."""
    async with asyncio.timeout(PATIENCE):
        while (await get(server, "/readyz"))[0] != status:  # noqa: ASYNC110  # it is asked over HTTP
            await asyncio.sleep(0.01)


async def test_a_short_outage_is_a_delay_and_closes_nothing(gate: DatabaseGate, url: str) -> None:
    """The message is neither acknowledged nor refused meanwhile, and then answered."""
    async with (
        serving(url, unready=0.2) as server,
        peer(server.url) as client,
        peer(server.url) as silent,
    ):
        await client.hello()
        await silent.hello(SILENT, instance="silent")
        await gate.shut()
        await client.say("send", id="m1", text="hi")
        await until_status(server, 503)
        assert client.seen == silent.seen == ["welcome"]
        await gate.open()
        assert (await client.answer("m1"))["seq"] == 2
        await silent.say("send", id="m1", text="ho")
        assert (await silent.answer("m1"))["seq"] == 2
        await until_status(server, 200)


async def test_a_long_outage_sends_everybody_away(gate: DatabaseGate, url: str) -> None:
    """Silent clients too, so that they find another server; and all may come back."""
    async with serving(url, unready=0.2, stalled=2.0) as server:
        async with peer(server.url) as client, peer(server.url) as silent:
            await client.hello()
            await silent.hello(SILENT, instance="silent")
            await gate.shut()
            await client.say("send", id="m1", text="hi")
            assert (await client.ending())[0] == (await silent.ending())[0] == 1013
            assert (await get(server, "/", UPGRADE))[0] == 503
        await gate.open()
        await until_status(server, 200)
        async with peer(server.url) as client:
            await client.hello(dial=2)
            await client.say("send", id="m1", text="hi")
            assert (await client.answer("m1"))["seq"] == 2


async def test_an_idle_server_is_not_ready_without_its_database(
    gate: DatabaseGate, url: str
) -> None:
    """Nobody is connected, and nothing is written: it asks by itself."""
    async with serving(url, unready=0.2) as server:
        await until_status(server, 200)
        gate.freeze()
        await until_status(server, 503)
        gate.thaw()
        await until_status(server, 200)
