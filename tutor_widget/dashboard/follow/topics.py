"""Tells open pages what has changed. A page that is slow is told once of what changed often."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = [
    "AWAY",
    "BUDGETS",
    "FIGURES",
    "HELD",
    "LEARNERS",
    "REPORTS",
    "WAITING",
    "Subscription",
    "Topics",
    "of",
]

HELD: Final = "held"
REPORTS: Final = "reports"
WAITING: Final = "waiting"
FIGURES: Final = "figures"
BUDGETS: Final = "budgets"
LEARNERS: Final = "learners"
AWAY: Final = "away"
"""The database went away, or came back. Every page shows it."""


def of(key: int) -> str:
    """The topic of one conversation."""
    return f"conversation-{key}"


class Subscription:
    """What one open page wants to be told of."""

    def __init__(self, topics: Iterable[str]) -> None:
        self.topics = frozenset(topics) | {AWAY}
        self._changed: set[str] = set()
        self._event = asyncio.Event()

    def tell(self, topics: Iterable[str]) -> None:
        if mine := self.topics.intersection(topics):
            self._changed |= mine
            self._event.set()

    async def changed(self, within: float) -> frozenset[str]:
        """Wait for a change, at most ``within`` seconds; which of its topics have changed."""
        try:
            async with asyncio.timeout(within):
                await self._event.wait()
        except TimeoutError:
            return frozenset()
        self._event.clear()
        changed, self._changed = frozenset(self._changed), set()
        return changed


class Topics:
    """The open pages."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def __len__(self) -> int:
        return len(self._subscriptions)

    def tell(self, topics: Iterable[str]) -> None:
        """Tell every page that wants to know."""
        changed = frozenset(topics)
        for subscription in self._subscriptions if changed else ():
            subscription.tell(changed)

    @contextmanager
    def subscribed(self, topics: Iterable[str]) -> Iterator[Subscription]:
        """A subscription for as long as the block runs."""
        subscription = Subscription(topics)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)
