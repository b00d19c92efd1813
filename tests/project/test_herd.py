"""A class comes back to its server no faster than the server takes it: `dev.py bench herd`."""

from __future__ import annotations

import pytest

from benchmarks.herd import PEERS, ours, theirs


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3))])
@pytest.mark.parametrize(("learners", "at_once"), [(1000, 60), (10_000, 100)])
def test_a_class_does_not_come_back_in_a_burst(learners: int, at_once: int, seed: int) -> None:
    """After 30 s of outage so many arrive per 100 ms and no more."""
    back = ours(learners, 30, seed)
    assert back.peak <= at_once
    assert back.never == 0


@pytest.mark.parametrize("seed", range(1, 4))
def test_a_class_is_back_soon(seed: int) -> None:
    """Of 1,000 learners half are back within 1.6 s, 99 % within 5 s."""
    back = ours(1000, 30, seed)
    assert back.half <= 1.6
    assert back.nearly_all <= 5


def test_the_figures_tell_a_burst_when_there_is_one() -> None:
    """A policy without jitter brings everybody in the same tenth of a second, or two."""
    assert theirs(PEERS["Phoenix"], 1000, 30, 1).peak > 500
    assert theirs(PEERS["SignalR"], 1000, 300, 1).never == 1000
