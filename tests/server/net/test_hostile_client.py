"""Hostile clients: whatever they send, other sessions are served, in bounded memory."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.servers.peers import PATIENCE, Peer, peer, until
from tests.support.servers.processes import Tutor
from tests.support.servers.raw_frames import HANDSHAKE, frame, raw

pytestmark = pytest.mark.timeout(300)


def hello(session: str, instance: str = "i") -> bytes:
    """The frame that begins a session."""
    said = {"type": "hello", "session": session, "instance": instance, "dial": 1, "client": ""}
    return frame(1, json.dumps(said).encode())


@contextlib.asynccontextmanager
async def under_attack(
    folder: Path, *options: str, more: float
) -> AsyncIterator[tuple[Tutor, asyncio.Event]]:
    """A server, and a learner who gets answers during the attack and for some time after it.

    The test sets the event when the attack is at its height. ``more``: MiB of memory that the
    server may use for the attack.
    """
    height = asyncio.Event()

    async def learn(client: Peer) -> None:
        number = after = 0
        while after < 5:
            after += height.is_set()
            number += 1
            await client.say("send", id=f"m{number}", text="Are you there?")
            await client.answer(f"m{number}")

    with Tutor(folder / "tutor.sqlite", "--tutor", "echo", "--pace", "0", *options) as server:
        process = psutil.Process(server.pid)
        async with peer(server.url) as client:
            await client.hello("the-learner-who-is-served")
            await client.say("send", id="m0", text="hello")
            await client.answer("m0")
            before = process.memory_info().rss
            learner = asyncio.create_task(learn(client))
            try:
                yield server, height
                height.set()
                await learner
            finally:
                learner.cancel()
            grown = (process.memory_info().rss - before) / 2**20
            print(f"\nthe server grew by {grown:.1f} MiB")
            assert grown < more


async def test_a_flood_of_messages_is_held_to_the_rate(tmp_path: Path) -> None:
    """Of 3,000 messages at once the rate's worth is taken; no other session waits."""
    async with (
        under_attack(tmp_path, "--rate=600", more=32) as (server, height),
        peer(server.url) as flood,
    ):
        await flood.hello("flood")
        refused = asyncio.Event()

        async def read() -> int:
            taken = 0
            for _ in range(3000):
                said = await flood.read()
                while said["type"] not in ("event", "refused") or said.get("role") == "tutor":
                    said = await flood.read()
                taken += said["type"] == "event"
                if said["type"] == "refused":
                    refused.set()
            return taken

        reading = asyncio.create_task(read())
        for number in range(3000):
            await flood.say("send", id=f"m{number}", text="now")
        await refused.wait()
        height.set()
        assert await reading < 3000


@pytest.mark.parametrize(
    "said",
    [
        {"type": "older", "before": 1 << 40, "limit": 200},
        {"type": "stop", "re": "nobody"},
        {"type": "withdraw", "id": "nobody"},
        {"type": "invented", "with": ["everything"] * 50},
    ],
    ids=["older", "stop", "withdraw", "unknown"],
)
async def test_an_endless_flood_starves_nobody(tmp_path: Path, said: dict[str, Any]) -> None:
    """Four connections request as fast as they can and read all answers."""
    async with under_attack(tmp_path, more=48) as (server, height):
        async with peer(server.url) as client:
            await client.hello("flood")
            for number in range(50):
                await client.say("send", id=f"m{number}", text="a long history " * 500)
                await client.answer(f"m{number}")

        async def flood(number: int) -> None:
            async with raw(server.port) as client:
                await client.upgrade()
                client.writer.write(hello("flood", f"i{number}"))
                await client.reader.readuntil(b"welcome")
                reading = asyncio.create_task(client.discard())
                await client.pour(frame(1, json.dumps(said).encode()) * 100)
                await reading

        floods = [asyncio.create_task(flood(number)) for number in range(4)]
        height.set()
        async with peer(server.url) as another:
            await another.hello("another")
            await another.say("send", id="m1", text="hello")
            await another.answer("m1")
        for one in floods:
            one.cancel()
        await asyncio.wait(floods)


