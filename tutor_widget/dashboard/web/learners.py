"""Whose conversations there are; one of them, and a teacher's notices into it.

There is none of these pages unless the operator has said that teachers read conversations.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from tornado.web import HTTPError

from tutor_widget.dashboard.follow import topics
from tutor_widget.dashboard.roles import groups_of, may_read, may_write, readable
from tutor_widget.server.store import Entry, Erased, Listed

from .notices import LONGEST, NoticePage, new_id
from .page import Note, Page

__all__ = ["Conversation", "Learners"]

_ROWS: Final = 100
_EVENTS: Final = 50
"""Rows, and events, of one page."""
_READ_AT_ONCE: Final = 500
"""Events that a search has in memory at the same time, at most."""


class _Readable(Page):
    tab = "learners"

    async def prepare(self) -> None:
        await super().prepare()
        if not self.desk.options.readable_by_teachers:
            raise HTTPError(404)


class Learners(_Readable):
    """The list, newest first, with a search for a name and a group."""

    topics = (topics.LEARNERS,)

    def get(self) -> None:
        search = self.get_query_argument("q", "")[:200]
        group = self.get_query_argument("group", "")[:255]
        directory = self.desk.follower.directory
        groups = groups_of(self.teacher, directory.groups())
        is_unknown = bool(group) and group not in groups
        found = [] if is_unknown else self._found(search.casefold(), group)
        notes = [self.note("errors.unknown_group", group=group)] if is_unknown else []
        if not is_unknown:
            self.desk.note_list(self.teacher, "learners listed", group)
        self.show(
            "learners",
            404 if is_unknown else 200,
            rows=found[:_ROWS],
            number=len(found),
            search=search,
            group=group,
            groups=groups,
            is_told=directory.is_told,
            place_of=self.desk.figures.place,
            notes=notes,
        )

    def _found(self, search: str, group: str) -> list[Listed]:
        mine = readable(self.teacher, self.desk.follower.directory)
        found = [
            listed
            for listed in mine
            if (not group or group in listed.groups)
            and search in self.desk.name_of(listed.account, listed.name).casefold()
        ]
        return sorted(found, key=lambda listed: -listed.active)


class Conversation(_Readable, NoticePage):
    """One conversation, its newest events or those with some words, and the form for a notice."""

    async def get(self, key: str) -> None:
        await self._show(self._listed(int(key)))

    async def post(self, key: str) -> None:
        listed = self._listed(int(key))
        if not may_write(self.teacher, listed):
            raise HTTPError(403, reason="read_only")
        self._to = listed
        place = listed.account, listed.name
        if (kept := await self.write_notice(listed.key, place, "notice written")) is not None:
            said = "sent" if kept.fresh else "sent_before"
            self.redirect(f"{self.desk.base}learners/{listed.key}?said={said}", status=303)

    async def show_form(self, status: int, note: Note, **form: str) -> None:
        await self._show(self._to, status, [note], **form)

    def _listed(self, key: int) -> Listed:
        listed = self.desk.follower.directory.get(key)
        if listed is None or not may_read(self.teacher, listed):
            # Nobody learns from the answer whether there is such a conversation.
            raise HTTPError(404, reason="no_conversation")
        if not self.desk.may_read_all(self.teacher, listed):
            raise HTTPError(403, reason="not_told")
        self.place = topics.of(key)
        self.topics = (self.place,)
        return listed

    async def _show(
        self, listed: Listed, status: int = 200, notes: Sequence[Note] = (), **form: str
    ) -> None:
        before, search = self.get_query_argument("before", ""), self._search()
        end = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
        number = 0
        if search:
            entries, number = await self._found(listed, search)
        else:
            entries = await self._entries(listed, end)
        self.desk.note_look(self.teacher, "conversation read", listed.account, listed.name)
        self.show(
            "conversation",
            status,
            listed=listed,
            reported="",
            entries=entries,
            search=search,
            number=number,
            most=_EVENTS,
            earlier=entries[0].event.seq if not search and _has_earlier(entries) else None,
            is_end=end is None and not search,
            notes=notes,
            form={"id": new_id(), "text": ""} | form,
            may_write=may_write(self.teacher, listed),
            is_held=any(one.key == listed.key for one in self.desk.follower.held),
            longest=LONGEST,
        )

    def _search(self) -> str:
        return self.get_query_argument("q", "")[:200] if self.request.method == "GET" else ""

    async def _found(self, listed: Listed, search: str) -> tuple[Sequence[Entry], int]:
        """The newest events that have these words, and how many there are in all."""
        newest: deque[Entry] = deque(maxlen=_EVENTS)
        number, after = 0, 0
        while entries := await self.desk.store.entries(listed.key, after, _READ_AT_ONCE):
            if isinstance(entries, Erased):
                raise HTTPError(410, reason="erased")
            found = [one for one in entries if search.casefold() in one.event.text.casefold()]
            newest.extend(found)
            number += len(found)
            after = entries[-1].event.seq
        return [*newest], number

    async def _entries(self, listed: Listed, end: int | None) -> Sequence[Entry]:
        """A page of events: the last, or those before ``end``."""
        store = self.desk.store
        if end is None:
            head = await store.head(listed.key)
            if isinstance(head, Erased):
                raise HTTPError(410, reason="erased")
            end = head.seq + 1
        first = max(0, end - 1 - _EVENTS)
        entries = await store.entries(listed.key, first, max(0, end - 1 - first))
        if isinstance(entries, Erased):
            raise HTTPError(410, reason="erased")
        return entries


def _has_earlier(entries: Sequence[Entry]) -> bool:
    return bool(entries) and entries[0].event.seq > 1
