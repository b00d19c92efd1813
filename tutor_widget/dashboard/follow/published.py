"""The figures of the class: fed by the follower's reads, and published in the store.

When a lesson's file has changed, they are worked out anew from the conversations. What was
published stands, as it does after a restart.

What is published is written by compare and set: of two dashboards one writes, and the other takes
over what stands then. A store that is away keeps the writes, and nothing is written twice.
"""

from __future__ import annotations

import asyncio
import time
from asyncio import Future
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from tutor_widget.dashboard.figures import ClassFigures
from tutor_widget.server.logs import log
from tutor_widget.server.store import Entry, Erased, Head, Listed, Publication, SessionKey, Store
from tutor_widget.server.tutors.lesson.steps import Lesson
from tutor_widget.server.tutors.watched import Watched

from .topics import FIGURES

__all__ = ["FiguresReader", "open_figures"]

Lessons = Watched[dict[str, Lesson]]
_PAGE: Final = 200
"""Entries of one read."""
_PATIENCE: Final = 4.0
"""Seconds for which a publication is awaited. It may come later."""
_FULL: Final = "it has changed too often to be compared with what was published, and stays as it is"
_RACES: Final = 3
"""How often what stands after a lost race is judged anew at once."""


async def open_figures(store: Store, lessons: Lessons) -> FiguresReader:
    """Figures that know what was published before. Raises StoreError."""
    return FiguresReader(store, lessons, await _figures(store, await lessons.current()))


async def _figures(store: Store, lessons: Mapping[str, Lesson]) -> ClassFigures:
    figures = ClassFigures(await store.secret(), lessons)
    for cell, published in (await store.publications()).items():
        figures.stands(cell, published.number, published.data)
    return figures


class FiguresReader:
    """A `Reader` of the class's figures, which also writes what is to be published."""

    def __init__(self, store: Store, lessons: Lessons, figures: ClassFigures) -> None:
        self.figures = figures
        """Those of the lessons that are in force: other ones after a lesson has changed."""
        self.fault = ""
        """Why what the lessons' files hold now is not in force; "" if it is."""
        self._lessons = lessons
        self._store = store
        self._writes: dict[str, Future[Publication]] = {}
        """Publications under way, by their cells."""
        self._told_full: set[tuple[str, int]] = set()

    def read(self, listed: Listed, head: Head, entries: Sequence[Entry]) -> Iterable[str]:
        """See `Reader.read`. What is shown changes by `publish` alone."""
        self.figures.take(listed, head, entries)
        return ()

    def forget(self, key: SessionKey) -> Iterable[str]:
        """See `Reader.forget`."""
        self.figures.erase(key)
        return ()

    async def publish(self) -> Iterable[str]:
        """Publish what is due, once everything that has changed was read. Raises StoreError."""
        changed = await self._look_at_lessons()
        self.figures.pass_time(_now())
        for _ in range(_RACES):
            self._write_due()
            if not self._writes:
                break
            await asyncio.wait(self._writes.values(), timeout=_PATIENCE)
            changed |= self._settle()
        self._tell_full()
        return (FIGURES,) if changed else ()

    @property
    def is_late(self) -> bool:
        """Whether learners have left since, so that `publish` may have something to do."""
        return self.figures.is_late(_now())

    def _tell_full(self) -> None:
        for lesson, step in sorted(self.figures.full - self._told_full):
            log("figure full", level="warning", lesson=lesson, step=step, reason=_FULL)
        self._told_full |= self.figures.full

    async def _look_at_lessons(self) -> bool:
        """Take over lessons that have changed. Whether there is anything new to say of them."""
        lessons = await self._lessons.current()
        has_changed, self.fault = self.fault != self._lessons.fault, self._lessons.fault
        if lessons == self.figures.lessons:
            return has_changed
        figures = await _figures(self._store, lessons)
        for listed in self.figures.conversations():
            await self._take_all(figures, listed)
        self.figures = figures
        return True

    async def _take_all(self, figures: ClassFigures, listed: Listed) -> None:
        head = await self._store.head(listed.key)
        while not isinstance(head, Erased):
            entries = await self._store.entries(listed.key, figures.after(listed.key), _PAGE)
            if isinstance(entries, Erased):
                return
            figures.take(listed, head, entries)
            if not entries:
                return

    def _write_due(self) -> None:
        for cell, number, data in self.figures.due():
            if cell not in self._writes:
                self._writes[cell] = self._store.publish(cell, number, data)

    def _settle(self) -> bool:
        """Take over what stands now. Whether there is anything new."""
        done = {cell: write for cell, write in self._writes.items() if write.done()}
        for cell in done:
            del self._writes[cell]
        for cell, write in done.items():
            published = write.result()
            self.figures.stands(cell, published.number, published.data)
        return bool(done)


def _now() -> int:
    return int(time.time() * 1000)
