"""Retention: deletes conversations that nobody uses, and contexts that nobody needs any more.

Each node of a database does it, which does no harm: what one has deleted the others do not find.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from .logs import audit, log, where
from .metrics import Metrics
from .settings import Settings
from .store import SessionKey, Store

__all__ = ["Retention"]

_DAY: Final = 86_400.0
_INTERVAL: Final = 3_600.0
"""Seconds between two rounds."""


class Retention:
    """Keeps a store within the times of its settings. ``in_use`` names sessions to be spared."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        metrics: Metrics,
        in_use: Callable[[], Collection[SessionKey]],
    ) -> None:
        self._store = store
        self._keep = settings.keep_days
        self._keep_contexts = settings.keep_context_days
        self._metrics = metrics
        self._in_use = in_use

    async def run(self) -> None:
        """Delete what is due now, and again every hour. Returns at once if all is kept."""
        while self._keep or self._keep_contexts:
            try:
                await self.expire()
            except Exception as error:  # noqa: BLE001  # tried again at the next round
                log("retention failed", level="warning", **where(error))
            await asyncio.sleep(_INTERVAL)

    async def expire(self) -> None:
        """Delete what is due now. Raises StoreError if the store is closed meanwhile."""
        if self._keep:
            sessions = await self._store.expire(self._keep * _DAY, self._in_use())
            self._metrics.count("expired", sessions)
            if sessions:
                audit("sessions expired", number=sessions, by="retention", days=self._keep)
        if self._keep_contexts:
            contexts = await self._store.expire_contexts(self._keep_contexts * _DAY)
            if contexts:
                audit("contexts expired", number=contexts, by="retention", days=self._keep_contexts)
