"""Random schedules over the server's real code on several nodes, each from its seed.

`python3 dev.py simulate server` runs as many of them as one likes.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from simulator.environment import Environment
from simulator.nodes.__main__ import Report
from simulator.nodes.loop import SimulatedLoop
from simulator.runner import run_many
from tests.support.paths import ROOT


@pytest.mark.parametrize("block", range(3))
def test_no_schedule_goes_wrong(block: int) -> None:
    """Each message is committed and answered once, in order, and every node tells the same."""
    report = Report().run(range(block * 50, block * 50 + 50))
    assert not report.violations, "\n".join(report.violations.values())
    assert report.is_dense, report.medians


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_fifty_thousand_schedules_go_well() -> None:
    """The same, over other seeds."""
    total = Report()
    for report in run_many(Report, range(100_000, 150_000), jobs=2):
        total.add(report)
    assert not total.violations, "\n".join(list(total.violations.values())[:5])


def test_a_schedule_is_repeated_by_its_seed() -> None:
    """The same seed gives the same trace in any process, so that a violation can be examined."""
    program = """
from simulator.nodes.schedule import Schedule
for seed in (2, 3, 14):
    schedule = Schedule(seed)
    schedule.run()
    print(*schedule.trace, sep="\\n")
"""

    def traces(hash_seed: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": str(hash_seed)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert traces(1) == traces(2)


def test_the_server_reaches_for_no_clock_no_thread_and_no_socket() -> None:
    """What it knows of time comes from its event loop, so that a simulation has all of it."""
    taken: list[str] = []
    mine = threading.current_thread()

    def noting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def note(*arguments: Any, **keywords: Any) -> Any:
            if threading.current_thread() is mine:  # other tests may have left threads
                taken.append(name)
            return real(*arguments, **keywords)

        return note

    with (
        patch.object(time, "monotonic", noting("monotonic", time.monotonic)),
        patch.object(time, "sleep", noting("sleep", time.sleep)),
        patch.object(threading.Thread, "start", noting("thread", threading.Thread.start)),
        patch.object(socket.socket, "__init__", noting("socket", socket.socket.__init__)),
        patch.object(random, "random", noting("random", random.random)),
    ):
        report = Report().run(range(10))
    assert not report.violations
    assert taken == []


def test_the_loop_has_no_threads_and_no_sockets() -> None:
    """Code that needs them fails there at once."""
    loop = SimulatedLoop(Environment(), 0.0)  # type: ignore[abstract]
    with pytest.raises(NotImplementedError):
        loop.run_in_executor(None, print)
    with pytest.raises(NotImplementedError):
        loop.call_soon_threadsafe(print)


def test_a_killed_process_does_nothing_more() -> None:
    """Not even what its tasks do when they end; a frozen one goes on later."""
    environment, done = Environment(), []
    killed, frozen = (
        SimulatedLoop(environment, 0.0),  # type: ignore[abstract]
        SimulatedLoop(environment, 0.0),  # type: ignore[abstract]
    )

    async def work(name: str) -> None:
        try:
            await asyncio.sleep(1)
            done.append(name)
        finally:
            done.append(f"{name} cleans up")

    killed.create_task(work("killed"))
    frozen.create_task(work("frozen"))
    environment.run(0.5)
    killed.kill()
    frozen.freeze(10)
    environment.run(5)
    assert done == []
    environment.run(10)
    assert done == ["frozen", "frozen cleans up"]
    killed.abandon()
