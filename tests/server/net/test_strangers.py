"""Limits under load, on a server process: a learner beside the load is served.

Times are printed, never asserted: ``pytest -s``.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.servers.peers import PATIENCE, SESSION, Peer, peer
from tests.support.servers.processes import Tutor
from tests.support.servers.raw_frames import Raw, frame, raw

pytestmark = pytest.mark.timeout(600)

CLOSE = 8
EACH = 5
"""Messages that each of the others sends at once."""


async def served(client: Peer, load: Awaitable[None], most: int) -> int:
    """Have the client talk while the load lasts; the number of its answers."""
    pressing = asyncio.ensure_future(load)
    took: list[float] = []
    while len(took) < 20 or (not pressing.done() and len(took) < most):
        begun = time.perf_counter()
        await client.say("send", id=f"m{len(took)}", text="Are you there?")
        await client.answer(f"m{len(took)}")
        took.append(time.perf_counter() - begun)
    await pressing
    print(
        f"\n{len(took)} round trips beside the load: median {statistics.median(took) * 1000:.0f} "
        f"ms, worst {max(took) * 1000:.0f} ms"
    )
    assert "refused" not in client.seen
    return len(took)


@pytest.mark.parametrize("sessions", [20, pytest.param(100, marks=pytest.mark.slow)])
async def test_one_account_gains_nothing_by_many_sessions(tmp_path: Path, sessions: int) -> None:
    """All of them together send what one may send, and another account is served."""
    (tmp_path / "class").write_text("ada t1\nalan t2\n")
    options = ("--tutor=echo", "--pace=0", "--token-file=class")
    rate, outcomes = 60, Counter[str]()

    async def send_all(client: Peer) -> None:
        for number in range(EACH):
            await client.say("send", id=f"m{number}", text="now")
        waiting = {f"m{number}" for number in range(EACH)}
        while waiting:
            if (said := await client.read()).get("id") in waiting:
                waiting.discard(said["id"])
                outcomes[said["type"]] += 1

    async with AsyncExitStack() as stack:
        with Tutor(tmp_path / "db", *options) as server:  # without limits
            for number in range(sessions):
                async with peer(server.url, "t2") as client:
                    await client.hello(f"s{number}")
            async with peer(server.url, "t1") as client:
                await client.hello("mine")
        limited = stack.enter_context(Tutor(tmp_path / "db", *options, f"--rate={rate}"))
        begun = time.monotonic()
        many = [await stack.enter_async_context(peer(limited.url, "t2")) for _ in range(sessions)]
        for number, client in enumerate(many):
            await client.hello(f"s{number}")
        learner = await stack.enter_async_context(peer(limited.url, "t1"))
        await learner.hello("mine")

        async def load() -> None:
            await asyncio.gather(*map(send_all, many))

        assert await served(learner, load(), most=rate) >= 20
        gained = (time.monotonic() - begun) * rate / 60 + 1
    assert outcomes.total() == sessions * EACH
    assert min(rate, sessions * EACH) <= outcomes["event"] <= rate + gained


@pytest.mark.parametrize("strangers", [100, pytest.param(1000, marks=pytest.mark.slow)])
async def test_strangers_are_held_to_the_limits_of_their_addresses(
    tmp_path: Path, strangers: int
) -> None:
    """A fifth sends half a request, the others a session each and its messages, 50 an address."""
    outcomes: Counter[str] = Counter()
    taken: Counter[int] = Counter()

    async def talk(number: int, server: Tutor, stack: AsyncExitStack) -> None:
        place = number // 50
        one = await stack.enter_async_context(raw(server.port, local_addr=(f"127.0.1.{place}", 0)))
        if number % 5 == 0:
            one.writer.write(b"GET / HTTP/1.1\r\nHost: ")
            return
        await one.upgrade()
        say(one, type="hello", session=f"{SESSION}-{number}", instance="i", dial=1, client="")
        for message in range(EACH):
            say(one, type="send", id=f"m{message}", text="now")
        waiting = {f"m{message}" for message in range(EACH)}
        while waiting:
            opcode, data = await one.read()
            if opcode == CLOSE:  # the address had no message left for a new session
                assert int.from_bytes(data[:2]) == 4429
                outcomes["refused"] += EACH
                return
            said = json.loads(data)
            if said.get("id") in waiting:
                waiting.discard(said["id"])
                outcomes[said["type"]] += 1
                taken[place] += said["type"] == "event"
        taken[place] += 1  # the new session

    with Tutor(tmp_path / "db", "--tutor=echo", "--pace=0", "--rate=2", relaxed=False) as server:
        begun = time.monotonic()
        async with AsyncExitStack() as stack, peer(server.url) as learner:
            await learner.hello()

            async def load() -> None:
                for first in range(0, strangers, 50):
                    group = [talk(first + n, server, stack) for n in range(50)]
                    async with asyncio.timeout(PATIENCE * 3):
                        await asyncio.gather(*group)

            assert await served(learner, load(), most=80) >= 20
            gained = (time.monotonic() - begun) * 100 / 60 + 1
    assert outcomes.total() == strangers * 4 // 5 * EACH
    assert outcomes["refused"] > 0
    assert len(taken) == strangers // 50
    assert all(100 <= each <= 100 + gained for each in taken.values())


def say(one: Raw, **keys: object) -> None:
    one.writer.write(frame(1, json.dumps(keys).encode()))
