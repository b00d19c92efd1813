"""The sessions of the shared database and their logs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from simulator.nodes.memory.sessions import Session, Waiting
from tutor_widget.server.store.records import (
    Entry,
    Erased,
    Full,
    Head,
    Kept,
    Listed,
    Message,
    Outcome,
    Report,
    ReportState,
    SessionKey,
)
from tutor_widget.wire import Event, encode

__all__ = ["Commit", "Logs"]

_DAY: Final = 86_400.0
_ERASED: Final = Erased()


class Commit(NamedTuple):
    """A transaction of the store ``owner`` that has changed these sessions."""

    number: int
    owner: str
    keys: frozenset[SessionKey]


class Logs:
    """The sessions. ``clock`` returns Unix time in seconds, ``new_epoch`` an unused string.

    ``listeners`` are called with each commit that has changed a session.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        new_epoch: Callable[[], str],
        record: Callable[[str], None] = lambda what: None,
    ) -> None:
        self.sessions: dict[SessionKey, Session] = {}
        self.erased: dict[str, Session] = {}
        """Sessions that are gone, by their epochs: for the checks."""
        self.marks: dict[tuple[str, str], float] = {}
        """Names that were erased, and when each mark ends."""
        self.commits: list[Commit] = []
        """Those that have changed a session, by their numbers."""
        self.listeners: list[Callable[[Commit], None]] = []
        self.on_commit: Callable[[Session, Event], None] = lambda session, event: None
        self.clock = clock
        self._new_epoch = new_epoch
        self.record = record
        self._keys = itertools.count(1)
        self._owners = itertools.count(1)
        self.touched: dict[SessionKey, None] = {}
        """Sessions whose log, state, waiting messages or lease the present write has changed."""

    @property
    def _now(self) -> int:
        return round(self.clock() * 1000)

    def commit(self, writes: Sequence[Callable[[], Any]], owner: str) -> tuple[list[Any], bool]:
        """Run these writes of a store at once, and tell the others which sessions have changed.

        Returns their results, and whether anything has changed.
        """
        results = [write() for write in writes]
        changed, self.touched = self.touched, {}
        if changed:
            commit = Commit(len(self.commits), owner, frozenset(changed))
            self.commits.append(commit)
            for listener in self.listeners:
                listener(commit)
        return results, bool(changed)

    def named(self, account: str, name: str) -> Session | None:
        for session in self.sessions.values():
            if (session.account, session.name) == (account, name):
                return session
        return None

    def of_epoch(self, epoch: str) -> Session | None:
        """The session with this log, also if it was erased."""
        for session in self.sessions.values():
            if session.epoch == epoch:
                return session
        return self.erased.get(epoch)

    def new_owner(self) -> str:
        """A name for one more store."""
        return f"store-{next(self._owners)}"

    def count_events(self) -> int:
        """Events that were ever written."""
        return sum(len(one.events) for one in (*self.sessions.values(), *self.erased.values()))

    # --- sessions ---------------------------------------------------------------------------------

    def find_session(self, account: str, name: str) -> Head | Erased | None:
        if self.marks.get((account, name), 0.0) > self.clock():
            return _ERASED
        session = self.named(account, name)
        return session.head if session else None

    def create_session(
        self, account: str, name: str, groups: frozenset[str], most: int
    ) -> Head | Erased | Full:
        if (known := self.find_session(account, name)) is not None:
            return known
        count = sum(session.account == account for session in self.sessions.values())
        if most and count >= most:
            return Full()
        key, now = next(self._keys), self._now
        session = Session(key, account, name, groups, self._new_epoch(), now, now)
        self.sessions[key] = session
        self.touched[key] = None
        return session.head

    def head(self, key: SessionKey) -> Head | Erased:
        session = self.sessions.get(key)
        return session.head if session else _ERASED

    # --- the learner's messages -------------------------------------------------------------------

    def append(
        self, key: SessionKey, message: Message, most_bytes: int, behind: str | None
    ) -> Outcome | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (known := session.find(message.id, message.text)) is not None:
            return known
        if most_bytes and self._stored(session.account) >= most_bytes:
            return "full"
        if behind is not None and session.find(behind, None) is None:
            return "full"
        session.messages[message.id] = message
        session.waiting[message.id] = Waiting()
        return Kept(self.write(session, message.id, "learner", message.text), fresh=True)

    def withdraw(self, key: SessionKey, message_id: str) -> Outcome | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (known := session.find(message_id, None)) is None:
            session.withdrawn.add(message_id)
            self.touched[key] = None
        return known or "withdrawn"

    def stop(self, key: SessionKey, message_id: str) -> bool | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (waiting := session.waiting.get(message_id)) is None:
            return False
        waiting.is_stopped = True
        self.touched[key] = None
        return True

    def find(self, key: SessionKey, message_id: str, text: str | None) -> Outcome | Erased | None:
        session = self.sessions.get(key)
        return session.find(message_id, text) if session else _ERASED

    # --- reading ----------------------------------------------------------------------------------

    def read(self, key: SessionKey, after: int, limit: int, size: int) -> list[Event] | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        return list(_within(session.events[max(0, after) :][:limit], size))

    def read_before(
        self, key: SessionKey, before: int, limit: int, size: int
    ) -> list[Event] | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        newest_first = session.events[: max(0, before - 1)][::-1][:limit]
        return list(_within(newest_first, size))[::-1]

    def entries(self, key: SessionKey, after: int, limit: int) -> list[Entry] | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        found = []
        for event in session.events[max(0, after) :][:limit]:
            message = session.messages.get(event.id)
            context = message.context if message else {}
            record, report = session.records.get(event.id, {}), session.reports.get(event.id)
            found.append(Entry(event, context, record, report))
        return found

    # --- people -----------------------------------------------------------------------------------

    def report(
        self, key: SessionKey, event_id: str, reason: str | None, shared: bool
    ) -> bool | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        event = session.at.get(event_id)
        if event is None or event.role != "tutor":
            return False
        owner = session.account, session.groups
        report = Report(key, event_id, reason, self._now, "open", shared, *owner)
        session.reports[event_id] = report
        self.touched[key] = None
        return True

    def settle_report(self, key: SessionKey, event_id: str, state: ReportState) -> bool | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (report := session.reports.get(event_id)) is None:
            return False
        session.reports[event_id] = replace(report, state=state)
        self.touched[key] = None
        return True

    def reports(self, since: int, limit: int) -> list[Report]:
        found = [one for session in self.sessions.values() for one in session.reports.values()]
        return sorted((one for one in found if one.at >= since), key=lambda one: one.at)[:limit]

    def notice(
        self, key: SessionKey, notice_id: str, by: str | None, text: str, answers: str | None
    ) -> Kept | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (event := session.at.get(notice_id)) is not None:
            return Kept(event, fresh=False)
        if answers is not None:
            self.settle_report(key, answers, "answered")
        return Kept(self.write(session, notice_id, "notice", text, by=by), fresh=True)

    def erase(self, key: SessionKey, days: float) -> None:
        if (session := self.sessions.pop(key, None)) is None:
            return
        self.record(f"erases {session.account}/{session.name}")
        self.erased[session.epoch] = session
        self.touched[key] = None
        if days > 0:
            self.marks[session.account, session.name] = self.clock() + days * _DAY

    def expire(self, idle: float, spare: Collection[SessionKey]) -> int:
        before = self._now - round(idle * 1000)
        old = [key for key, one in self.sessions.items() if one.active <= before]
        old = [key for key in old if key not in spare]
        for key in old:
            self.erase(key, 0)
        return len(old)

    def expire_contexts(self, age: float) -> int:
        before = self._now - round(age * 1000)
        count = 0
        for session in self.sessions.values():
            for id, message in session.messages.items():
                is_old = id not in session.waiting and session.at[id].at <= before
                if is_old and message.context:
                    session.messages[id] = Message(
                        id, message.text, rev=message.rev, lang=message.lang
                    )
                    count += 1
        return count

    def list_sessions(self, account: str | None, group: str | None, since: int) -> list[Listed]:
        return [
            Listed(one.key, one.account, one.name, one.groups, one.began, one.active)
            for one in self.sessions.values()
            if account in (None, one.account)
            and (group is None or group in one.groups)
            and one.active >= since
        ]

    # --- writing ----------------------------------------------------------------------------------

    def _stored(self, account: str) -> int:
        return sum(one.size for one in self.sessions.values() if one.account == account)

    def write(self, session: Session, id: str, role: Any, text: str, **more: Any) -> Event:
        more.setdefault("status", "complete")
        seq = len(session.events) + 1
        event = Event(seq=seq, id=id, role=role, text=text, at=self._now, **more)
        session.events.append(event)
        session.at[id] = event
        session.active = self._now
        self.touched[session.key] = None
        self.on_commit(session, event)
        return event


def _within(events: Iterable[Event], size: int) -> Iterator[Event]:
    """The events up to the one with which they exceed so many bytes of JSON."""
    for event in events:
        yield event
        size -= len(encode(event).encode()) + 1
        if size <= 0:
            return
