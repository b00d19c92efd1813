"""Before the WebSocket: paths, credentials, origins, health; and a store that cannot commit."""

from __future__ import annotations

import asyncio
import sqlite3
from email.message import Message as Headers
from email.parser import Parser
from pathlib import Path

import pytest

from tests.server_support import PATIENCE, peer, serving, until
from tutor_widget.server import BadSetting, Doorkeeper, Server
from tutor_widget.server.auth import read_tokens

pytestmark = pytest.mark.timeout(60)

UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Protocol": "tutor.v1",
}


async def get(
    server: Server, path: str, headers: dict[str, str] | None = None
) -> tuple[int, Headers, str]:
    """Status, headers and body of one GET."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        lines = [f"{name}: {value}\r\n" for name, value in (headers or {}).items()]
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n{''.join(lines)}\r\n".encode())
        status = int((await reader.readline()).split()[1])
        head = await reader.readuntil(b"\r\n\r\n")
        body = b"" if status == 101 else await reader.read()
        writer.close()
        return status, Parser().parsestr(head.decode()), body.decode()


async def test_health_is_told_under_both_paths(tmp_path: Path) -> None:
    """healthz, readyz and metrics, at the root and under the base URL, without credentials."""
    keeper = Doorkeeper({"": "secret"})
    async with serving(tmp_path / "db", base_url="/tutor/", doorkeeper=keeper) as server:
        for base in ("/", "/tutor/"):
            assert (await get(server, f"{base}healthz"))[0] == 200
            assert (await get(server, f"{base}readyz"))[0] == 200
            status, headers, body = await get(server, f"{base}metrics")
            assert (status, headers["Content-Type"]) == (
                200,
                "text/plain; version=0.0.4; charset=utf-8",
            )
            assert "# TYPE tutor_messages_total counter" in body
            assert "tutor_connections 0" in body


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("/tutor/", {}, 101),
        ("/tutor", {}, 101),
        ("/tutor/", {"Origin": "https://hub.example.edu"}, 101),
        ("/tutor/", {"Origin": "https://evil.example"}, 403),
        ("/tutor/", {"Origin": "null"}, 403),
        ("/tutor/", {"Authorization": "Bearer wrong"}, 401),
        ("/tutor/", {"Authorization": "Basic secret"}, 401),
        ("/tutor/", {"Authorization": ""}, 401),
        ("/tutor/", {"Sec-WebSocket-Protocol": "other.v1"}, 400),
        ("/tutor/", {"Sec-WebSocket-Protocol": ""}, 400),
        ("/tutor/", {"Upgrade": ""}, 426),
        ("/", {}, 404),
        ("/tutor/else", {}, 404),
        ("/tutor/?token=secret", {"Authorization": ""}, 401),
    ],
)
async def test_the_door(tmp_path: Path, path: str, change: dict[str, str], status: int) -> None:
    """Each fault of a handshake has its HTTP status, and 401 names the scheme."""
    given = {**UPGRADE, "Authorization": "Bearer secret", **change}
    headers = {name: value for name, value in given.items() if value}
    async with serving(
        tmp_path / "db",
        base_url="/tutor/",
        origins=("https://hub.example.edu",),
        doorkeeper=Doorkeeper({"": "secret"}),
    ) as server:
        got, answer, body = await get(server, path, headers)
        assert got == status
        assert "secret" not in body
        if got == 101:
            assert answer["Sec-WebSocket-Protocol"] == "tutor.v1"
        if got == 401:
            assert answer["WWW-Authenticate"] == "Bearer"


async def test_a_draining_server_sends_newcomers_away(tmp_path: Path) -> None:
    """503 with Retry-After, not ready, alive; those inside get bye and 1012."""
    async with serving(tmp_path / "db", spread=7.0) as server, peer(server.url) as client:
        await client.hello()
        drained = asyncio.create_task(server.drain())
        bye = await client.next("bye")
        assert (bye["retry_after"], bye["spread"]) == (2.0, 7.0)
        assert (await client.ending())[0] == 1012
        await drained
        status, headers, _ = await get(server, "/", UPGRADE)
        assert (status, headers["Retry-After"]) == (503, "2")
        assert (await get(server, "/readyz"))[0] == 503
        assert (await get(server, "/healthz"))[0] == 200


async def test_a_store_that_cannot_commit_neither_acknowledges_nor_refuses(tmp_path: Path) -> None:
    """Not ready, then 1013 and 503; when it can again, the message is there once."""
    async with serving(tmp_path / "db", unready=0.1, stalled=0.5) as server:
        async with peer(server.url) as client:
            await client.hello()
            lock = sqlite3.connect(tmp_path / "db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            await client.say("send", id="m1", text="hi")
            await until(lambda: server.metrics.render().find("stalled_seconds 0\n") < 0)
            while (await get(server, "/readyz"))[0] == 200:
                pass
            assert (await client.ending())[0] == 1013
            assert client.seen == ["welcome"]
            assert (await get(server, "/", UPGRADE))[0] == 503
            lock.execute("ROLLBACK")
            lock.close()
        await until(lambda: "stalled_seconds 0\n" in server.metrics.render())
        assert (await get(server, "/readyz"))[0] == 200
        async with peer(server.url) as client:
            await client.hello(dial=2)
            await client.say("send", id="m1", text="hi")
            assert (await client.answer("m1"))["seq"] == 2


async def test_a_server_that_cannot_commit_can_still_be_closed(tmp_path: Path) -> None:
    """Even while a hello waits for its session to be made, and a message for its commit."""
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
            await until(lambda: "stalled_seconds 0\n" not in server.metrics.render())
            await server.close()
            assert (await old.ending())[0] == 1012
        lock.close()


def test_a_token_file_is_one_token_or_one_for_each_account(tmp_path: Path) -> None:
    """Anything else is a sentence with file and line, and without a token."""
    path = tmp_path / "tokens"
    path.write_text("# shared\n\n  one-token \n")
    assert read_tokens(path) == {"": "one-token"}
    path.write_text("ada t1\nalan t2\n")
    assert read_tokens(path) == {"ada": "t1", "alan": "t2"}
    for text in ("a b c", "ada t1\nada t2", "ada t1\nt2", "t1\nt2", "# nothing"):
        path.write_text(text)
        with pytest.raises(BadSetting, match="tokens") as caught:
            read_tokens(path)
        assert "t2" not in str(caught.value)
    with pytest.raises(BadSetting, match="cannot be read"):
        read_tokens(tmp_path / "missing")
