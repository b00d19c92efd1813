"""One trial: one system, one fault.

Numbered messages are typed at a steady pace, through the proxy, from one to the last; the fault
comes when half of them are typed. Then the server's log is compared with what the client accepted.

A message counts from the moment its client says ``queued``. One that it had not accepted when it
was killed is typed again, as a person would; while it is dead nobody types.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.faulty.actors import Client, Failed, Proxy, Server
from benchmarks.faulty.faults import FAULTS, Scene
from benchmarks.faulty.systems import System

EVERY: Final = 0.1
"""Seconds between two messages."""
SETTLE: Final = 60.0
"""Seconds that a system has, when all is typed and the path is whole, to get everything across."""


@dataclass(frozen=True)
class Plan:
    """How large a trial is."""

    messages: int = 200
    silence: float = 60.0
    settle: float = SETTLE

    @property
    def limit(self) -> float:
        """Seconds that a trial may take on a machine that is very busy."""
        return 120 + self.messages * EVERY + self.silence + self.settle


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a trial. Times in seconds; None: it did not happen."""

    system: str
    fault: str
    messages: int
    lost: int
    doubled: int
    reordered: int
    noticed: float | None
    """From the fault to the client's library saying that it is not connected."""
    working: float | None
    """From the path being whole to the next message known to be across."""
    caught_up: float | None
    """From there, or from the last message typed, to the last message known to be across."""
    attempts: int
    """TCP connections that reached the proxy from the fault on."""


def compare(accepted: Sequence[int], log: Sequence[int]) -> tuple[int, int, int]:
    """Lost, doubled and reordered messages: what was accepted against what the server has."""
    first_seen = list(dict.fromkeys(log))
    lost = len(set(accepted) - set(log))
    reordered = sum(number < largest for number, largest in _with_largest_before(first_seen))
    return lost, len(log) - len(first_seen), reordered


def _with_largest_before(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    largest = 0
    for number in numbers:
        yield number, largest
        largest = max(largest, number)


async def run(system: System, fault: str, plan: Plan) -> Result:
    """Run a trial with processes of its own; they are gone afterwards, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with AsyncExitStack() as stack:
            server = Server(system.server, folder, system.env)
            stack.push_async_callback(server.kill)
            await server.start()
            proxy = await Proxy.start(server.port, folder / "proxy.err")
            stack.push_async_callback(proxy.kill)
            env = {**system.env, "JUPYTER_DATA_DIR": str(folder / "jupyter")}
            client = Client(system.client, proxy.port, folder, env)
            stack.push_async_callback(client.kill)
            await client.start()
            scene = Scene(proxy, server, client, plan.silence)
            async with asyncio.timeout(plan.limit):
                typed_at = await _act(scene, fault, plan)
            attempts = await proxy.accepted() - scene.accepted
        lost, doubled, reordered = compare(list(client.queued), system.logged(server.file))
    return Result(
        system.name,
        fault,
        plan.messages,
        lost + plan.messages - len(client.queued),
        doubled,
        reordered,
        _noticed(scene),
        _working(scene),
        _caught_up(scene, typed_at, plan),
        attempts,
    )


async def _act(scene: Scene, fault: str, plan: Plan) -> float:
    """Type, inflict, and wait until everything is across; when the last message was typed."""
    client = scene.client
    if not await client.until(lambda: bool(client.links), 30):
        raise Failed("the client does not connect")
    half = asyncio.Event()
    life_of: dict[int, int] = {}
    try:
        async with asyncio.TaskGroup() as both:
            typing = both.create_task(_type(client, plan.messages, half, life_of))
            both.create_task(_after(half, fault, scene))
    except ExceptionGroup as group:
        raise group.exceptions[0] from None
    _type_again(client, life_of)  # the last one may have been typed into a dying client
    await client.until(lambda: len(client.heard) == plan.messages, plan.settle)
    return typing.result()


def _type_again(client: Client, life_of: dict[int, int]) -> None:
    """What a client had not accepted when it was killed."""
    for number, life in life_of.items():
        if life != client.life and number not in client.queued:
            client.say(number)
            life_of[number] = client.life


async def _after(half: asyncio.Event, fault: str, scene: Scene) -> None:
    await half.wait()
    await FAULTS[fault](scene)


async def _type(
    client: Client, messages: int, half: asyncio.Event, life_of: dict[int, int]
) -> float:
    """Type them all, at a steady pace; when the last one was."""
    due = time.monotonic()
    for number in range(1, messages + 1):
        due = max(due + EVERY, time.monotonic())
        await asyncio.sleep(due - time.monotonic())
        await client.until(lambda: client.ready, 60)
        _type_again(client, life_of)
        client.say(number)
        life_of[number] = client.life
        if number == (messages + 1) // 2:
            half.set()
    return time.monotonic()


def _noticed(scene: Scene) -> float | None:
    downs = (at for at, word in scene.client.links if word == "down" and at >= scene.began_at)
    down = next(downs, None)
    return None if down is None else down - scene.began_at


def _working(scene: Scene) -> float | None:
    # Until it is noticed, something may still come out of the pipes of what broke.
    since = max(scene.restored_at, scene.began_at + (_noticed(scene) or 0.0))
    proof = next((at for at in scene.client.proofs if at >= since), None)
    return None if proof is None else proof - scene.restored_at


def _caught_up(scene: Scene, typed_at: float, plan: Plan) -> float | None:
    if len(scene.client.heard) < plan.messages:
        return None
    return max(0.0, max(scene.client.heard.values()) - max(typed_at, scene.restored_at))
