"""Nothing is lost, doubled or out of order: real processes, a misbehaving proxy between them.

The trials are those of `dev.py bench faults`; see `benchmarks/faulty`.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.faulty.actors import Client, Proxy, Server
from benchmarks.faulty.faults import FAULTS
from benchmarks.faulty.report import Report
from benchmarks.faulty.systems import ours
from benchmarks.faulty.trial import Plan, Result, compare, run

PLAN = Plan(messages=40, silence=20.0)
QUICK = ("reset", "server-kill", "client-kill")
NOTICED_WITHIN = 6.0
"""Seconds to notice a silent death with a message under way."""
LATE = 0.5
"""Seconds that a busy machine may be late."""


@pytest.mark.parametrize("fault", QUICK)
async def test_everything_gets_across_once_and_in_order(fault: str) -> None:
    """Connections reset, the server killed, the client killed in the middle of an outage."""
    result = await run(ours(), fault, PLAN)
    assert_kept(result)
    assert result.noticed is not None
    assert result.noticed < 2


@pytest.mark.slow
@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in QUICK])
async def test_everything_gets_across_whatever_fails(fault: str) -> None:
    """All other faults, the silent ones noticed in time."""
    result = await run(ours(), fault, PLAN)
    assert_kept(result)
    assert result.noticed is not None
    assert result.noticed < NOTICED_WITHIN + LATE


@pytest.mark.slow
async def test_five_times_the_client_is_killed() -> None:
    """Each time at another place in the typing, as the pace and the outage have it."""
    for messages in (30, 34, 38, 42, 46):
        assert_kept(await run(ours(), "client-kill", Plan(messages=messages)))


@pytest.mark.slow
async def test_a_silent_death_is_noticed_by_an_idle_client(tmp_path: Path) -> None:
    """Nothing is under way, nobody types: within 15 s, and then it is back by itself."""
    async with AsyncExitStack() as stack:
        system = ours()
        server = Server(system.server, tmp_path, {})
        stack.push_async_callback(server.kill)
        await server.start()
        proxy = await Proxy.start(server.port, tmp_path / "proxy.err")
        stack.push_async_callback(proxy.kill)
        env = {"JUPYTER_DATA_DIR": str(tmp_path)}
        client = Client(system.client, proxy.port, tmp_path, env)
        stack.push_async_callback(client.kill)
        await client.start()
        assert await client.until(lambda: len(client.links) == 1, 30)
        await proxy.tell("deaden")
        assert await client.until(lambda: len(client.links) == 2, 15 + LATE)
        assert await client.until(lambda: len(client.links) == 3, 5)
        assert [word for _, word in client.links] == ["up", "down", "up"]


def test_logs_are_compared() -> None:
    """What the figures count: lost, doubled, and behind a later one at its first coming."""
    assert compare([1, 2, 3, 4], [1, 2, 3, 4]) == (0, 0, 0)
    assert compare([1, 2, 3, 4], [1, 3]) == (2, 0, 0)
    assert compare([1, 2, 3], [1, 2, 1, 2, 3]) == (0, 2, 0)
    assert compare([1, 2, 3, 4], [1, 4, 2, 3]) == (0, 0, 2)


def test_a_report_can_be_read_again() -> None:
    """What was saved as JSON prints the same table; the worst of the runs is what counts."""
    good = Result("tutor_widget", "reset", 200, 0, 0, 0, 0.01, 0.1, 0.0, 1)
    bad = replace(good, system="other", lost=7, doubled=1, working=None)
    report = Report.now(["--runs", "2"], Plan(), [bad, replace(bad, lost=0), good])
    text = report.as_markdown()
    assert Report.from_json(report.as_json()).as_markdown() == text
    assert "| reset | **tutor_widget** | 0 / 0 / 0 | 0.01 | 0.10 | 0.00 | 1 |" in text
    assert "| other | **7/1/0**, – s |" in text


def assert_kept(result: Result) -> None:
    """The promise."""
    assert (result.lost, result.doubled, result.reordered) == (0, 0, 0), result
    assert result.working is not None
    assert result.caught_up is not None
