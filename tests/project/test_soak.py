"""The soak, short."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.soak import Soak, run


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_minute_of_everything_failing_changes_nothing(tmp_path: Path, seed: int) -> None:
    """Twenty learners: all logs are what was typed and what is seen, and nothing has grown."""
    soak = Soak(tmp_path, learners=20, seed=seed)
    try:
        assert run(soak, seconds=60)
    finally:
        soak.end()
