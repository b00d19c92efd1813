"""Frames that nobody would send, at either side: random bytes, and good frames gone bad."""

from __future__ import annotations

import asyncio
import gc
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from tests.support.driver import Driver, event
from tests.support.oracle import FRAMES, close_code
from tests.support.paths import GOLDEN
from tests.support.servers.peers import PATIENCE, serving
from tests.support.servers.raw_frames import frame, raw
from tests.support.servers.scripted import Peer, Scripted
from tutor_widget import wire
from tutor_widget.client.net.connection import Connection
from tutor_widget.client.net.endpoint import Place
from tutor_widget.errors import ProtocolError
from tutor_widget.session import Ending, Session
from tutor_widget.session import events as ev
from tutor_widget.session.phase import CONNECTED

pytestmark = pytest.mark.timeout(900)

KINDS: Final = json.loads((GOLDEN / "frames.json").read_text())
SAMPLES: Final = {
    side: [json.dumps(one["frame"]) for kind in KINDS.values() for one in kind
           if one["from"] == side]
    for side in ("client", "server")
}  # fmt: skip
VALUES: Final = (
    "null true false 0 -1 1.0 1e999 9007199254740992 123456789012345678901234567890 [] {} [[]] "
    '"" "_x" "m1" "\\ud800" "\\u0000" {"a":{}} NaN'
).split()
Decode = Callable[[str | bytes], object]


