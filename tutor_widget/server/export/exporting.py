"""Reads conversations from a store, page by page, and yields them in a form."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final, Protocol

from tutor_widget.server.store import Entry, Erased, Head, Listed, Store

__all__ = ["PAGE", "Export", "Form", "Selection"]

PAGE: Final = 100
"""Events that are in memory at the same time, at most."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which conversations: those that meet all that is given. They are exported whole.

    ``since``: something was written to it at that time (Unix ms) or later.
    """

    account: str | None = None
    group: str | None = None
    since: int = 0


class Form(Protocol):
    """How an export is written, in UTF-8."""

    def session(self, session: Listed, head: Head) -> bytes:
        """The beginning of a conversation."""

    def entry(self, session: Listed, entry: Entry) -> bytes:
        """An event of it."""

    def end(self) -> bytes:
        """What stands behind all conversations."""


class Export:
    """One export of a store. It counts what it has yielded."""

    def __init__(self, store: Store, form: Form) -> None:
        self.sessions = 0
        self.events = 0
        self._store = store
        self._form = form

    async def pieces(self, selection: Selection) -> AsyncGenerator[bytes, None]:
        """The selected conversations, oldest first, in pieces of one event each; some are empty.

        What is erased meanwhile is left out from there on. Raises StoreError.
        """
        wanted = selection.account, selection.group, selection.since
        async for session in self._store.list_sessions(*wanted):
            head = await self._store.head(session.key)
            if isinstance(head, Erased):
                continue
            self.sessions += 1
            yield self._form.session(session, head)
            async for entry in self._entries(session):
                self.events += 1
                yield self._form.entry(session, entry)
        if self.sessions and (end := self._form.end()):
            yield end

    async def _entries(self, session: Listed) -> AsyncIterator[Entry]:
        after = 0
        while True:
            entries = await self._store.entries(session.key, after, PAGE)
            if isinstance(entries, Erased) or not entries:
                return
            for entry in entries:
                yield entry
            after = entries[-1].event.seq
