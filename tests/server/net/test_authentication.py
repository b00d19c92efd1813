"""What an authenticator says becomes the answer to a handshake, in bounded time and number."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from websockets.datastructures import Headers

from tests.support.servers.http_requests import UPGRADE, get
from tests.support.servers.peers import PATIENCE, gauge, peer, serving, until
from tests.support.servers.raw_frames import HANDSHAKE, Raw, raw
from tutor_widget.server import Account, BadSetting, Denied

pytestmark = pytest.mark.timeout(150)


class Says:
    """An authenticator that always says the same, and remembers the headers that it was given."""

    has_accounts = True

    def __init__(self, answer: Account | Denied) -> None:
        self.answer = answer
        self.given: list[Mapping[str, str]] = []

    async def authenticate(self, headers: Mapping[str, str]) -> Account | Denied:
        self.given.append(headers)
        return self.answer


class Waits(Says):
    """An authenticator that answers when the test says so."""

    def __init__(self) -> None:
        super().__init__(Account("ada"))
        self.go = asyncio.Event()

    async def authenticate(self, headers: Mapping[str, str]) -> Account | Denied:
        await super().authenticate(headers)
        await self.go.wait()
        return self.answer


@pytest.mark.parametrize(
    ("denied", "status", "retry_after"),
    [
        (Denied(401, "Sign in."), 401, None),
        (Denied(403, "You are not in this class."), 403, None),
        (Denied(503, "The hub does not answer.", 0.2), 503, "1"),
        (Denied(429, "Too many tokens.", 7), 429, "7"),
        (Denied(503, "The hub does not answer."), 503, "2"),
        (Denied(999, "no status"), 503, "2"),
    ],
)
async def test_a_denial_is_the_answer(
    tmp_path: Path, denied: Denied, status: int, retry_after: str | None
) -> None:
    """With its sentence and its Retry-After. A status that HTTP does not have is a fault here."""
    async with serving(tmp_path / "db", authenticator=Says(denied)) as server:
        got, headers, body = await get(server, "/", UPGRADE)
        assert (got, headers.get("Retry-After")) == (status, retry_after)
        assert (denied.reason in body) == (status == denied.status)
        assert headers.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
        assert f'tutor_rejected_total{{status="{status}"}} 1.0' in server.metrics.render()


async def test_an_authenticator_sees_each_header_once(tmp_path: Path) -> None:
    """Names in any case; several of one name are one value with commas."""
    authenticator = Says(Account("ada"))
    given = {**UPGRADE, "X-Group": "7b\r\nX-Group: 7c"}
    async with serving(tmp_path / "db", authenticator=authenticator) as server:
        assert (await get(server, "/", given))[0] == 101
    (headers,) = authenticator.given
    assert headers["x-group"] == headers["X-GROUP"] == "7b, 7c"


async def test_so_many_handshakes_are_checked_at_once(tmp_path: Path) -> None:
    """One more gets 503 with Retry-After; when one is done there is room again."""
    authenticator = Waits()
    async with (
        serving(tmp_path / "db", authenticator=authenticator, handshakes=2) as server,
        raw(server.port) as one,
        raw(server.port) as two,
    ):
        for client in (one, two):
            client.writer.write(HANDSHAKE)
        await until(lambda: len(authenticator.given) == 2)
        status, headers, _ = await get(server, "/", UPGRADE)
        assert (status, headers["Retry-After"]) == (503, "2")
        assert (await get(server, "/healthz", {}))[0] == 200
        authenticator.go.set()
        for client in (one, two):
            await client.reader.readuntil(b" 101 ")
        assert (await get(server, "/", UPGRADE))[0] == 101


async def test_a_client_that_leaves_during_the_check_frees_its_place(tmp_path: Path) -> None:
    """Its check is finished, and nothing is opened for it."""
    authenticator = Waits()
    async with serving(tmp_path / "db", authenticator=authenticator, handshakes=1) as server:
        async with raw(server.port) as client:
            client.writer.write(HANDSHAKE)
            await until(lambda: len(authenticator.given) == 1)
        authenticator.go.set()
        await until(lambda: gauge(server, "connections") == 0)
        assert (await get(server, "/", UPGRADE))[0] == 101


async def test_a_check_that_takes_too_long_is_503(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client hears so before it gives up by itself."""
    monkeypatch.setattr("tutor_widget.server.net.handshake._CHECKED_WITHIN", 0.05)
    async with serving(tmp_path / "db", authenticator=Waits()) as server:
        status, headers, _ = await get(server, "/", UPGRADE)
        assert (status, headers["Retry-After"]) == (503, "2")


