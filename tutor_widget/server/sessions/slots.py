"""The slots for replies on one server: as many as its tutor makes at once.

A worker takes a slot before it claims a message. So no attempt is counted for a message that waits,
and its session has no lease: another node that has a free slot may answer it first. Then the worker
leaves the queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from .queue import FairQueue

__all__ = ["Slot", "Slots"]

_FIRST: Final = 0.2
"""Seconds between two passes over the queue, and so before a session is told its first place."""
_AGAIN: Final = 2.0
"""Seconds between two places that a session is told (protocol.md §4)."""


class Slot:
    """A session's slot, or its place in the queue.

    ``changed`` is called when either changes, unless `take` itself has returned the change.
    """

    def __init__(
        self, slots: Slots, account: str, session: int, changed: Callable[[], None]
    ) -> None:
        self.account = account
        self.session = session
        self.granted = False
        self.place: int | None = None
        """The place as it was told last; None with a slot, and until the first is told."""
        self.told = 0.0
        self.changed = changed
        self._slots = slots

    def take(self) -> bool:
        """Get a slot, or wait in the queue for one. Returns whether the session has a slot."""
        if not self.granted:
            self._slots.join(self)
        return self.granted

    def leave(self) -> None:
        """Give the slot to the next, or leave the queue."""
        self._slots.leave(self)


class Slots:
    """Grants ``parallel`` slots at once, in the order of `FairQueue`; None is no limit."""

    def __init__(self, parallel: int | None) -> None:
        self._is_limited = parallel is not None
        self._queue = FairQueue(parallel)
        self._waiting: dict[int, Slot] = {}
        """By session."""
        self._telling: asyncio.TimerHandle | None = None
        self._told = -_AGAIN
        """When places were told last."""

    @property
    def waiting(self) -> int:
        """The number of sessions that wait for a slot."""
        return len(self._waiting)

    def join(self, slot: Slot) -> None:
        """See `Slot.take`."""
        if not self._is_limited:  # most tutors: no queue is needed
            slot.granted = True
            return
        if slot.session in self._waiting:
            return
        self._queue.join(slot.account, slot.session)
        self._waiting[slot.session] = slot
        self._grant(asking=slot)
        if not slot.granted:
            self._tell_in(_FIRST)

    def leave(self, slot: Slot) -> None:
        """See `Slot.leave`."""
        if not self._is_limited:
            slot.granted = False
            return
        if not slot.granted and slot.session not in self._waiting:
            return
        self._queue.leave(slot.account, slot.session)
        self._waiting.pop(slot.session, None)
        slot.granted, slot.place, slot.told = False, None, 0.0
        self._grant()
        if self._waiting:
            since = asyncio.get_running_loop().time() - self._told
            self._tell_in(max(_FIRST, _AGAIN - since))

    def _grant(self, asking: Slot | None = None) -> None:
        while (session := self._queue.grant()) is not None:
            slot = self._waiting.pop(session)
            slot.granted, slot.place = True, None
            if slot is not asking:
                slot.changed()

    def _tell_in(self, seconds: float) -> None:
        """Tell the places in so many seconds at the latest."""
        loop = asyncio.get_running_loop()
        if self._telling is not None:
            if self._telling.when() <= loop.time() + seconds:
                return
            self._telling.cancel()
        self._telling = loop.call_later(seconds, self._tell)

    def _tell(self) -> None:
        """Tell each session its place if it has changed, unless it was told one just now."""
        self._telling = None
        self._told = now = asyncio.get_running_loop().time()
        later = []
        for place, session in enumerate(self._queue.order(), 1):
            slot = self._waiting[session]
            if place == slot.place:
                continue
            if slot.place is None or now >= slot.told + _AGAIN:
                slot.place, slot.told = place, now
                slot.changed()
            else:
                later.append(slot.told + _AGAIN - now)
        if later:
            self._tell_in(max(_FIRST, min(later)))
