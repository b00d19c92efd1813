"""Exactly once and in order, over real sockets and a real database."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers.peers import Peer, Script, gauge, peer, serving, until
from tutor_widget.server import TokenAuthenticator, Tutor

pytestmark = pytest.mark.timeout(150)


@contextlib.asynccontextmanager
async def limited(folder: Path, rate: float, tutor: Tutor | None = None) -> AsyncIterator[Peer]:
    """A client of an account that may send ``rate`` messages a minute, in a known session."""
    ada = TokenAuthenticator({"ada": "token"})
    async with (
        serving(folder / "db", authenticator=ada) as server,
        peer(server.url, "token") as client,
    ):
        await client.hello()  # a new session costs a message
    async with (
        serving(folder / "db", tutor, authenticator=ada, rate=rate) as server,
        peer(server.url, "token") as client,
    ):
        yield client


async def test_a_repeat_is_answered_with_the_same_event(tmp_path: Path) -> None:
    """One id is committed once; with another text it is a conflict."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="one")
        event = await client.next("event", id="m1")
        await client.answer("m1")
        await client.say("send", id="m1", text="one")
        assert await client.read() == event
        await client.say("send", id="m1", text="two")
        refused = await client.read()
        assert (refused["code"], "retry_after" in refused) == ("conflict", False)


async def test_messages_are_committed_in_the_order_received(tmp_path: Path) -> None:
    """Sixty messages sent at once are committed and answered in order, one at a time."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        for n in range(60):
            await client.say("send", id=f"m{n}", text=str(n))
        events = await client.events(120)
        assert [event["seq"] for event in events] == list(range(1, 121))
        ids = [f"m{n}" for n in range(60)]
        assert [event["id"] for event in events if event["role"] == "learner"] == ids
        assert [event["re"] for event in events if event["role"] == "tutor"] == ids


async def test_a_withdrawn_id_is_never_committed(tmp_path: Path) -> None:
    """This is durable: it holds on other connections and after a restart."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        await client.say("withdraw", id="m1")
        assert (await client.read())["code"] == "withdrawn"
        await client.say("send", id="m1", text="too late")
        assert (await client.read())["code"] == "withdrawn"
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        assert (await client.hello())["seq"] == 0
        await client.say("send", id="m1", text="too late")
        assert (await client.read())["code"] == "withdrawn"
        await client.say("send", id="m2", text="in time")
        event = await client.next("event", id="m2")
        await client.answer("m2")
        await client.say("withdraw", id="m2")
        assert await client.read() == event


async def test_what_cannot_be_taken_is_refused_for_good(tmp_path: Path) -> None:
    """Too_long (code points), empty (Unicode white space), bad_context with the part at fault."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()

        async def refused(**keys: Any) -> tuple[str, str]:
            await client.say("send", **keys)
            frame = await client.next("refused", id=keys["id"])
            assert "retry_after" not in frame
            return frame["code"], frame["reason"]

        assert (await refused(id="a", text="😀" * 32_769))[0] == "too_long"
        assert (await refused(id="b", text=" \u2003\n\t"))[0] == "empty"
        code, reason = await refused(id="c", text="x", context={"cell": 1})
        assert (code, "cell must be text" in reason) == ("bad_context", True)
        code, reason = await refused(id="d", text="x", context={"cell": "x" * 16_385})
        assert (code, "cell has 16,385 bytes" in reason) == ("bad_context", True)
        await client.say("send", id="e", text="😀" * 32_768)
        assert (await client.next("event", id="e"))["seq"] == 1


async def test_above_the_rate_nothing_overtakes(tmp_path: Path) -> None:
    """After a refusal all later messages wait until that one is sent again; repeats do not wait."""
    async with limited(tmp_path, 2.0) as client:
        await client.hello()
        await client.say("send", id="m1", text="1")
        await client.answer("m1")
        await client.say("send", id="m2", text="2")
        await client.answer("m2")
        await client.say("send", id="m3", text="3")
        third = await client.read()
        assert third["code"] == "rate"
        assert 0 < third["retry_after"] <= 30
        await client.say("send", id="m4", text="4")
        fourth = await client.read()
        assert (fourth["id"], fourth["code"]) == ("m4", "rate")
        assert 0 < fourth["retry_after"] <= third["retry_after"]
        # Too early: refused again. Committed already: answered all the same.
        await client.say("send", id="m3", text="3")
        assert (await client.read())["code"] == "rate"
        await client.say("send", id="m1", text="1")
        assert (await client.read())["seq"] == 1
        await client.say("send", id="m1", text="one")
        assert (await client.read())["code"] == "conflict"


async def test_the_first_refused_message_opens_the_gate(tmp_path: Path) -> None:
    """At its time it is taken, and the others follow it."""
    async with limited(tmp_path, 60.0, Script()) as client:
        await client.hello()
        for n in range(62):
            await client.say("send", id=f"m{n}", text=str(n))
        refused = await client.next("refused", id="m60")
        await client.next("refused", id="m61")
        await asyncio.sleep(refused["retry_after"])
        await client.say("send", id="m60", text="60")
        assert (await client.next("event", id="m60"))["seq"] == 61


async def test_withdrawing_the_awaited_message_opens_the_gate_too(tmp_path: Path) -> None:
    """A refused message that is then withdrawn blocks no other."""
    async with limited(tmp_path, 60.0, Script()) as client:
        await client.hello()
        for n in range(61):
            await client.say("send", id=f"m{n}", text=str(n))
        refused = await client.next("refused", id="m60")
        await asyncio.sleep(refused["retry_after"])
        await client.say("withdraw", id="m60")
        assert (await client.next("refused", id="m60"))["code"] == "withdrawn"
        await client.say("send", id="m61", text="61")
        # The withdrawal took a token, so the bucket refuses this message, not the gate.
        refused = await client.next("refused", id="m61")
        await asyncio.sleep(refused["retry_after"])
        await client.say("send", id="m61", text="61")
        assert (await client.next("event", id="m61"))["seq"] == 61


async def test_too_many_at_once_are_refused_for_now(tmp_path: Path) -> None:
    """Messages without a commit are outstanding; those after the refused one wait too."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        lock = sqlite3.connect(tmp_path / "db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        try:
            for n in range(66):
                await client.say("send", id=f"m{n}", text=str(n))
            first, second = await client.read(), await client.read()
            assert (first["id"], first["code"]) == ("m64", "unacked")
            assert (second["id"], second["code"]) == ("m65", "rate")
        finally:
            lock.execute("ROLLBACK")
            lock.close()
        await client.next("event", id="m63")


