"""How a process learns what others commit: it is told, and polls for what it was not told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

from simulator.nodes.memory.database import Commit, Database
from simulator.nodes.memory.line import Line
from tutor_widget.server.store.records import ALL, All, SessionKey

__all__ = ["Change", "Listener"]

Change = frozenset[SessionKey] | All
_POLL: Final = 1.0
"""Seconds between two polls."""


class Listener:
    """Follows what stores other than ``owner`` commit, until it is closed."""

    def __init__(self, database: Database, owner: str, line: Line) -> None:
        self._database = database
        self._owner = owner
        self._line = line
        self._news: deque[Change] = deque()
        self._has_news = asyncio.Event()
        self._seen = len(database.commits)
        """So many commits are told, or were this process's own."""
        self._told: set[int] = set()
        """Of those behind them the ones that are told."""
        self._asked_at: float | None = None
        """Since when the database has not answered."""
        self._is_closed = False
        database.listeners.append(self._notified)
        self._polling = line.loop.call_later(_POLL, self._poll)

    def away(self) -> float:
        """Seconds for which the database has not answered; 0 if it has."""
        return 0.0 if self._asked_at is None else self._line.loop.time() - self._asked_at

    async def changes(self) -> AsyncIterator[Change]:
        while True:
            while self._news:
                yield self._news.popleft()
            if self._is_closed:
                return
            self._has_news.clear()
            await self._has_news.wait()

    def close(self) -> None:
        self._is_closed = True
        self._polling.cancel()
        self._has_news.set()
        self.disconnect()

    def disconnect(self) -> None:
        """The process has no part in the database any more."""
        if self._notified in self._database.listeners:
            self._database.listeners.remove(self._notified)

    # --- what is told -----------------------------------------------------------------------------

    def _notified(self, commit: Commit) -> None:
        """A commit happens in the database."""
        line, weather = self._line, self._line.weather
        if commit.owner == self._owner or line.is_away or weather.happens(weather.deafness):
            return
        if weather.happens(weather.rumours):
            again = ALL if weather.happens(0.5) else commit.keys
            line.carry(lambda: line.loop.call_soon(self._tell, again), weather.gossip)
        line.carry(lambda: line.loop.call_soon(self._hear, commit), weather.gossip)

    def _hear(self, commit: Commit) -> None:
        if commit.number >= self._seen and commit.number not in self._told:
            self._told.add(commit.number)
            self._tell(commit.keys)

    def _tell(self, change: Change) -> None:
        self._news.append(change)
        self._has_news.set()

    # --- the poll ---------------------------------------------------------------------------------

    def _poll(self) -> None:
        """Read what was committed since the last poll, and tell what nobody has told."""
        line = self._line
        self._polling = line.loop.call_later(_POLL, self._poll)
        if not line.is_readable:
            self._asked_at = line.loop.time() if self._asked_at is None else self._asked_at
            return
        self._asked_at = None
        commits = self._database.commits[self._seen :]
        if commits:
            line.answer(self._polled, commits)

    def _polled(self, commits: list[Commit]) -> None:
        for commit in commits:
            if commit.owner != self._owner:
                self._hear(commit)
        self._seen = max(self._seen, commits[-1].number + 1)
        self._told = {number for number in self._told if number >= self._seen}