def mutated(chance: random.Random, side: str) -> bytes:
    """Noise, a good frame with a value or some bytes exchanged, two frames grown together."""
    text = chance.choice(SAMPLES[side])
    match chance.randrange(6):
        case 0:
            return chance.randbytes(chance.randrange(200))
        case 1:
            return text.encode()
        case 2 | 3:
            keys = json.loads(text)
            key = chance.choice([*keys, "type", "id"])
            rest = {name: value for name, value in keys.items() if name != key}
            body = json.dumps(rest)[1:]
            glue = "," if rest else ""
            return f'{{"{key}":{chance.choice(VALUES)}{glue}{body}'.encode()
        case 4:
            data = bytearray(text.encode())
            for _ in range(chance.randrange(1, 6)):
                place = chance.randrange(len(data))
                data[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
            return bytes(data)
        case _:
            other = chance.choice(SAMPLES[side]).encode()
            return text.encode()[: chance.randrange(len(text))] + other[chance.randrange(9) :]


def outcome(decode: Decode, data: str | bytes) -> int:
    """The close code that decoding asks for; 0 for none. Whatever else is raised is a crash."""
    try:
        decode(data)
    except ProtocolError:
        return 1002
    return 0


def resident() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 2**20


def count(config: pytest.Config, few: int, all_: int) -> int:
    return all_ if config.getoption("--all") else few


@pytest.mark.parametrize("side", ["client", "server"])
def test_whatever_is_decoded_is_a_frame_or_a_protocol_error(
    side: str, pytestconfig: pytest.Config
) -> None:
    """No other exception, no hang, no growth; what the client takes, its session takes too."""
    chance = random.Random(side)
    decode: Decode = wire.decode_client if side == "client" else wire.decode_server
    session = open_session()
    total = count(pytestconfig, 20_000, 1_000_000)
    before = 0.0
    seen: dict[int, int] = {}
    told = ended = 0
    for number in range(total):
        if number == total // 10:
            before = resident()
        data = mutated(chance, side)
        code = close_code(side, data)
        # Only a reader of the bytes can tell invalid UTF-8 from other faults.
        assert outcome(decode, data) == (1002 if code == 1007 else code), data
        assert code == 1007 or outcome(decode, data.decode()) == code, data
        seen[code] = seen.get(code, 0) + 1
        if side == "server" and code == 0 and (taken := wire.decode_server(data)) is not None:
            told += 1
            followed = tell(session, taken)
            ended += followed is not session
            session = followed
    print(f"\n{total} frames to a {side}'s peer: {seen}; {before:.1f} -> {resident():.1f} MiB")
    if side == "server":
        print(f"{told} of them were told to a live session, which {ended} of them ended")
        assert 0.1 < ended / told < 0.9
    assert set(seen) == {0, 1002, 1007}
    assert resident() - before < 8


def test_the_oracle_and_the_golden_frames_agree() -> None:
    """The judge of what follows knows every type, and finds every golden fault and no other."""
    for kind, expected in (("valid", 0), ("invalid", 1002), ("ignored", 0)):
        for one in KINDS[kind]:
            assert close_code(one["from"], json.dumps(one["frame"]).encode()) == expected, one
    for side, frames in FRAMES.items():
        assert frames.keys() <= {json.loads(sample).get("type") for sample in SAMPLES[side]}


def open_session() -> Session:
    """One that is live, with an event, a message under way and a state."""
    driver = Driver()
    driver.live(event(1))
    driver.say("m1")
    return driver.session


def tell(session: Session, taken: wire.ServerFrame) -> Session:
    """Let a session have the frame; a new one when it gave the connection up."""
    session.step(ev.Received(session.dial, taken), 1000.0)
    held = session.transcript.events
    assert [e.seq for e in held] == list(
        range(held[0].seq, held[0].seq + len(held)) if held else []
    )
    return session if session.phase in CONNECTED else open_session()


async def test_the_server_closes_with_the_right_code(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """Over real sockets: 1002, 1003, 1007, 1009; what is no fault of the frame closes nothing."""
    chance = random.Random(4)
    hello = b'{"type":"hello","session":"%s","instance":"i","dial":1,"client":""}'
    async with serving(tmp_path / "db", single_user=True) as server:
        for number in range(count(pytestconfig, 1_000, 20_000)):
            data, opcode = mutated(chance, "client"), 1
            code = close_code("client", data)
            taken = None if code else wire.decode_client(data)
            if isinstance(taken, wire.Hello):
                code = 1002  # a second one
            if chance.random() < 0.1:
                opcode, code = 2, 1003
            async with asyncio.timeout(PATIENCE), raw(server.port) as client:
                await client.upgrade()
                # What is deleted closes the connections of others in the same session.
                deletes = isinstance(taken, wire.Erase) and opcode == 1
                name = b"deleted-%d" % number if deletes else b"s"
                client.writer.write(frame(1, hello % name) + frame(opcode, data))
                if not code:
                    client.writer.write(frame(2))  # so that it ends
                closed = await client.close_code()
                assert closed == (code or 1003) or (deletes and closed == 4410), data
        assert "1011" not in server.metrics.render()


@pytest.fixture
def fuzzing() -> Iterator[tuple[Scripted, list[Any]]]:
    """A server that sends the next thing from the list and notes how the client ends it."""
    script: list[Any] = []

    async def send(peer: Peer) -> None:
        payload, done = script.pop()
        if isinstance(payload, bytes):
            await peer.socket.send(payload, text=True)
        else:
            await peer.socket.send(payload[0])
        await peer.socket.wait_closed()
        done(peer.socket.close_code)

    with Scripted(send) as server:
        yield server, script


async def test_the_client_closes_with_the_right_code(
    fuzzing: tuple[Scripted, list[Any]], pytestconfig: pytest.Config
) -> None:
    """Over real sockets: 1002, 1003, 1007, and 1002 for the session what was too large."""
    server, script = fuzzing
    chance = random.Random(9)
    loop = asyncio.get_running_loop()

    async def where() -> Place:
        return Place(server.url)

    async def code_for(payload: Any) -> tuple[int, Ending]:
        closed: asyncio.Future[int] = loop.create_future()
        script.append((payload, lambda got: loop.call_soon_threadsafe(closed.set_result, got)))
        over: asyncio.Future[Ending] = loop.create_future()

        def note(event: ev.OfDial) -> None:
            if isinstance(event, ev.Dropped):
                over.set_result(event.ending)

        connection = Connection(1, where, note)
        async with asyncio.timeout(PATIENCE):
            ending = await over
            code = await closed
        connection.abort()
        return code, ending

    for _ in range(count(pytestconfig, 500, 5_000)):
        data = mutated(chance, "server")
        expected = close_code("server", data)
        if not expected or chance.random() < 0.1:
            code, _ending = await code_for((data,))
            assert code == 1003, data
        else:
            code, _ending = await code_for(data)
            assert code == expected, (data, code, expected)
    code, ending = await code_for(b'{"type":"' + b"x" * (8 << 20) + b'"}')
    assert (code, ending.code) == (1009, 1002)
