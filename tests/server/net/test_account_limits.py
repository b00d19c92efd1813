"""What an account may do, whichever of its sessions and connections it uses."""

from __future__ import annotations

import contextlib
import itertools
import logging
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.servers.peers import SESSION, Peer, Script, peer, serving, until
from tutor_widget.server import Server, TokenAuthenticator
from tutor_widget.server.limits import SHARED_BY
from tutor_widget.server.net.address import networks

pytestmark = pytest.mark.timeout(150)

TWO = {"ada": "token-a", "alan": "token-b"}


@contextlib.asynccontextmanager
async def with_accounts(folder: Path, **settings: Any) -> AsyncIterator[Server]:
    """A server with the accounts of Ada and Alan, whose tutor never answers."""
    authenticator = TokenAuthenticator(TWO)
    async with serving(folder / "db", Script(), authenticator=authenticator, **settings) as server:
        yield server


async def test_all_sessions_of_an_account_share_its_rate(tmp_path: Path) -> None:
    """Another session is no way around it. Another account is not refused."""
    async with with_accounts(tmp_path, rate=6) as server, AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(peer(server.url, "token-a")) for _ in "ab"]
        await one.hello("one")
        await two.hello("two")
        for number in range(4):  # the two sessions cost two messages
            client = (one, two)[number % 2]
            await client.say("send", id=f"m{number}", text="hi")
            await client.next("event", id=f"m{number}")
        for client in (one, two):
            await client.say("send", id="over", text="hi")
            refused = await client.next("refused", id="over")
            assert (refused["code"], refused["retry_after"] > 0) == ("rate", True)
        async with peer(server.url, "token-b") as other:
            await other.hello("one")
            await other.say("send", id="m1", text="hi")
            await other.next("event", id="m1")


async def test_an_account_begins_so_many_sessions_an_hour(tmp_path: Path) -> None:
    """One more is closed with 4429. Known sessions open as before, also on a new server."""
    async with with_accounts(tmp_path, new_sessions=2) as server:
        for name in ("one", "two"):
            async with peer(server.url, "token-a") as client:
                await client.hello(name)
        async with peer(server.url, "token-a") as client:
            await client.say_hello("three")
            code, reason = await client.ending()
            assert (code, "try again" in reason) == (4429, True)
        async with peer(server.url, "token-a") as client:
            await client.hello("one", dial=2)
        async with peer(server.url, "token-b") as client:
            await client.hello("three")
    async with with_accounts(tmp_path, new_sessions=1) as server:
        for name in ("one", "two"):
            async with peer(server.url, "token-a") as client:
                await client.hello(name)


async def test_an_account_has_so_many_sessions(tmp_path: Path) -> None:
    """The limit is kept with the database: a restart does not lift it."""
    for dial in (1, 2):
        async with with_accounts(tmp_path, sessions=2) as server:
            for name, code in (("one", 0), ("two", 0), ("three", 4429)):
                async with peer(server.url, "token-a") as client:
                    await client.say_hello(name, dial=dial)
                    if code:
                        assert (await client.ending())[0] == code
                    else:
                        await client.next("welcome")


async def test_when_the_storage_is_full_nothing_is_lost_or_overtaken(tmp_path: Path) -> None:
    """A long message is refused for now, and the short one behind it is not taken instead."""
    async with (
        with_accounts(tmp_path, stored=1000) as server,
        peer(server.url, "token-a") as client,
    ):
        await client.hello("one")
        await client.say("send", id="m1", text="x" * 600, context={"cell": "y" * 600})
        await client.next("event", id="m1")
        for message_id, text in (("m2", "x" * 600), ("m3", "x")):
            await client.say("send", id=message_id, text=text)
        second = await client.next("refused", id="m2")
        assert (second["code"], second["retry_after"]) == ("full", 60)
        third = await client.next("refused", id="m3")
        assert third["code"] in ("full", "rate")
        assert third["retry_after"] > 0
        await client.say("send", id="m4", text="x")
        assert (await client.next("refused", id="m4"))["code"] == "rate"
        await client.say("send", id="m1", text="x" * 600)
        assert (await client.next("event", id="m1"))["seq"] == 1
        async with peer(server.url, "token-b") as other:
            await other.hello("one")
            await other.say("send", id="m1", text="x")
            await other.next("event", id="m1")


