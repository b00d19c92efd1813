"""The release whose files and peers are tried."""

from __future__ import annotations

import pytest

from tests.support.release import WHEEL_0_1, Release


@pytest.fixture(scope="session")
def release_0_1(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Release 0.1, unpacked once for all tests."""
    return Release.unpack(WHEEL_0_1, tmp_path_factory.mktemp("release") / "0.1")
