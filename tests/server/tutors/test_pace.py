"""Text at a pace, on a machine that wakes late."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio

from tutor_widget.server.tutors.pace import at_pace

LATE = 0.03
"""Seconds by which each sleep is too long."""


@pytest_asyncio.fixture
async def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays of all sleeps, which take no time but that of the loop's clock."""
    asked: list[float] = []
    now = 100.0

    async def sleep(seconds: float) -> None:
        nonlocal now
        asked.append(seconds)
        now += max(0.0, seconds) + LATE

    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    return asked


async def test_words_that_come_late_do_not_delay_the_others(slept: list[float]) -> None:
    """The whole takes as long as its characters, but for the last delay."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    words = [word async for word in at_pace("one two three four five", 10)]
    assert words == ["one", " two", " three", " four", " five"]
    assert loop.time() - began == pytest.approx(23 / 10 + LATE)
    assert slept[1] == pytest.approx(4 / 10 - LATE)


async def test_without_a_pace_the_text_comes_at_once(slept: list[float]) -> None:
    """In one piece."""
    assert [piece async for piece in at_pace("one two", 0)] == ["one two"]
    assert slept == []