async def test_a_flood_of_pings_unread_is_cut(tmp_path: Path) -> None:
    """Pongs that the client does not read are bounded: at 8 MiB its connection is cut."""
    async with under_attack(tmp_path, more=32) as (server, height), raw(server.port) as attacker:
        await attacker.upgrade()
        attacker.writer.write(hello("s"))
        await attacker.reader.readuntil(b"welcome")
        attacker.writer.transport.pause_reading()  # type: ignore[attr-defined]
        height.set()
        async with asyncio.timeout(PATIENCE * 3):
            assert await attacker.pour(frame(9, bytes(125)) * 1000) > 8 << 20


async def test_a_message_in_endless_fragments_is_cut(tmp_path: Path) -> None:
    """Empty fragments have no size, but their number is bounded."""
    async with under_attack(tmp_path, more=32) as (server, height), raw(server.port) as attacker:
        await attacker.upgrade()
        height.set()
        attacker.writer.write(frame(1, b"{", fin=False))
        async with asyncio.timeout(PATIENCE * 3):
            await attacker.pour(frame(0, fin=False) * 1000)


async def test_thousands_of_connections_starve_nobody(tmp_path: Path) -> None:
    """2,000 are welcomed, each to its own session, and 1,000 stay bare TCP connections."""
    async with (
        under_attack(tmp_path, more=160) as (server, height),
        contextlib.AsyncExitStack() as stack,
    ):
        for _ in range(1000):
            half = await stack.enter_async_context(raw(server.port))
            half.writer.write(HANDSHAKE[:40])
        for begin in range(0, 2000, 50):
            peers = [await stack.enter_async_context(raw(server.port)) for _ in range(50)]
            for number, one in enumerate(peers, begin):
                await one.upgrade()
                one.writer.write(hello(f"s{number}"))
            for one in peers:
                await one.reader.readuntil(b"welcome")
        height.set()


async def test_more_connections_than_files_starve_nobody(tmp_path: Path) -> None:
    """A server at the system's limit of open files serves its clients, and new ones later."""
    async with under_attack(tmp_path, more=32) as (server, height):
        process = psutil.Process(server.pid)
        process.rlimit(psutil.RLIMIT_NOFILE, (64, 64))
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(100):
                await stack.enter_async_context(raw(server.port))
            await until(lambda: process.num_fds() >= 64)
            height.set()
        async with peer(server.url, open_timeout=PATIENCE) as late:
            await late.hello("late")
            await late.say("send", id="m1", text="hello")
            await late.answer("m1")


async def test_half_a_handshake_is_cut(tmp_path: Path) -> None:
    """A handshake that takes over ten seconds is cut, and so is a connection without a hello."""
    async with (
        under_attack(tmp_path, more=16) as (server, height),
        raw(server.port) as half,
        raw(server.port) as mute,
    ):
        half.writer.write(HANDSHAKE[:60])
        await mute.upgrade()
        height.set()
        async with asyncio.timeout(PATIENCE):
            await half.reader.read()
            assert await mute.close_code() == 4408


async def test_large_frames_of_idle_clients_do_not_stay_in_memory(tmp_path: Path) -> None:
    """200 connections send a hello of 900 KB each, and then nothing more."""
    said = {"type": "hello", "dial": 1, "client": "c" * 900_000}
    async with (
        under_attack(tmp_path, more=64) as (server, height),
        contextlib.AsyncExitStack() as stack,
    ):
        for number in range(200):
            one = await stack.enter_async_context(raw(server.port))
            await one.upgrade()
            ids = {"session": f"session-of-22-characters-{number}", "instance": "i"}
            one.writer.write(frame(1, json.dumps(said | ids).encode()))
            await one.reader.readuntil(b"welcome")
        height.set()
