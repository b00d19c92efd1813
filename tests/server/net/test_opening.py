"""The protocol over real sockets and a real database: opening, replay, older events."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.support.servers.peers import SESSION, Script, gauge, peer, serving, until
from tests.support.stores import begin
from tutor_widget.server import SQLiteStore
from tutor_widget.server.store import Erased, Head, Message, StoreError

pytestmark = pytest.mark.timeout(150)


async def fill(path: Path, count: int, more: str = "") -> None:
    """Write ``count`` messages into the log, each with ``more`` after its number."""
    store = await SQLiteStore.open_file(path)
    head = await begin(store)
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
            "offers": ["report", "erase"],
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


async def test_a_good_prefix_is_not_reset_by_a_node_that_cannot_read(tmp_path: Path) -> None:
    """The events are another process's: until this one can read them, it sends the client away."""
    async with serving(tmp_path / "db") as server, peer(server.url) as first:
        epoch = (await first.hello(instance="first"))["epoch"]
        other = await SQLiteStore.open_file(tmp_path / "db")
        (live,) = server._registry.sessions
        store = server._registry.store
        with patch.object(store, "head", side_effect=StoreError("cannot be read")):
            await other.append(live.key, Message("m1", "one"))
            async with peer(server.url) as client:
                await client.say_hello(epoch=epoch, after=1, last="m1")
                assert (await client.ending())[0] == 1013
                assert "welcome" not in client.seen
        async with peer(server.url) as client:
            welcome = await client.hello(dial=2, epoch=epoch, after=1, last="m1")
            assert (welcome["reset"], welcome["first"]) == (False, 2)
        await other.close()


async def test_an_erased_session_is_welcomed_by_no_node_that_cannot_read_why_it_ended(
    tmp_path: Path,
) -> None:
    """Until it can, it sends the client away; then the client learns of the erasure."""
    async with serving(tmp_path / "db") as server, peer(server.url) as first:
        epoch = (await first.hello(instance="first"))["epoch"]
        await first.say("send", id="m1", text="one")
        await first.answer("m1")
        other = await SQLiteStore.open_file(tmp_path / "db")
        (live,) = server._registry.sessions
        store = server._registry.store
        with patch.object(store, "head", side_effect=StoreError("cannot be read")):
            await other.erase(live.key, 1)
            async with peer(server.url) as client:
                await client.say_hello(epoch=epoch, after=1, last="m1")
                assert (await client.ending())[0] == 1013
                assert "welcome" not in client.seen
        async with peer(server.url) as client:
            await client.say_hello(dial=2, epoch=epoch, after=1, last="m1")
            assert (await client.ending())[0] == 4410
        await other.close()


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
    """A log larger than what may wait for one client goes out in its own time, and whole."""
    # More than the system's buffers on both sides take.
    await fill(tmp_path / "db", 400, "x" * 60_000)
    async with (
        serving(tmp_path / "db", Script(), backlog=2 << 20) as server,
        peer(server.url) as slow,
        peer(server.url) as other,
    ):
        slow.socket.transport.pause_reading()
        await slow.say_hello(instance="slow")
        await until(lambda: "tutor_opened_total 1" in server.metrics.render())
        # By the time that another has all of it, the slow one's would have been read as well.
        await other.hello(instance="other")
        await other.events(400)
        slow.socket.transport.resume_reading()
        assert [event["seq"] for event in await slow.events(400)] == list(range(1, 401))


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
        assert spreads == [pytest.approx(n / 800, abs=0.0006) for n in range(1, 9)]
        async with peer(server.url) as guest:
            await guest.hello(instance="i7", dial=2)
        await until(lambda: gauge(server, "connections") == 7)
        async with peer(server.url) as again:  # who left is counted no more
            welcome = await again.hello(instance="i7", dial=3)
            assert welcome["spread"] == pytest.approx(8 / 800, abs=0.0006)
        await until(lambda: gauge(server, "connections") == 7)
        peers.pop()
        await server.drain()
        byes = [await one.next("bye") for one in peers]
        assert [bye["spread"] for bye in byes] == [pytest.approx(7 / 800, abs=0.0006)] * 7


async def test_what_another_wrote_is_told_though_the_store_failed_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reading that fails is made again; nothing else has to happen for it."""
    async with serving(tmp_path / "db", Script()) as server, peer(server.url) as client:
        await client.hello()
        store = server._registry.store
        head, failures = store.head, [StoreError("busy"), StoreError("busy")]

        async def fail_at_first(key: int) -> Head | Erased:
            if failures:
                raise failures.pop()
            return await head(key)

        monkeypatch.setattr(store, "head", fail_at_first)
        await fill(tmp_path / "db", 1)
        assert (await client.next("event"))["id"] == "m1"
        assert not failures


async def test_a_server_on_every_interface_names_one_of_them(tmp_path: Path) -> None:
    """Its address can be used as it stands."""
    async with serving(tmp_path / "db", host="0.0.0.0", insecure_no_auth=True) as server:
        assert server.url == f"ws://127.0.0.1:{server.port}/"
        async with peer(server.url) as client:
            await client.hello()
