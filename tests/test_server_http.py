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
HUB = "https://hub.example.edu"


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


@pytest.mark.parametrize(
    ("origins", "origin", "status"),
    [
        ((HUB,), HUB, 101),
        ((HUB,), f"{HUB}.evil.example", 403),
        ((HUB,), f"{HUB}:8443", 403),
        ((HUB,), "https://hub.example", 403),
        ((HUB,), f"https://evil.example/{HUB}", 403),
        ((HUB,), HUB.upper(), 403),
        (("*",), "https://anywhere.example", 101),
        ((), HUB, 403),
    ],
)
async def test_an_origin_is_allowed_as_a_whole(
    tmp_path: Path, origins: tuple[str, ...], origin: str, status: int
) -> None:
    """A longer or shorter one is another site; only ``*`` lets every page in."""
    async with serving(tmp_path / "db", origins=origins) as server:
        assert (await get(server, "/", UPGRADE | {"Origin": origin}))[0] == status


@pytest.mark.parametrize(
    "change",
    [
        {"Upgrade": "WebSocket"},
        {"Sec-WebSocket-Protocol": "other.v1, tutor.v1"},
        {"Sec-WebSocket-Protocol": "other.v1\r\nSec-WebSocket-Protocol: tutor.v1"},
        {"Authorization": "bearer secret"},
        {"Authorization": "Bearer  secret "},
    ],
    ids=["upgrade", "two in a header", "two headers", "scheme", "spaces"],
)
async def test_what_http_allows_is_understood(tmp_path: Path, change: dict[str, str]) -> None:
    """Names that ignore case, lists in one header or in several, spaces around a token."""
    given = UPGRADE | {"Authorization": "Bearer secret"} | change
    keeper = Doorkeeper({"": "secret"})
    async with serving(tmp_path / "db", doorkeeper=keeper) as server:
        assert (await get(server, "/", given))[0] == 101


async def test_a_refused_handshake_is_counted(tmp_path: Path) -> None:
    """By its status: an operator sees that credentials or origins are wrong."""
    async with serving(tmp_path / "db", doorkeeper=Doorkeeper({"": "secret"})) as server:
        await get(server, "/", UPGRADE)
        await get(server, "/", UPGRADE)
        assert 'tutor_rejected_total{status="401"} 2' in server.metrics.render()


async def test_who_is_sent_away_waits_at_least_a_second(tmp_path: Path) -> None:
    """``Retry-After`` has whole seconds, and 0 would mean at once."""
    async with serving(tmp_path / "db", retry_after=0.2) as server:
        await server.drain()
        status, headers, _ = await get(server, "/", UPGRADE)
        assert (status, headers["Retry-After"]) == (503, "1")


async def test_a_token_that_all_share_makes_no_accounts(tmp_path: Path) -> None:
    """The session's id still tells learners apart, so a short one is refused; with accounts not."""
    for keeper, token, fine in (
        (Doorkeeper({"": "shared"}), "shared", False),
        (Doorkeeper({"ada": "hers"}), "hers", True),
    ):
        async with (
            serving(tmp_path / "db", base_url="/tutor/", doorkeeper=keeper) as server,
            peer(server.url, token) as client,
        ):
            await client.say_hello("algebra")
            if fine:
                await client.next("welcome")
            else:
                assert (await client.ending())[0] == 4403


def test_each_token_proves_its_own_account() -> None:
    """Whatever their order, and nothing else proves any."""
    keeper = Doorkeeper({"ada": "t1", "alan": "t2"})
    tokens = ("t1", "t2", "t", "t12", "")
    accounts = [keeper.account(f"Bearer {token}") for token in tokens]
    assert accounts == ["ada", "alan", None, None, None]
    assert keeper.account("t1") is None
    assert keeper.account(None) is None


def test_a_comment_in_a_token_file_may_be_indented(tmp_path: Path) -> None:
    """It is no token: else everyone who reads the file's first line could come in."""
    path = tmp_path / "tokens"
    path.write_text("  # shared\nsecret\n")
    assert read_tokens(path) == {"": "secret"}


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
