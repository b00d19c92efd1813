"""`dev.py bench dashboard`, short."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.dashboard import PAGES, Following, Result, measure, table
from benchmarks.following.filling import Filled, fill
from tests.support.postgres import running_cluster
from tests.support.servers.postgres import find_programs
from tests.support.small_class import in_store
from tutor_widget.server.store import Store


def result(alone: int, one: int, many: int) -> Result:
    """With these statements of the nodes for a message."""
    made = Result(Filled(2000, 42_000, 40, 100), 5, alone)
    made.one = Following(one, 5, 0.0025, [0.2, 0.3])
    made.many = Following(many, 10, 0.025, [0.2])
    made.noted = [0.01, 0.03]
    return made


def test_another_count_of_the_servers_statements_is_not_right() -> None:
    """With a dashboard, or with its pages open; nor is nothing counted."""
    assert result(20, 20, 20).is_right
    assert not result(20, 21, 20).is_right
    assert not result(20, 20, 21).is_right
    assert not result(0, 0, 0).is_right


def test_the_table_says_what_came_of_a_run() -> None:
    """Counts, and times of the processor in milliseconds."""
    lines = table(result(20, 20, 21)).splitlines()
    assert "| conversations, with events | 2,000, 42,000 |" in lines
    assert "| … with 5 pages of it open | 21 |" in lines
    assert "| … its processor's time for a message and its answer | 2.5 ms |" in lines
    assert "| from an answer until a page is told: median, 99 % | 0.25 s, 0.30 s |" in lines
    assert "| from a note's form until it is in the chat: median, 99 % | 0.02 s, 0.03 s |" in lines


async def test_a_filled_class_has_what_it_says() -> None:
    """All events are in the store, and so is what waits for a teacher."""
    cluster = running_cluster()
    url = cluster.make_database(cluster.template)
    filled = await fill(url, 40, 5, seed=2)

    async def read(store: Store) -> tuple[int, int, int]:
        heads = [await store.head(listed.key) async for listed in store.list_sessions()]
        events = sum(getattr(head, "seq", 0) for head in heads)
        return events, len(await store.held()), len(await store.reports(0, 100))

    found = in_store(url, read)
    assert found == (filled.events + filled.held, filled.held, filled.reports)
    assert (filled.learners, len(filled.live)) == (40, 5)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(find_programs() is None, reason="there is no PostgreSQL")
async def test_a_dashboard_costs_the_servers_nothing(tmp_path: Path) -> None:
    """Two of them, with conversations of a class and five open pages."""
    found = await measure(tmp_path, 80, 5, 10)
    assert found.is_right, table(found)
    assert set(found.drawn) == {*PAGES, "conversation"}
