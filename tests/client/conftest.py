"""Fixtures of the tests of the client."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest

from tutor_widget.client.loop import call_on_loop


@pytest.fixture(autouse=True)
def _own_home(own_home: None) -> None:
    """For every test of this folder."""


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """No task of ours ends with an exception that nobody takes, nor is anything else printed."""
    expected: list[str] = []
    yield expected
    gc.collect()
    call_on_loop(gc.collect)
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert [s for s in said if not any(e in s for e in expected)] == []
