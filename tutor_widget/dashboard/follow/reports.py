"""Which reports are listed: those of the last months, and all that are open."""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final

from tutor_widget.server.store import All, Report, SessionKey, Store

__all__ = ["MARGIN", "Reports"]

_PAGE: Final = 200
"""Reports of one read."""
MARGIN: Final = 60_000
"""Milliseconds by which the clocks of nodes may differ."""
_OLDEST: Final = 90 * 86_400_000
"""Milliseconds for which a report is listed that is not open any more."""


class Reports:
    """The reports of a store. After the first time `read` asks for those that may have changed."""

    def __init__(self, store: Store) -> None:
        self.listed: tuple[Report, ...] = ()
        """Oldest first."""
        self._store = store
        self._newest: int | None = None
        """Of all that were read; None: nothing was read yet."""

    async def read(self, changed: Collection[SessionKey] | All) -> bool:
        """Something was written to these conversations. Whether that changes the list. Raises
        StoreError."""
        now = _now()
        since = self._since(changed, now)
        read = await self._reports_since(since)
        self._newest = max([self._newest or 0, *(one.at for one in read)])
        known = [one for one in self.listed if one.at < since]
        before = self.listed
        oldest = now - _OLDEST
        self.listed = tuple(
            one for one in [*known, *read] if one.at >= oldest or one.state == "open"
        )
        return self.listed != before

    def _since(self, changed: Collection[SessionKey] | All, now: int) -> int:
        """From when on reports are new, or were known and may be others now.

        An old one that is open is found only where all are read.
        """
        if self._newest is None or isinstance(changed, All):
            return 0
        known = (one.at for one in self.listed if one.key in changed)
        return max(0, min([self._newest - MARGIN, now - MARGIN, *known]))

    async def _reports_since(self, since: int) -> list[Report]:
        found: dict[tuple[SessionKey, str], Report] = {}
        while True:
            page = await self._store.reports(since, _PAGE)
            before = len(found)
            found |= {(report.key, report.event_id): report for report in page}
            # Of one millisecond there are never so many that a page holds no later one.
            if len(page) < _PAGE or len(found) == before:
                return [*found.values()]
            since = page[-1].at


def _now() -> int:
    return int(time.time() * 1000)
