"""A server on an event loop of its own, in a thread of its own.

The client under test has nothing in common with it but the socket.
"""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from typing import Final, Self

PATIENCE: Final = 60.0
"""The outer limit of everything that is waited for, in seconds. Never asserted."""


class Threaded(ABC):
    """As a context manager: `start` runs on the loop on entry, `end` on exit."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    @abstractmethod
    async def start(self) -> None:
        """Start to listen."""

    @abstractmethod
    async def end(self) -> None:
        """End all connections and tasks."""

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.start(), self.loop).result(PATIENCE)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            asyncio.run_coroutine_threadsafe(self.end(), self.loop).result(PATIENCE)
        finally:
            self._stop()

    def _stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()
