"""Two connections of one instance, accounts, faulty frames, silent and stuck clients."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.support.servers import raw_frames
from tests.support.servers.peers import PATIENCE, SESSION, Peer, peer, serving, until
from tutor_widget.server import SQLiteStore, TokenAuthenticator

pytestmark = pytest.mark.timeout(150)


async def test_the_higher_dial_wins_whichever_comes_first(tmp_path: Path) -> None:
    """The other connection is closed with 4409; of equal dials the later hello wins."""
    async with (
        serving(tmp_path / "db") as server,
        peer(server.url) as old,
        peer(server.url) as new,
        peer(server.url) as late,
        peer(server.url) as equal,
    ):
        await old.hello(dial=2)
        await new.hello(dial=3)
        assert (await old.ending())[0] == 4409
        await late.say_hello(dial=1)
        assert (await late.ending())[0] == 4409
        await equal.hello(dial=3)
        assert (await new.ending())[0] == 4409
        await equal.say("send", id="m1", text="hi")
        await equal.answer("m1")


async def test_eight_instances_share_a_session(tmp_path: Path) -> None:
    """All get every event; the ninth is closed with 4429; one of the eight may reconnect."""
    async with serving(tmp_path / "db") as server, contextlib.AsyncExitStack() as stack:
        peers = [await stack.enter_async_context(peer(server.url)) for _ in range(8)]
        for n, one in enumerate(peers):
            await one.hello(instance=f"i{n}")
        async with peer(server.url) as ninth:
            await ninth.say_hello(instance="ninth")
            assert (await ninth.ending())[0] == 4429
        async with peer(server.url) as again:
            await again.hello(instance="i0", dial=2)
            await again.say("send", id="m1", text="hi")
            answers = [await one.answer("m1") for one in peers[1:]]
            assert all(answer == answers[0] for answer in answers)


async def test_two_learners_with_one_id_have_two_sessions(tmp_path: Path) -> None:
    """Accounts separate them, and with accounts a short id is allowed."""
    authenticator = TokenAuthenticator({"ada": "token-a", "alan": "token-b"})
    async with serving(tmp_path / "db", authenticator=authenticator, base_url="/tutor/") as server:
        async with peer(server.url, "token-a") as ada:
            await ada.hello("algebra")
            await ada.say("send", id="m1", text="mine")
            await ada.answer("m1")
        async with peer(server.url, "token-b") as alan:
            assert (await alan.hello("algebra"))["seq"] == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [({"base_url": "/tutor/"}, 4403), ({"host": "0.0.0.0"}, 4403), ({}, 0)],
    ids=["base URL", "all interfaces", "loopback"],
)
async def test_guessable_ids_are_refused_in_public(
    tmp_path: Path, options: dict[str, Any], code: int
) -> None:
    """Without accounts an id of 21 characters is refused, unless on loopback without base URL."""
    async with serving(tmp_path / "db", **options) as server:
        async with peer(server.url) as client:
            await client.say_hello("x" * 21)
            if code:
                assert (await client.ending())[0] == code
            else:
                await client.next("welcome")
        async with peer(server.url) as client:
            await client.hello("x" * 22)


# --- faults of the client -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "code", "named"),
    [
        ('{"type":"send","id":7,"text":"x"}', 1002, "id"),
        ('{"type":"send","id":"_x","text":"x"}', 1002, "id"),
        ('{"type":"send","id":"m"}', 1002, "text"),
        ('{"type":"send","id":"m","text":"\\ud800"}', 1002, "text"),
        ('{"type":"older","before":1.5,"limit":1}', 1002, "before"),
        ("[]", 1002, "object"),
        ("{", 1002, "JSON"),
        ("[" * 100_000, 1002, ""),
        ('{"type":"hello","session":"s","instance":"i","dial":1,"client":""}', 1002, "hello"),
        (b"{}", 1003, ""),
        ('{"type":"send","id":"m","text":"' + "x" * (1 << 20) + '"}', 1009, ""),
    ],
    ids=[
        "ill-typed",
        "server's id",
        "missing",
        "surrogate",
        "fraction",
        "array",
        "no JSON",
        "deep",
        "second hello",
        "binary",
        "too large",
    ],
)
async def test_a_bad_frame_ends_the_connection(
    tmp_path: Path, frame: str | bytes, code: int, named: str
) -> None:
    """The close has the code of the fault, and a reason that names it."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        await client.socket.send(frame)
        got, reason = await client.ending()
        assert got == code
        assert named in reason


