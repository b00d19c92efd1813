"""The line between a process and the database: what goes over it arrives late, or not at all.

What is on its way belongs to no process. So a killed or frozen process may write what it has sent
before, and is told nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVarTuple

from simulator.nodes.memory.weather import Weather
from tutor_widget.server.store.contract import StoreError

__all__ = ["Line", "Timeline"]

Ts = TypeVarTuple("Ts")
_MOST = 10.0
"""Seconds after which a read without an answer is given up."""


class Timeline(Protocol):
    """A clock that stops for no process."""

    @property
    def now(self) -> float: ...

    def call_later(self, delay: float, act: Callable[[], object]) -> object: ...


class _LoopTimeline:
    """That of a real event loop, which nobody freezes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    @property
    def now(self) -> float:
        return self._loop.time()

    def call_later(self, delay: float, act: Callable[[], object]) -> object:
        return self._loop.call_later(delay, act)


class Line:
    """The line of the process whose loop is running now."""

    def __init__(self, weather: Weather, timeline: Timeline | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.weather = weather
        self._time: Timeline = timeline or _LoopTimeline(self.loop)

    @property
    def is_away(self) -> bool:
        """Whether nothing passes."""
        return self._time.now < self.weather.away_until

    @property
    def is_readable(self) -> bool:
        return not self.is_away and self._time.now >= self.weather.unreadable_until

    @property
    def is_writable(self) -> bool:
        return not self.is_away and self._time.now >= self.weather.unwritable_until

    def carry(self, act: Callable[[], object], mean: float | None = None) -> None:
        """Let ``act`` happen at the other end, some time from now: ``mean`` s, or the delay."""
        mean = self.weather.delay if mean is None else mean
        self._time.call_later(self.weather.draw(mean), act)

    def answer(self, act: Callable[[*Ts], object], *args: *Ts) -> None:
        """Call ``act`` in the process, with what the database has answered, after the delay."""
        self.carry(lambda: self.loop.call_soon(act, *args))

    async def pause(self) -> None:
        """Wait for as long as one way takes."""
        await asyncio.sleep(self.weather.draw(self.weather.delay))

    async def time_out(self) -> None:
        """Wait for an answer that does not come."""
        await asyncio.sleep(min(self.weather.draw(1.0), _MOST))

    def check_readable(self) -> None:
        """Raise StoreError while nothing can be read."""
        if not self.is_readable:
            raise StoreError("The store cannot be read now.")