async def test_repeats_cost_nothing_of_the_rate(tmp_path: Path) -> None:
    """A client that reconnects and sends everything again is not refused for it."""
    async with limited(tmp_path, 2.0) as client:
        await client.hello()
        await client.say("send", id="m1", text="1")
        await client.answer("m1")
        for _ in range(5):
            await client.say("send", id="m1", text="1")
            assert (await client.read())["seq"] == 1
        await client.say("send", id="m2", text="2")
        assert (await client.next("event", id="m2"))["seq"] == 3


async def test_what_was_committed_is_outstanding_no_more(tmp_path: Path) -> None:
    """A connection carries any number of messages, sixty-four at a time."""
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        await client.hello()
        for n in range(70):
            await client.say("send", id=f"m{n}", text=str(n))
            assert (await client.next("event", id=f"m{n}"))["seq"] == n + 1
        assert "refused" not in client.seen


async def test_a_withdrawal_above_the_rate_waits_and_is_not_overtaken(tmp_path: Path) -> None:
    """It is refused for now like a message, and what is sent after it follows it."""
    async with limited(tmp_path, 1.0, Script()) as client:
        await client.hello()
        await client.say("send", id="m1", text="1")
        await client.next("event", id="m1")
        await client.say("withdraw", id="m2")
        refused = await client.next("refused", id="m2")
        assert refused["code"] == "rate"
        assert 30 < refused["retry_after"] <= 60
        await client.say("send", id="m3", text="3")
        assert (await client.next("refused", id="m3"))["code"] == "rate"
        # While a message is awaited, a withdrawal of another does not take its place.
        await client.say("withdraw", id="m4")
        await client.next("refused", id="m4")
        await client.say("withdraw", id="m1")
        assert (await client.next("event", id="m1"))["seq"] == 1


async def test_what_came_before_the_end_is_acknowledged_before_it(tmp_path: Path) -> None:
    """A server that drains waits until received messages are durable, then sends bye."""
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        await client.hello()
        lock = sqlite3.connect(tmp_path / "db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        await client.say("send", id="m1", text="just in time")
        await until(lambda: gauge(server, "stalled_seconds") > 0)
        draining = asyncio.create_task(server.drain())
        await asyncio.sleep(0)
        lock.execute("ROLLBACK")
        lock.close()
        assert (await client.ending())[0] == 1012
        await draining
        assert client.seen.index("event") < client.seen.index("bye")


async def test_nothing_overtakes_a_withdrawal_that_was_refused_for_now(tmp_path: Path) -> None:
    """Its turn comes first, though the time has come for others as well."""
    async with limited(tmp_path, 60.0, Script()) as client:
        await client.hello()
        for n in range(60):
            await client.say("send", id=f"m{n}", text=str(n))
        await client.say("withdraw", id="first")
        refused = await client.next("refused", id="first")
        assert refused["code"] == "rate"
        await asyncio.sleep(refused["retry_after"])
        await client.say("send", id="later", text="later")
        assert (await client.next("refused", id="later"))["code"] == "rate"
        await client.say("withdraw", id="first")
        assert (await client.next("refused", id="first"))["code"] == "withdrawn"


async def test_a_withdrawal_takes_no_other_messages_place(tmp_path: Path) -> None:
    """What was refused first is what may come first, whatever is taken back behind it."""
    async with limited(tmp_path, 60.0, Script()) as client:
        await client.hello()
        for n in range(61):
            await client.say("send", id=f"m{n}", text=str(n))
        refused = await client.next("refused", id="m60")
        await client.say("withdraw", id="other")
        await client.next("refused", id="other")
        await asyncio.sleep(refused["retry_after"])
        await client.say("send", id="m60", text="60")
        assert (await client.next("event", id="m60"))["seq"] == 61
