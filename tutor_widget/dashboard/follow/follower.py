"""Reads the store once for all pages: everything at the start, then what has changed.

What it costs does not depend on how many pages are open. A change costs two reads for each
conversation that changed, one for the list of what is held, and one for the reports since the
oldest of these conversations; changes that come together are read together. A cell of figures that
is published anew costs one write.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Final

from tutor_widget.server.logs import Outage, log, where
from tutor_widget.server.store import (
    ALL,
    All,
    Entry,
    Erased,
    Head,
    HeldAnswer,
    Listed,
    Report,
    SessionKey,
    Store,
    StoreError,
)

from .budgets import Budgets
from .directory import Directory
from .published import FiguresReader
from .readers import Reader
from .reports import MARGIN, Reports
from .topics import AWAY, HELD, REPORTS, Topics, of
from .waiting import Waits

__all__ = ["Follower"]

_PAGE: Final = 200
"""Entries of one read."""
_GATHER: Final = 0.2
"""Seconds in which changes are gathered, so that a busy class costs no more reads."""
_AGAIN: Final = 1.0
"""Seconds until a store that is away is asked again."""
_PROBE: Final = 5.0
"""Seconds after which a quiet store is asked whether it is there, while somebody looks."""


class Follower:
    """Follows a store, and publishes the figures of the class.

    `start` reads all there is, `run` what changes, until it is cancelled.
    """

    def __init__(
        self, store: Store, readers: Sequence[Reader] = (), figures: FiguresReader | None = None
    ) -> None:
        self.directory = Directory()
        self.waits = Waits()
        self.budgets = Budgets()
        self.topics = Topics()
        self.held: tuple[HeldAnswer, ...] = ()
        """Answers that wait for a person, oldest first."""
        self.is_away = False
        """Whether the store cannot be read now: what is known may be old."""
        self._store = store
        self._readers: tuple[Reader, ...] = (
            self.directory,
            self.waits,
            self.budgets,
            *readers,
            *((figures,) if figures else ()),
        )
        self._figures = figures
        self._reports = Reports(store)
        self._gone: set[SessionKey] = set()
        """Conversations that are erased. Their keys are never used again."""
        self._read_to: dict[SessionKey, int] = {}
        self._changed: set[SessionKey] = set()
        """What was not read yet, and what is being read."""
        self._reading: frozenset[SessionKey] = frozenset()
        self._all_changed = False
        self._event = asyncio.Event()
        self._outage = Outage()
        self._asked_at = -_PROBE
        self._refreshed = asyncio.Condition()

    @property
    def reports(self) -> tuple[Report, ...]:
        """Reports of the last months, and all that are open, oldest first."""
        return self._reports.listed

    async def start(self) -> None:
        """Read everything. Raises StoreError."""
        await self._refresh(ALL)

    async def run(self) -> None:
        """Read what others change, and what `note` names, until this task is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                await self._next_change()
                await self._refresh_or_wait()

    def note(self, key: SessionKey) -> None:
        """Something was written to this conversation here. The store tells only of others."""
        self._changed.add(key)
        self._event.set()

    def looked(self) -> None:
        """Somebody asks for a page: a store that was quiet is asked whether it is there."""
        if time.monotonic() - self._asked_at > _PROBE:
            self._event.set()

    async def caught_up(self, key: SessionKey, within: float) -> None:
        """`note`, and wait until it is read, at most ``within`` seconds."""
        self.note(key)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within), self._refreshed:
                await self._refreshed.wait_for(lambda: key not in self._changed | self._reading)

    async def _listen(self) -> None:
        async for changed in self._store.changes():
            if isinstance(changed, All):
                self._all_changed = True
            else:
                self._changed |= changed
            self._event.set()

    async def _next_change(self) -> None:
        while not self._event.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PROBE):
                    await self._event.wait()
            is_late = self._figures is not None and self._figures.is_late
            if (len(self.topics) or is_late) and not self._event.is_set():
                return
        await asyncio.sleep(_GATHER)

    async def _refresh_or_wait(self) -> None:
        self._event.clear()
        self._asked_at = time.monotonic()
        is_all, self._all_changed = self._all_changed, False
        self._reading, self._changed = frozenset(self._changed), set()
        try:
            await self._refresh(ALL if is_all else self._reading)
        except StoreError as error:
            self._outage.note(str(error))
            self._all_changed |= is_all
            self._changed |= self._reading
            self._event.set()
            self._set_away(True)
            await asyncio.sleep(_AGAIN)
            return
        self._reading = frozenset()
        self._set_away(False)
        async with self._refreshed:
            self._refreshed.notify_all()

    def _set_away(self, is_away: bool) -> None:
        if self.is_away != is_away:
            self.is_away = is_away
            self.topics.tell([AWAY])

    async def _refresh(self, changed: frozenset[SessionKey] | All) -> None:
        topics: set[str] = set()
        if isinstance(changed, All):
            keys = await self._list(0, topics)
            for gone in [listed.key for listed in self.directory if listed.key not in keys]:
                self._forget(gone, topics)
        else:
            keys = set(changed)
            await self._list_new(keys, topics)
        for key in sorted(keys):
            await self._read(key, topics)
        await self._read_lists(changed, topics)
        topics |= await self._publish()
        self.topics.tell(topics)

    async def _list_new(self, keys: set[SessionKey], topics: set[str]) -> None:
        """List the conversations that are not known yet. They are most often the newest."""
        if self._are_known(keys):
            return
        await self._list(max(0, self.directory.newest - MARGIN), topics)
        if not self._are_known(keys):
            await self._list(0, topics)

    def _are_known(self, keys: set[SessionKey]) -> bool:
        return all(self.directory.get(key) is not None or key in self._gone for key in keys)

    async def _list(self, since: int, topics: set[str]) -> set[SessionKey]:
        found = set()
        async for listed in self._store.list_sessions(since=since):
            found.add(listed.key)
            topics |= {*self.directory.learn(listed)}
        return found

    async def _read(self, key: SessionKey, topics: set[str]) -> None:
        """Read what is new in one conversation."""
        head = await self._store.head(key)
        if isinstance(head, Erased):
            self._forget(key, topics)
            return
        if (listed := self.directory.get(key)) is None:
            return
        topics.add(of(key))
        for entries in await self._new_entries(key, head):
            for reader in self._readers:
                topics |= _folded(reader, listed, head, entries)

    async def _new_entries(self, key: SessionKey, head: Head) -> Sequence[Sequence[Entry]]:
        pages: list[Sequence[Entry]] = []
        at = self._read_to.get(key, 0)
        while at < head.seq:
            entries = await self._store.entries(key, at, _PAGE)
            if isinstance(entries, Erased) or not entries:
                break
            pages.append(entries)
            at = entries[-1].event.seq
        self._read_to[key] = at
        return pages or [()]

    def _forget(self, key: SessionKey, topics: set[str]) -> None:
        topics.add(of(key))
        self._gone.add(key)
        self._read_to.pop(key, None)
        for reader in self._readers:
            topics |= {*reader.forget(key)}

    async def _publish(self) -> set[str]:
        """Publish the figures that are due. Faults of their own are logged, and stop nothing."""
        try:
            return {*await self._figures.publish()} if self._figures else set()
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  # figures must not hide who waits
            log("figures not published", level="error", **where(error, quote=False))
            return set()

    async def _read_lists(self, changed: frozenset[SessionKey] | All, topics: set[str]) -> None:
        if (held := tuple(await self._store.held())) != self.held:
            self.held = held
            topics.add(HELD)
        if await self._reports.read(changed):
            topics.add(REPORTS)


def _folded(reader: Reader, listed: Listed, head: Head, entries: Sequence[Entry]) -> set[str]:
    """The topics that a reader says have changed. Its faults are logged, and stop nothing."""
    try:
        return {*reader.read(listed, head, entries)}
    except Exception as error:  # noqa: BLE001  # one conversation must not hide all others
        log("conversation not understood", level="error", **where(error, quote=False))
        return set()