def headers_with(token: str) -> list[Headers]:
    """The headers with this token in the memory of this process, which is also the client's."""
    known = (one for one in gc.get_objects() if type(one) is Headers)  # no weak proxy
    return [one for one in known if token in one.get("Authorization", "")]


async def test_a_connection_ends_with_its_credentials(tmp_path: Path) -> None:
    """With 4401: its client asks for new ones. Others, also of that account, stay."""
    says = Says(Account("ada", until=time.time() + 3600))
    async with (
        serving(tmp_path / "db", authenticator=says) as server,
        peer(server.url) as lasting,
    ):
        await lasting.hello(instance="lasting")
        says.answer = Account("ada", until=time.time() + 0.2)
        async with peer(server.url) as client:
            assert await client.ending() == (4401, "this sign-in has expired")
        await lasting.say("send", id="m1", text="still here")
        await lasting.answer("m1")


async def test_headers_are_let_go_after_the_handshake(tmp_path: Path) -> None:
    """They hold a token, and would need memory for each client as long as it is connected."""
    says = Says(Account("ada"))
    async with (
        serving(tmp_path / "db", authenticator=says) as server,
        peer(server.url, "let-this-go") as client,
    ):
        await client.hello()
        (connection,) = server._connections
        socket = connection._socket
        assert socket.request is not None
        assert (list(socket.request.headers), socket.response) == ([], None)
        says.given.clear()
        assert client.socket.request is not None
        assert headers_with("let-this-go") == [client.socket.request.headers]
        await client.say("send", id="m1", text="hi")
        await client.answer("m1")


@contextlib.asynccontextmanager
async def connected(port: int, number: int) -> AsyncIterator[list[Raw]]:
    """So many TCP connections."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(raw(port)) for _ in range(number)]


async def test_connections_are_bounded(tmp_path: Path) -> None:
    """One more gets 503 with Retry-After, and when another has left it is welcome."""
    async with serving(tmp_path / "db", connections=3) as server:
        async with connected(server.port, 3) as clients:
            for client in clients:
                await client.upgrade()
            status, headers, _ = await get(server, "/", UPGRADE)
            assert (status, headers["Retry-After"]) == (503, "2")
            status, _, body = await get(server, "/readyz")
            assert (status, body.partition(";")[0]) == (503, "not ready: too many connections")
        await until(lambda: gauge(server, "connections") == 0)
        async with peer(server.url) as late:
            await late.hello()


async def test_silent_connections_take_nobodys_place(tmp_path: Path) -> None:
    """Of those that send no request the oldest are cut, and a learner is served."""
    async with (
        serving(tmp_path / "db", connections=10) as server,
        connected(server.port, 150) as silent,
    ):
        for _ in range(8):
            async with peer(server.url) as client:
                await client.hello()
                await client.say("send", id="m1", text="hi")
                await client.answer("m1")
        assert server._sockets is not None
        assert server._sockets._open <= 10 + 64
        async with asyncio.timeout(PATIENCE):
            assert await silent[0].reader.read() == b""


async def test_without_authentication_only_this_machine_may_connect(tmp_path: Path) -> None:
    """The sentence says what to do instead."""
    for host in ("0.0.0.0", "", "::"):
        with pytest.raises(BadSetting, match=r"--token-file.*127\.0\.0\.1.*--insecure-no-auth"):
            async with serving(tmp_path / "db", host=host):
                pass
    allowed: tuple[dict[str, Any], ...] = (
        {"insecure_no_auth": True},
        {"authenticator": Says(Account("ada"))},
    )
    for settings in allowed:
        async with (
            serving(tmp_path / "db", host="0.0.0.0", **settings) as server,
            peer(server.url) as client,
        ):
            await client.hello()
