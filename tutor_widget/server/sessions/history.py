"""The conversation as a tutor reads it, and what is known of its learner.

A store that cannot be read is not the tutor's fault: a read waits and is tried again, and
`History.failed` says afterwards that a tutor may have failed because of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

from tutor_widget.server.logs import log, where
from tutor_widget.server.store import Erased, SessionKey, Spent, Store, StoreError
from tutor_widget.wire import Event

__all__ = ["History", "as_dialogue", "retry_delays"]

_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 5.0
_END: Final = 1 << 53
"""Above every ``seq`` (protocol.md §1)."""
_READ_SIZE: Final = 8 << 20
"""Bytes of events in one read."""
_MARGIN: Final = 64
"""Events read beyond the limit: in the log, an answer may stand far behind its question."""

_Read = TypeVar("_Read")


class History:
    """Reads one session's newest events, usage and open reports, for one reply.

    ``tag`` names the session in the log.
    """

    def __init__(self, store: Store, key: SessionKey, tag: str) -> None:
        self._store = store
        self._key = key
        self._tag = tag
        self.failed = False
        """Whether the last read failed."""

    async def before(self, seq: int, limit: int) -> Sequence[Event]:
        """The newest ``limit`` events of the dialogue before ``seq``, oldest first.

        Waits while the store cannot be read, as writes do.
        """
        if limit <= 0:
            return []
        newest = await self._when_readable(lambda: self._newest(limit + _MARGIN))
        return as_dialogue(newest, seq)[-limit:]

    async def spent(self) -> Spent:
        """What the session's account has used on this UTC day. Waits as `before` does."""
        day = datetime.now(UTC).date().isoformat()
        spent = await self._when_readable(lambda: self._store.spent(self._key, day))
        return Spent() if isinstance(spent, Erased) else spent

    async def reported(self) -> bool:
        """Whether a report of the session is open. Waits as `before` does."""
        return await self._when_readable(lambda: self._store.has_open_report(self._key))

    async def is_readable(self) -> bool:
        """Whether the store can be read now."""
        return await self._read(lambda: self._newest(1)) is not None

    async def _newest(self, limit: int) -> Sequence[Event]:
        events = await self._store.read_before(self._key, _END, limit, _READ_SIZE)
        return () if isinstance(events, Erased) else events

    async def _when_readable(self, reading: Callable[[], Awaitable[_Read]]) -> _Read:
        delays = retry_delays()
        while (read := await self._read(reading)) is None:  # noqa: ASYNC110  # no event
            await asyncio.sleep(next(delays))
        return read

    async def _read(self, reading: Callable[[], Awaitable[_Read]]) -> _Read | None:
        """Returns what was read, or None if the store cannot be read now."""
        try:
            read = await reading()
        except (StoreError, OSError) as error:
            if not self.failed:
                log("history unreadable", level="error", session=self._tag, **where(error))
            self.failed = True
            return None
        self.failed = False
        return read


def as_dialogue(events: Sequence[Event], before: int) -> list[Event]:
    """The events before the message with the ``seq`` ``before``, each answer after its question."""
    answers = {event.re: event for event in events if event.re is not None}
    dialogue: list[Event] = []
    shown = {event.id for event in events if event.seq < before}
    for event in events:
        if event.seq >= before or event.re in shown:
            continue
        dialogue.append(event)
        if (answer := answers.get(event.id)) is not None:
            dialogue.append(answer)
    return dialogue


def retry_delays() -> Iterator[float]:
    """Seconds to wait between reads that fail, without end: doubled up to the longest."""
    delay = _FIRST_DELAY
    while True:
        yield delay
        delay = min(2 * delay, _LONGEST_DELAY)
