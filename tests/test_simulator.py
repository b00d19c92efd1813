"""Random schedules of everything that people and faults can do, each from its seed.

`python3 dev.py simulate` runs as many of them as one likes.
"""

from __future__ import annotations

import pytest

from simulator.__main__ import DEEDS, run
from simulator.endings import Coverage, rows
from simulator.life import Schedule


@pytest.mark.parametrize("block", range(6))
def test_no_schedule_goes_wrong(block: int) -> None:
    """Once each, in order, nothing forgotten, and in the end everything answered."""
    report = run(range(block * 50, block * 50 + 50))
    assert not report.violations, "\n".join(report.violations.values())
    assert report.is_thick, (report.median_steps, report.median_faults)


def test_schedules_can_be_had_again() -> None:
    """One seed, one story: that is what makes a failure worth anything."""

    def story(seed: int) -> list[str]:
        schedule = Schedule(seed)
        schedule.live(DEEDS)
        return schedule.life.world.story

    assert story(3) == story(3)


def test_what_was_never_met_is_named() -> None:
    """An empty run has met nothing, and says so."""
    assert len(Coverage().missing()) > len(list(rows())) > 80