async def test_a_first_frame_that_is_no_hello_ends_the_connection(tmp_path: Path) -> None:
    """A send, an unknown type, and a hello with half a prefix are closed with 1002."""
    for frame in (
        {"type": "send", "id": "m", "text": "x"},
        {"type": "invented"},
        {"type": "hello", "session": "s", "instance": "i", "dial": 1, "client": "", "epoch": "e"},
    ):
        async with serving(tmp_path / "db") as server, peer(server.url) as client:
            await client.socket.send(json.dumps(frame))
            assert (await client.ending())[0] == 1002


async def test_unknown_types_and_keys_are_ignored(tmp_path: Path) -> None:
    """A client may be newer than its server."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello(invented=True)
        await client.say("invented", id=1)
        await client.say("send", id="m1", text="hi", invented=1)
        await client.answer("m1")


async def test_no_frame_whatsoever_breaks_the_server(tmp_path: Path) -> None:
    """Random frames take effect or end in 1002, never in 1011, and the next client is served."""
    chance = random.Random(11)
    values: list[Any] = [
        None,
        True,
        0,
        1,
        -1,
        1.5,
        2**53,
        10**30,
        "",
        "m1",
        "_m",
        "x" * 70,
        [],
        {},
        "\x00",
    ]
    values += [{"cell": "c"}, {"error": {}}, {"cell": [1]}, {"error": {"name": "n"}}]
    keys = [
        "id",
        "text",
        "context",
        "re",
        "before",
        "limit",
        "session",
        "instance",
        "dial",
        "after",
    ]
    kinds: list[Any] = ["send", "withdraw", "stop", "older", "hello", "event", "other", 1]
    async with serving(tmp_path / "db") as server:
        for dial in range(1, 80):
            async with peer(server.url) as client:
                await client.hello(dial=dial)
                with contextlib.suppress(ConnectionClosed):
                    for _ in range(10):
                        frame: dict[str, Any] = {key: chance.choice(values) for key in keys}
                        frame["type"] = chance.choice(kinds)
                        await client.socket.send(json.dumps(frame))
                    await client.say("hello")  # incomplete: the connection ends here at the latest
                assert (await client.ending())[0] == 1002
        async with peer(server.url) as client:
            await client.hello(dial=99)
            await client.say("send", id="last", text="hi")
            await client.answer("last")
        assert "1011" not in server.metrics.render()


async def test_silence_instead_of_a_hello_is_4408(tmp_path: Path) -> None:
    """A connection that sends no hello in time is closed."""
    async with serving(tmp_path / "db", hello=0.05) as server, peer(server.url) as client:
        assert (await client.ending())[0] == 4408


async def test_a_silent_client_is_pinged_and_one_that_is_gone_is_dropped(tmp_path: Path) -> None:
    """Pongs alone keep a connection open; a client that sends none is cut."""
    async with (
        serving(tmp_path / "db", ping=0.1, silence=0.6) as server,
        peer(server.url) as deaf,
        peer(server.url) as idle,
    ):
        await deaf.hello(instance="deaf")
        await idle.hello(instance="idle")
        deaf.socket.transport.pause_reading()
        await until(
            lambda: 'closed_total{code="1006",side="server"} 1.0' in server.metrics.render()
        )
        await idle.say("send", id="m1", text="hi")
        await idle.answer("m1")
        deaf.socket.transport.resume_reading()
        assert (await deaf.ending())[0] == 1006


async def test_a_client_that_does_not_read_is_dropped(tmp_path: Path) -> None:
    """At most 8 MiB (here 1) may wait for it; other clients notice nothing."""
    async with (
        serving(tmp_path / "db", backlog=1 << 20) as server,
        peer(server.url) as stuck,
        peer(server.url) as other,
    ):
        await stuck.hello(instance="stuck")
        await other.hello(instance="other")
        stuck.socket.transport.pause_reading()
        number = 0
        while 'closed_total{code="1008",side="server"} 1.0' not in server.metrics.render():
            number += 1
            await other.say("send", id=f"m{number}", text="x" * 32_768)
            await other.answer(f"m{number}")


async def test_a_client_that_takes_nothing_for_long_is_dropped(tmp_path: Path) -> None:
    """This holds even if little waits for it, and although it answers nothing else."""
    async with (
        serving(tmp_path / "db", stuck=0.3, backlog=64 << 20) as server,
        peer(server.url) as stuck,
        peer(server.url) as other,
    ):
        await stuck.hello(instance="stuck")
        await other.hello(instance="other")
        stuck.socket.transport.pause_reading()
        # More than the kernel's buffers on both sides take.
        for number in range(200):
            await other.say("send", id=f"m{number}", text="x" * 32_768)
            await other.answer(f"m{number}")
        await until(
            lambda: 'closed_total{code="1006",side="server"} 1.0' in server.metrics.render()
        )
        await other.say("send", id="last", text="hi")
        await other.answer("last")


async def test_what_is_not_read_yet_stays_with_the_client(tmp_path: Path) -> None:
    """While a connection waits for the store, two frames wait here, not sixteen."""
    async with serving(tmp_path / "db") as server, peer(server.url) as client:
        await client.hello()
        (connection,) = server._connections
        waiting = connection._socket.recv_messages
        store = server._registry.store
        assert isinstance(store, SQLiteStore)
        hold = threading.Event()
        store._reader.submit(hold.wait, PATIENCE)
        await client.say("older", before=2, limit=1)
        flood = asyncio.create_task(flood_with(client, 12))
        await until(lambda: waiting.paused)
        # What was under way when it paused may still arrive.
        assert sum(len(frame.data) for frame in waiting.frames.queue) <= 2 << 20
        hold.set()
        assert await client.next("page")
        await flood
        await client.say("send", id="m1", text="still here")
        await client.answer("m1")


async def test_a_store_that_cannot_be_read_is_not_the_messages_fault(tmp_path: Path) -> None:
    """The close is 1013, because after 1011 a client suspects what it has just sent."""
    async with serving(tmp_path / "db", rate=1) as server, peer(server.url) as client:
        await client.hello()
        store = server._registry.store
        assert isinstance(store, SQLiteStore)
        await client.say("send", id="m1", text="taken")
        await client.answer("m1")
        await store.find(1, "m1")
        assert store._reading is not None
        store._reading.close()
        await client.say("send", id="m2", text="over the rate, if it is new")
        assert (await client.ending())[0] == 1013
        store._reading = None
        assert "refused" not in client.seen


async def flood_with(client: Peer, count: int) -> None:
    for _ in range(count):
        await client.say("invented", text="x" * ((1 << 20) - 100))


BROKEN: dict[str, tuple[bytes, int]] = {
    "binary": (raw_frames.frame(2, b"{}"), 1003),
    "binary in pieces": (raw_frames.frame(2, b"{", fin=False) + raw_frames.frame(0, b"}"), 1003),
    "no UTF-8": (raw_frames.frame(1, b"\xff"), 1007),
    "no JSON": (raw_frames.frame(1, b"{"), 1002),
    "ill-typed": (raw_frames.frame(1, b'{"type":"stop","re":1}'), 1002),
    "reserved bit": (raw_frames.frame(1, b"{}", reserved=4), 1002),
    "reserved opcode": (raw_frames.frame(3, b"{}"), 1002),
    "unmasked": (raw_frames.frame(1, b"{}", masked=False), 1002),
    "nothing to continue": (raw_frames.frame(0, b"{}"), 1002),
    "text within text": (raw_frames.frame(1, b"{", fin=False) + raw_frames.frame(1, b"{}"), 1002),
    "over 1 MiB": (raw_frames.frame(1, size=(1 << 20) + 1), 1009),
    "close": (raw_frames.frame(8, b"\x03\xe8"), 1000),
}


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("opened", [False, True], ids=["hello in it", "hello before"])
async def test_a_frame_in_error_undoes_none_before_it(
    tmp_path: Path, kind: str, opened: bool
) -> None:
    """Of one segment, the frames before the faulty one are committed, and none after it."""
    data, code = BROKEN[kind]

    def say(**keys: object) -> bytes:
        return raw_frames.frame(1, json.dumps(keys).encode())

    hello = say(type="hello", session=SESSION, instance="raw", dial=1, client="raw/1")
    sent = [say(type="send", id=f"m{n}", text=str(n)) for n in (1, 2, 3)]
    async with serving(tmp_path / "db", closing=0.2) as server, asyncio.timeout(PATIENCE):
        async with raw_frames.raw(server.port) as client:
            await client.upgrade()
            if opened:
                client.writer.write(hello)
                assert b"welcome" in (await client.read())[1]
                hello = b""
            client.writer.write(hello + sent[0] + sent[1] + data + sent[2])
            assert await client.close_code() == code
            await client.reader.read()
        async with peer(server.url) as other:
            await other.hello(instance="other")
            seen: list[str] = []
            for last in ("m2", "m4"):
                while last not in seen:
                    seen.append((await other.next("event", role="learner"))["id"])
                await other.say("send", id="m4", text="4")
            assert seen == ["m1", "m2", "m4"]
