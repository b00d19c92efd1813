"""What all pages share: the store and what is known of it, who may do what, and the audit."""

from __future__ import annotations

import asyncio
import time
from asyncio import Future
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from tutor_widget.dashboard.auth import Authenticator
from tutor_widget.dashboard.figures import ClassFigures
from tutor_widget.dashboard.follow import FiguresReader, Follower
from tutor_widget.dashboard.options import Options
from tutor_widget.dashboard.roles import Teacher, may_read_conversation
from tutor_widget.server.auth import Pseudonyms
from tutor_widget.server.logs import Throttle, audit
from tutor_widget.server.store import Erased, Listed, SessionKey, Store
from tutor_widget.wire import Event

__all__ = ["Desk", "NotYet"]

T = TypeVar("T")
_PATIENCE: Final = 4.0
"""Seconds for which a page waits until something is stored. The store goes on trying."""
_LOOK: Final = 600.0
"""Seconds in which a page that is shown again, as it is when it changes, is the same look."""


_MOST_LOOKS: Final = 20_000
"""Looks that are remembered, of all teachers: more than their pages show in that time."""


class NotYet(Exception):
    """Something is not stored yet, because the database is away. The store goes on trying."""


class Desk:
    """One for each process."""

    def __init__(
        self,
        options: Options,
        store: Store,
        follower: Follower,
        figures: FiguresReader,
        authenticator: Authenticator,
        pseudonyms: Pseudonyms,
    ) -> None:
        self.options = options
        self.store = store
        self.follower = follower
        self._figures = figures
        self.authenticator = authenticator
        self.pseudonyms = pseudonyms
        self.streams: set[asyncio.Task[None]] = set()
        """The connections of open pages, which end with the process."""
        self._looks = Throttle(_LOOK, _MOST_LOOKS)

    @property
    def figures(self) -> ClassFigures:
        """The figures of the class, by the lessons that are in force."""
        return self._figures.figures

    @property
    def lessons_fault(self) -> str:
        """Why lessons that were changed are not in force; "" if they are."""
        return self._figures.fault

    @property
    def base(self) -> str:
        """The path of the dashboard, with a slash at both ends."""
        return self.options.base_url or "/"

    def may_read_all(self, teacher: Teacher, listed: Listed) -> bool:
        """Whether she may read this whole conversation."""
        return may_read_conversation(
            teacher,
            listed,
            is_readable=self.options.readable_by_teachers,
            is_told=self.follower.directory.is_told(listed.key),
        )

    def name_of(self, account: str, name: str) -> str:
        """What a learner is called in the pages. Without accounts the session's pseudonym: its id
        may be all that protects it."""
        return account or self.pseudonyms.of_session(account, name)

    def session_of(self, key: SessionKey) -> str:
        """The id of a session; "" if it does not exist any more."""
        listed = self.follower.directory.get(key)
        return "" if listed is None else listed.name

    # --- the audit --------------------------------------------------------------------------------

    def note_look(
        self, teacher: Teacher, what: str, account: str, name: str, item: str = ""
    ) -> None:
        """One line for a look at somebody's words: once for a page that stays open.

        ``item`` is the id of what is looked at, if it is not the whole conversation.
        """
        key = (teacher.name, what, account, name, item)
        if self._looks.admit(key, time.monotonic()) is not None:
            audit(what, by=teacher.name, **self._named(account, name))

    def note_list(self, teacher: Teacher, what: str, group: str) -> None:
        """One line for a look at a list of learners, of one group or (``""``) of all of hers."""
        if self._looks.admit((teacher.name, what, group, "", ""), time.monotonic()) is not None:
            audit(what, by=teacher.name, group=group)

    def note_deed(
        self, teacher: Teacher, what: str, account: str, name: str, **more: object
    ) -> None:
        """One line for something that was written into somebody's conversation."""
        audit(what, by=teacher.name, **self._named(account, name), **more)

    def _named(self, account: str, name: str) -> Mapping[str, Any]:
        return {
            "account": self.pseudonyms.of_account(account),
            "session": self.pseudonyms.of_session(account, name),
        }

    # --- the store --------------------------------------------------------------------------------

    async def written(self, key: SessionKey, write: Future[T], noted: Callable[[T], object]) -> T:
        """What a write returns, once it is durable and the pages know of it.

        ``noted`` is called with it in any case, for the audit. Raises NotYet if that takes longer.
        """
        write.add_done_callback(lambda done: _when_stored(done, noted))
        await asyncio.wait({write}, timeout=_PATIENCE)
        if not write.done():
            self.follower.note(key)
            write.add_done_callback(lambda _: self.follower.note(key))
            raise NotYet
        result = write.result()
        await self.follower.caught_up(key, _PATIENCE)
        return result

    async def answer_to(self, key: SessionKey, re: str) -> tuple[Event, Mapping[str, Any]] | None:
        """The answer to a learner's message, with its record; None if there is none."""
        found = await self.store.find(key, re)
        at = getattr(getattr(found, "event", None), "seq", None)
        while at is not None:
            entries = await self.store.entries(key, at, 100)
            if isinstance(entries, Erased) or not entries:
                return None
            for entry in entries:
                if entry.event.re == re and entry.event.role == "tutor":
                    return entry.event, entry.record
            at = entries[-1].event.seq
        return None


def _when_stored(write: Future[T], noted: Callable[[T], object]) -> None:
    if not write.cancelled() and write.exception() is None:
        noted(write.result())
