"""Health and readiness: a server that drains, and one whose store cannot commit."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest

from tests.support.servers.http_requests import UPGRADE, get
from tests.support.servers.peers import PATIENCE, peer, serving, until
from tutor_widget.server import TokenAuthenticator

pytestmark = pytest.mark.timeout(150)


async def test_health_is_served_under_both_paths(tmp_path: Path) -> None:
    """healthz, readyz and metrics exist at the root and under the base URL, without credentials."""
    authenticator = TokenAuthenticator({"": "secret"})
    async with serving(tmp_path / "db", base_url="/tutor/", authenticator=authenticator) as server:
        for base in ("/", "/tutor/"):
            assert (await get(server, f"{base}healthz"))[0] == 200
            status, _, body = await get(server, f"{base}readyz")
            assert (status, body) == (200, "ready\n")
            status, headers, body = await get(server, f"{base}metrics")
            assert (status, headers["Content-Type"]) == (
                200,
                "text/plain; version=0.0.4; charset=utf-8",
            )
            assert "# TYPE tutor_messages_total counter" in body
            assert "tutor_connections 0" in body


async def test_a_draining_server_sends_newcomers_away(tmp_path: Path) -> None:
    """New handshakes get 503 with Retry-After; connected clients get bye and 1012."""
    async with serving(tmp_path / "db", spread=7.0) as server, peer(server.url) as client:
        await client.hello()
        drained = asyncio.create_task(server.drain())
        bye = await client.next("bye")
        assert (bye["retry_after"], bye["spread"]) == (2.0, 7.0)
        assert (await client.ending())[0] == 1012
        await drained
        status, headers, _ = await get(server, "/", UPGRADE)
        assert (status, headers["Retry-After"]) == (503, "2")
        status, headers, body = await get(server, "/readyz")
        assert (status, headers["Retry-After"]) == (503, "2")
        assert body == "not ready: this server is draining, and will end\n"
        assert (await get(server, "/healthz"))[0] == 200


async def test_who_is_sent_away_waits_at_least_a_second(tmp_path: Path) -> None:
    """``Retry-After`` has whole seconds, and 0 would mean at once."""
    async with serving(tmp_path / "db", retry_after=0.2) as server:
        await server.drain()
        status, headers, _ = await get(server, "/", UPGRADE)
        assert (status, headers["Retry-After"]) == (503, "1")


async def test_a_store_that_cannot_commit_neither_acknowledges_nor_refuses(tmp_path: Path) -> None:
    """The server is not ready, then closes with 1013; once it commits, the message is kept."""
    async with serving(tmp_path / "db", unready=0.1, stalled=0.5) as server:
        async with peer(server.url) as client:
            await client.hello()
            lock = sqlite3.connect(tmp_path / "db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            await client.say("send", id="m1", text="hi")
            await until(lambda: server.metrics.render().find("stalled_seconds 0.0\n") < 0)
            while (answer := await get(server, "/readyz"))[0] == 200:
                pass
            assert re.fullmatch(r"not ready: the store has not committed for \d+ s\n", answer[2]), (
                answer[2]
            )
            assert (await client.ending())[0] == 1013
            assert client.seen == ["welcome"]
            assert (await get(server, "/", UPGRADE))[0] == 503
            lock.execute("ROLLBACK")
            lock.close()
        await until(lambda: "stalled_seconds 0.0\n" in server.metrics.render())
        assert (await get(server, "/readyz"))[0] == 200
        async with peer(server.url) as client:
            await client.hello(dial=2)
            await client.say("send", id="m1", text="hi")
            assert (await client.answer("m1"))["seq"] == 2


async def test_a_server_that_cannot_commit_can_still_be_closed(tmp_path: Path) -> None:
    """This holds while a hello waits for its session to be made, and a message for its commit."""
    async with asyncio.timeout(PATIENCE):
        async with (
            serving(tmp_path / "db", closing=0.2) as server,
            peer(server.url) as old,
            peer(server.url) as new,
        ):
            await old.hello()
            lock = sqlite3.connect(tmp_path / "db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            await old.say("send", id="m1", text="hi")
            await new.say_hello("another-session-of-22-characters", instance="new")
            await until(lambda: "stalled_seconds 0.0\n" not in server.metrics.render())
            await server.close()
            assert (await old.ending())[0] == 1012
        lock.close()