async def test_room_that_is_made_lets_nothing_overtake(tmp_path: Path) -> None:
    """A message is refused; the next was sent before the client knew, and is refused too."""
    async with (
        with_accounts(tmp_path, stored=1000) as server,
        peer(server.url, "token-a") as client,
        peer(server.url, "token-a") as other,
    ):
        await other.hello("full")
        await other.say("send", id="m0", text="x" * 1000)
        await other.next("event", id="m0")
        await client.hello("one")
        full, one = server._registry.sessions
        with contextlib.closing(sqlite3.connect(tmp_path / "db")) as db:
            db.execute("BEGIN IMMEDIATE")
            await client.say("send", id="m1", text="first")
            await until(lambda: one.uses == 1)
            await other.say("erase")
            await until(lambda: full.uses == 1)
            await client.say("send", id="m2", text="second")
            await until(lambda: one.uses == 2)
        for message_id in ("m1", "m2"):
            frame = await client.read()
            assert (frame["type"], frame["id"], frame["code"]) == ("refused", message_id, "full")


async def refused_at_last(client: Peer) -> Any:
    """Why a message is refused: on a slow machine some of the allowance has come back."""
    numbers = itertools.count(1)
    frame: dict[str, Any] = {"type": "event"}
    while frame["type"] != "refused":
        if frame["type"] == "event":
            await client.say("send", id=f"n{next(numbers)}", text="hi")
        frame = await client.read()
    return frame["code"]


async def test_without_accounts_an_address_has_fifty_times_as_much(tmp_path: Path) -> None:
    """Then the limits belong to the address, and in the store to all sessions together."""
    async with serving(tmp_path / "db", Script(), rate=1, new_sessions=1) as server:
        for number in range(SHARED_BY - 1):
            async with peer(server.url) as client:
                await client.hello(f"{SESSION}-{number}")
        async with peer(server.url) as client:
            await client.hello(SESSION)
            assert await refused_at_last(client) == "rate"
        async with peer(server.url, local_addr=("127.0.0.9", 0)) as client:
            await client.hello(SESSION)
            await client.say("send", id="m2", text="hi")
            await client.next("event", id="m2")


@pytest.mark.parametrize(("proxies", "codes"), [(["127.0.0.1"], [0, 0, 0]), ([], [0, 4429, 4429])])
async def test_a_trusted_proxy_says_whose_limit_it_is(
    tmp_path: Path, proxies: list[str], codes: list[int]
) -> None:
    """Without trust the header is any client's invention."""
    trusted, limit = networks(proxies), 1 / SHARED_BY
    found = []
    async with serving(tmp_path / "db", new_sessions=limit, trusted_proxies=trusted) as server:
        for number, forwarded in enumerate(("192.0.2.1", "192.0.2.2", "192.0.2.1, 192.0.2.3")):
            async with peer(server.url, headers={"X-Forwarded-For": forwarded}) as client:
                await client.say_hello(f"{SESSION}-{number}")
                found.append(await first(client))
    assert found == codes


async def first(client: Peer) -> int:
    """0 after a welcome, else the code with which the server closes."""
    try:
        await client.next("welcome")
    except ConnectionClosed:
        return client.socket.close_code or 0
    return 0


async def test_an_account_has_a_pseudonym_in_the_welcome_and_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It stays the same over restarts. The account's own name appears nowhere."""
    seen = []
    with caplog.at_level(logging.INFO, "tutor_widget.server"):
        for dial in (1, 2):
            async with with_accounts(tmp_path) as server:
                for token in TWO.values():
                    async with peer(server.url, token) as client:
                        seen.append((await client.hello("algebra", dial=dial))["account"])
    assert seen[:2] == seen[2:]
    assert seen[0] != seen[1]
    fields = [record.fields for record in caplog.records if hasattr(record, "fields")]
    assert {one["account"] for one in fields if "account" in one} == set(seen)
    # As words: a pseudonym may have these letters by chance.
    assert not any(re.search(r"\b(ada|alan)\b", str(one)) for one in fields)
    tags = {one["session"] for one in fields if one.get("session")}
    assert len(tags) == 2


async def test_where_there_are_no_accounts_a_welcome_names_none(tmp_path: Path) -> None:
    """Also with a token that all share."""
    for authenticator in (None, TokenAuthenticator({"": "token"})):
        async with (
            serving(tmp_path / "db", authenticator=authenticator) as server,
            peer(server.url, "token") as client,
        ):
            assert "account" not in await client.hello()
