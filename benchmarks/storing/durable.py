"""The figures of a server on PostgreSQL: what it does in a second, and how soon it answers."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks._servers import Measured, Ours
from benchmarks.storing.crowd import Learner, crowd, late
from benchmarks.storing.engine import Engine

__all__ = ["Load", "idle", "load", "streams"]

TOKEN: Final = " word"
TOKENS_PER_SECOND: Final = 50
STREAMED: Final = 6.0
"""Seconds that a streamed answer takes at that pace."""
COMMITS: Final = 200


@dataclass
class Load:
    """A server at its limit and at a third of that, and the engine in the same batches.

    Rates are messages with their answers a second, times are seconds. ``batch``: writes in a
    commit, of which a message takes two.
    """

    rate: float
    batch: float
    engine_rate: float
    committed: float
    """From a message to its event, at a third of the load: 99 of 100 are sooner."""
    engine_commit: float
    """Of one message by the engine alone, in the median."""


async def load(folder: Path, db_url: str, learners: int, seconds: float) -> Load:
    """Measure a server on that database, then the engine by itself on the same."""
    server = Ours(folder, db_url)
    try:
        async with crowd(server.url, learners) as group:
            before = _commits(server)
            rate = await _most(group, seconds)
            commits, writes = (b - a for a, b in zip(before, _commits(server), strict=True))
            committed = await _at(group, rate / 3, seconds)
    finally:
        server.close()
    engine, batch = Engine(db_url), writes / commits
    alone = statistics.median(await engine.commits(COMMITS))
    return Load(rate, batch, await engine.rate(round(batch), seconds), late(committed), alone)


def _commits(server: Ours) -> tuple[float, float]:
    return server.count("tutor_commits_total"), server.count("tutor_writes_total")


async def _most(group: list[Learner], seconds: float) -> float:
    """Messages a second if each learner sends one when the last is answered."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(one.say_until(began + seconds) for one in group))
    said = sum(len(one.replies) for one in group)
    return said / (loop.time() - began)


async def _at(group: list[Learner], rate: float, seconds: float) -> list[float]:
    """At that rate of all together: how long each message took to its event."""
    for one in group:
        one.forget()
    every, began = len(group) / rate, asyncio.get_running_loop().time()
    await asyncio.gather(
        *(
            one.say_every(every, began + number / rate, began + seconds)
            for number, one in enumerate(group)
        )
    )
    return [taken for one in group for taken in one.commits]


async def streams(folder: Path, db_url: str, number: int) -> tuple[float, float, float]:
    """So many answers at once at reading pace, from a server that has one core.

    Returns the tokens a second of one answer, in the median and of the slowest, and how much of
    the core was used.
    """
    server = Ours(folder, db_url, pace=TOKENS_PER_SECOND * len(TOKEN))
    server.process.cpu_affinity([0])
    tokens = int(TOKENS_PER_SECOND * STREAMED)
    try:
        async with crowd(server.url, number) as group:
            loop = asyncio.get_running_loop()
            before, began = server.seconds(), loop.time()
            await asyncio.gather(*(one.say(f"a{TOKEN * (tokens - 1)}") for one in group))
            used = (server.seconds() - before) / (loop.time() - began)
    finally:
        server.close()
    rates = [tokens / one.replies[-1] for one in group]
    return statistics.median(rates), min(rates), used


async def idle(server: Measured, learners: int, seconds: float) -> float:
    """Milliseconds of the processor that an idle learner takes in a minute, with its pings."""
    async with crowd(server.url, learners):
        before = server.seconds()
        await asyncio.sleep(seconds)
        return (server.seconds() - before) / learners / seconds * 60_000
