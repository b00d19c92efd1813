"""The protocol over real sockets and a real database: opening, replay, older events."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.peers import SESSION, Script, peer, serving, until
from tutor_widget.server import SQLiteStore
from tutor_widget.server.store import Message

pytestmark = pytest.mark.timeout(60)


async def fill(path: Path, count: int, more: str = "") -> None:
    """Write ``count`` messages into the log, each with ``more`` after its number."""
    store = await SQLiteStore.open_file(path)
    head = await store.open("", SESSION)
    await asyncio.gather(
        *(store.append(head.key, Message(f"m{n}", f"text {n}{more}")) for n in range(1, count + 1))
    )
    await store.close()


async def test_a_new_session_is_welcomed_with_an_empty_log(tmp_path: Path) -> None:
    """The welcome has every key of the protocol."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        welcome = await client.hello()
        assert welcome | {"epoch": "", "server": "", "spread": 0} == {
            "type": "welcome",
            "session": SESSION,
            "epoch": "",
            "seq": 0,
            "reset": False,
            "first": 1,
            "state": {},
            "rev": 0,
            "answering": None,
            "limits": {"text": 32768, "unacked": 64},
            "spread": 0,
            "server": "",
        }


async def test_a_message_is_acknowledged_and_answered(tmp_path: Path) -> None:
    """The frames are event, answering, delta, event, and the answer names its message."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        await client.say("send", id="m1", text="héllo")
        frames = [await client.read() for _ in range(4)]
        assert [frame["type"] for frame in frames] == ["event", "answering", "delta", "event"]
        mine, answering, delta, answer = frames
        assert (mine["seq"], mine["id"], mine["role"], mine["text"]) == (
            1,
            "m1",
            "learner",
            "héllo",
        )
        assert answering["re"] == delta["re"] == answer["re"] == "m1"
        assert delta["from"] == 0
        assert (answer["seq"], answer["role"], answer["text"]) == (2, "tutor", "héllo")
        assert answer["id"] == delta["id"]
        assert answer["status"] == "complete"
        assert answer["id"].startswith("_")


async def test_a_known_prefix_is_continued(tmp_path: Path) -> None:
    """A client with (epoch, after, last) gets the events after it, and no reset."""
    async with serving(tmp_path / "db") as server:
        async with peer(server.url) as client:
            epoch = (await client.hello())["epoch"]
            await client.say("send", id="m1", text="one")
            await client.answer("m1")
        async with peer(server.url) as client:
            welcome = await client.hello(dial=2, epoch=epoch, after=1, last="m1")
            assert (welcome["reset"], welcome["first"], welcome["seq"]) == (False, 2, 2)
            assert (await client.next("event"))["seq"] == 2


@pytest.mark.parametrize(
    "prefix",
    [
        {"epoch": "another", "after": 1, "last": "m1"},
        {"after": 1, "last": "m2"},
        {"after": 99, "last": "m99"},
    ],
    ids=["another epoch", "another last", "beyond the log"],
)
async def test_a_wrong_prefix_is_reset(tmp_path: Path, prefix: dict[str, Any]) -> None:
    """Another epoch, another id at `after`, or an unknown event causes a replay from the start."""
    async with serving(tmp_path / "db") as server:
        async with peer(server.url) as client:
            epoch = (await client.hello())["epoch"]
            await client.say("send", id="m1", text="one")
            await client.answer("m1")
        async with peer(server.url) as client:
            welcome = await client.hello(dial=2, **{"epoch": epoch} | prefix)
            assert (welcome["reset"], welcome["first"]) == (True, 1)
            assert [event["seq"] for event in await client.events(2)] == [1, 2]


async def test_a_large_gap_is_cut_to_the_newest_page(tmp_path: Path) -> None:
    """501 events behind cause a reset and the newest 500; 500 behind cause no reset."""
    script = Script()
    await fill(tmp_path / "db", 502)
    async with serving(tmp_path / "db", script) as server:
        async with peer(server.url) as client:
            welcome = await client.hello(instance="none")
            assert (welcome["seq"], welcome["first"], welcome["reset"]) == (502, 3, False)
            epoch = welcome["epoch"]
        async with peer(server.url) as client:
            welcome = await client.hello(instance="far", epoch=epoch, after=1, last="m1")
            assert (welcome["reset"], welcome["first"]) == (True, 3)
            events = await client.events(500)
            assert [event["seq"] for event in events] == list(range(3, 503))
        async with peer(server.url) as client:
            welcome = await client.hello(instance="near", epoch=epoch, after=2, last="m2")
            assert (welcome["reset"], welcome["first"]) == (False, 3)


async def test_older_events_come_in_pages(tmp_path: Path) -> None:
    """`limit` is taken as 1 to 200, pages ascend, and `more` says whether older events exist."""
    await fill(tmp_path / "db", 250)
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        await client.hello()

        async def page(before: int, limit: int) -> tuple[list[int], bool]:
            await client.say("older", before=before, limit=limit)
            answer = await client.next("page")
            assert answer["before"] == before
            return [event["seq"] for event in answer["events"]], answer["more"]

        assert await page(251, 1000) == (list(range(51, 251)), True)
        assert await page(51, 200) == (list(range(1, 51)), False)
        assert await page(10, -5) == ([9], True)
        assert await page(1, 10) == ([], False)
        assert await page(-3, 10) == ([], False)


async def test_a_page_of_long_messages_is_cut_at_a_mebibyte(tmp_path: Path) -> None:
    """A page exceeds 1 MiB by its last event at most, and has the newest events."""
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        await client.hello()
        text = "ü" * 30_000
        for n in range(30):
            await client.say("send", id=f"m{n}", text=text)
        await client.next("event", id="m29")
        await client.say("older", before=31, limit=200)
        page = await client.next("page")
        assert [event["seq"] for event in page["events"]][-1] == 30
        assert 1 << 20 <= len(json.dumps(page, ensure_ascii=False).encode()) < (1 << 20) + 70_000
        assert page["more"]


async def test_who_comes_in_the_middle_of_a_reply_gets_all_of_it(tmp_path: Path) -> None:
    """The welcome names the message, one delta from 0 has the text so far, and others follow."""
    script = Script()
    async with serving(tmp_path / "db", script) as server, peer(server.url) as first:
        await first.hello()
        await first.say("send", id="m1", text="hi")
        script.say("one ", "two ")
        await first.next("delta", **{"from": 4})
        async with peer(server.url) as second:
            welcome = await second.hello(instance="second")
            assert welcome["answering"] == "m1"
            assert (await second.read())["id"] == "m1"
            delta = await second.read()
            assert (delta["type"], delta["from"], delta["text"]) == ("delta", 0, "one two ")
            script.say("three", None)
            delta = await second.read()
            assert (delta["from"], delta["text"]) == (8, "three")
            assert (await second.read())["text"] == "one two three"


async def test_a_reply_goes_on_while_nobody_listens(tmp_path: Path) -> None:
    """The connection ends, and the reply continues."""
    script = Script()
    async with serving(tmp_path / "db", script) as server:
        async with peer(server.url) as client:
            await client.hello()
            await client.say("send", id="m1", text="hi")
            await client.next("answering")
        script.say("still here", None)
        async with peer(server.url) as client:
            await client.hello(dial=2)
            assert (await client.answer("m1"))["text"] == "still here"


# --- slow readers, and who comes back or does not ------------------------------------------------


async def test_a_replay_waits_for_a_slow_reader(tmp_path: Path) -> None:
    """A log larger than what may wait for one client is sent completely."""
    await fill(tmp_path / "db", 200, "x" * 30_000)
    async with (
        serving(tmp_path / "db", Script(), backlog=2 << 20) as server,
        peer(server.url) as client,
    ):
        await until(lambda: len(server._connections) == 1)
        (connection,) = server._connections
        # Small buffers, or the kernel takes the whole log for a client that does not read.
        for transport in (client.socket.transport, connection._socket.transport):
            buffered = transport.get_extra_info("socket")
            buffered.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 << 10)
            buffered.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        client.socket.transport.pause_reading()
        await client.say_hello()
        # More waits than the size at which the replay pauses. Reads of the store are made in order,
        # so a replay that did not pause would have read the whole log during these ten.
        await until(lambda: connection.outbound._waiting > 256 << 10)
        (live,) = server._registry.sessions
        for _ in range(10):
            await server._store.read(live.key, 0, 1, 1)
        client.socket.transport.resume_reading()
        assert [event["seq"] for event in await client.events(200)] == list(range(1, 201))


async def test_what_is_held_behind_a_replay_is_bounded(tmp_path: Path) -> None:
    """A client that stops reading during the replay is dropped; others notice nothing."""
    await fill(tmp_path / "db", 200, "x" * 30_000)
    async with (
        serving(tmp_path / "db", backlog=2 << 20) as server,
        peer(server.url) as stuck,
        peer(server.url) as other,
    ):
        stuck.socket.transport.pause_reading()
        await stuck.say_hello(instance="stuck")
        await until(lambda: "tutor_opened_total 1" in server.metrics.render())
        welcome = await other.hello(instance="other", dial=1)
        assert welcome["seq"] >= 200
        for number in range(200):
            await other.say("send", id=f"late{number}", text="x" * 32_768)
            await other.next("event", id=f"late{number}")
            if 'closed_total{code="1008",side="server"} 1' in server.metrics.render():
                return
        pytest.fail("everything is held for a client that does not read")


async def test_the_server_says_how_far_apart_to_come_back(tmp_path: Path) -> None:
    """Welcome and bye say one second for 800 learners, unless the operator says more."""
    async with serving(tmp_path / "db") as server, contextlib.AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(peer(server.url)) for _ in range(8)]
        welcomes = [await one.hello(instance=f"i{n}") for n, one in enumerate(peers)]
        spreads = [welcome["spread"] for welcome in welcomes]
        assert spreads == [pytest.approx(n / 800, abs=0.001) for n in range(1, 9)]
        await server.drain()
        byes = [await one.next("bye") for one in peers]
        assert [bye["spread"] for bye in byes] == [pytest.approx(8 / 800, abs=0.001)] * 8
