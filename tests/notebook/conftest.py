"""Fixtures of the tests of the widget."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _own_home(own_home: None) -> None:
    """For every test of this folder."""
