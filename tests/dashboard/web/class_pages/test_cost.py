"""What the pages of a large class cost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.lesson_class import Taken, take_lesson
from tests.support.servers.dashboard import Dashboard
from tests.support.small_class import in_store
from tutor_widget.server.store import Store

LEARNERS: Final = 2_000
MOST_CPU: Final = 0.3
"""Seconds for one page."""
WAYS: Final[list[list[Any]]] = [
    ["right", ("wrong", "A")],
    [("wrong", "6"), "right"],
    ["talk"],
    ["right", "right", ("wrong", "halt")],
]


@pytest.fixture
def taken(database: str) -> list[Taken]:
    """A class of so many, in 40 groups."""

    async def fill(store: Store) -> list[Taken]:
        learners = [(f"learner{n}", f"g{n % 40}", WAYS[n % len(WAYS)]) for n in range(LEARNERS)]
        return await take_lesson(store, learners)

    return in_store(database, fill)


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="it needs /proc")
@pytest.mark.timeout(300)
def test_a_page_of_two_thousand_learners_is_cheap(start: Callable[..., Dashboard]) -> None:
    """All figures are there when it is asked for: it sums what was published."""
    dashboard = start()
    browser = dashboard.browser("babbage")
    print(f"start with {LEARNERS:,} learners: {cpu(dashboard.pid):.2f} s")
    for tab in ("class", "misconceptions", "concepts"):
        browser.open(tab)  # its template is compiled once
        before = cpu(dashboard.pid)
        pages = [browser.open(tab) for _ in range(5)]
        spent = (cpu(dashboard.pid) - before) / len(pages)
        print(f"{tab}: {spent:.3f} s")
        assert spent < MOST_CPU
        assert all("Loops" in page.text or "counting" in page.text for page in pages)
    page = browser.open("class")
    assert f"{LEARNERS:,} learners are at a step.".replace(",", "") in page.text.replace(",", "")
