"""What all nodes share: the sessions, and each operation of the contract as one transaction.

A plain statement of `tutor_widget.server.store.contract`: in memory, synchronous, without faults.
`store.MemoryStore` is a process's view of it. Each operation may run twice (a commit whose result
was lost), so a claim comes with a token that names the call.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from tutor_widget.server.store.records import (
    Answer,
    Answered,
    Busy,
    Claim,
    Entry,
    Erased,
    Full,
    Head,
    Held,
    Kept,
    Listed,
    Message,
    Outcome,
    Report,
    SessionKey,
)
from tutor_widget.wire import Event, encode

__all__ = ["Database", "Session"]

T = TypeVar("T")
LEASE: Final = 10.0
"""Seconds that a lease lasts unless it is renewed."""
_DAY: Final = 86_400.0
_ERASED: Final = Erased()


@dataclass
class Waiting:
    """A learner's message without an answer."""

    attempts: int = 0
    is_stopped: bool = False
    held: Answer | None = None


@dataclass
class Lease:
    """``token`` names the call that took it: that call may run again and get the same claim."""

    owner: str
    token: object
    claim: Claim
    until: float


@dataclass
class Session:
    """One session's rows."""

    key: SessionKey
    account: str
    name: str
    groups: frozenset[str]
    epoch: str
    began: int
    active: int
    events: list[Event] = field(default_factory=list)
    at: dict[str, Event] = field(default_factory=dict)
    """The same events, by their ids."""
    revs: dict[str, int] = field(default_factory=dict)
    """The revision of the state that was committed with a tutor's message, or before it."""
    messages: dict[str, Message] = field(default_factory=dict)
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    reports: dict[str, Report] = field(default_factory=dict)
    states: list[dict[str, Any]] = field(default_factory=lambda: [{}])
    """By revision."""
    fence: int = 0
    lease: Lease | None = None

    @property
    def rev(self) -> int:
        return len(self.states) - 1

    @property
    def head(self) -> Head:
        held = next((id for id, one in self.waiting.items() if one.held), None)
        if held is not None and next(iter(self.waiting)) != held:
            held = None
        stopped = frozenset(id for id, one in self.waiting.items() if one.is_stopped)
        state = json.loads(json.dumps(self.states[-1]))
        waiting = tuple(self.waiting)
        seq = len(self.events)
        return Head(self.key, self.epoch, seq, state, self.rev, waiting, stopped, held)

    @property
    def size(self) -> int:
        """Bytes of its texts and contexts."""
        contexts = (one.context for one in self.messages.values() if one.context)
        texts = sum(len(event.text.encode()) for event in self.events)
        return texts + sum(len(_json(context)) for context in contexts)

    def find(self, message_id: str, text: str | None) -> Outcome | None:
        if (event := self.at.get(message_id)) is not None:
            return "conflict" if text not in (None, event.text) else Kept(event, fresh=False)
        return "withdrawn" if message_id in self.withdrawn else None


class Database:
    """All sessions. ``clock`` returns Unix time in seconds, ``new_epoch`` an unused string.

    ``listeners`` are called after each change of a session, with its key and its store's owner.
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
        self.usage: Counter[tuple[str, str]] = Counter()
        self.marks: dict[tuple[str, str], float] = {}
        """Names that were erased, and when each mark ends."""
        self.listeners: list[Callable[[SessionKey, str], None]] = []
        self.on_commit: Callable[[Session, Event], None] = lambda session, event: None
        self.claims: dict[tuple[SessionKey, int], tuple[str, str]] = {}
        """Claims that were neither answered nor given back, by session and fence: of which message,
        and by whom."""
        self._clock = clock
        self._new_epoch = new_epoch
        self._record = record
        self._keys = itertools.count(1)
        self._changed: dict[SessionKey, None] = {}
        """Sessions whose log, state, waiting messages or lease the present write has changed."""

    @property
    def _now(self) -> int:
        return round(self._clock() * 1000)

    def commit(self, write: Callable[[], T], owner: str) -> T:
        """Run a write of this store, and tell the others which sessions it has changed."""
        result = write()
        changed, self._changed = self._changed, {}
        for key in changed:
            for listener in self.listeners:
                listener(key, owner)
        return result

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

    # --- sessions ---------------------------------------------------------------------------------

    def find_session(self, account: str, name: str) -> Head | Erased | None:
        if self.marks.get((account, name), 0.0) > self._clock():
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
        key = next(self._keys)
        session = Session(key, account, name, groups, self._new_epoch(), self._now, self._now)
        self.sessions[key] = session
        self._changed[key] = None
        return session.head

    def head(self, key: SessionKey) -> Head | Erased:
        session = self.sessions.get(key)
        return session.head if session else _ERASED

    # --- the learner's messages -------------------------------------------------------------------

    def append(self, key: SessionKey, message: Message, most_bytes: int) -> Outcome | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (known := session.find(message.id, message.text)) is not None:
            return known
        context = _json(message.context) if message.context else b""
        size = self._stored(session.account) + len(message.text.encode()) + len(context)
        if most_bytes and size > most_bytes:
            return "full"
        session.messages[message.id] = message
        session.waiting[message.id] = Waiting()
        return Kept(self._write(session, message.id, "learner", message.text), fresh=True)

    def withdraw(self, key: SessionKey, message_id: str) -> Outcome | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (known := session.find(message_id, None)) is None:
            session.withdrawn.add(message_id)
            self._changed[key] = None
        return known or "withdrawn"

    def stop(self, key: SessionKey, message_id: str) -> bool | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (waiting := session.waiting.get(message_id)) is None:
            return False
        waiting.is_stopped = True
        self._changed[key] = None
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
            found.append(Entry(event, context, session.records.get(event.id, {})))
        return found

    # --- answers ----------------------------------------------------------------------------------

    def greet(self, key: SessionKey, answer: Answer) -> Answered | Erased | None:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if answer.id in session.at:
            return None
        self._add_usage(session, answer)
        return self._write_answer(session, answer)

    def claim(
        self, key: SessionKey, owner: str, token: object
    ) -> Claim | Busy | Held | Erased | None:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (lease := session.lease) is not None and lease.until > self._clock():
            if lease.token is token:
                return lease.claim
            if lease.owner != owner:
                return Busy(lease.until - self._clock())
        if not session.waiting:
            return None
        message_id, waiting = next(iter(session.waiting.items()))
        if waiting.held is not None:
            return Held(message_id)
        session.fence += 1
        waiting.attempts += 1
        claim = Claim(
            key,
            session.fence,
            session.messages[message_id],
            session.at[message_id],
            waiting.attempts,
            waiting.is_stopped,
            session.head.state,
            session.rev,
        )
        session.lease = Lease(owner, token, claim, self._clock() + LEASE)
        self._record(f"{owner} claims {message_id}: {waiting.attempts}, fence {session.fence}")
        self.claims[key, session.fence] = (message_id, owner)
        self._changed[key] = None
        return claim

    def renew(self, claim: Claim) -> bool:
        session = self.sessions.get(claim.key)
        lease = session.lease if session else None
        if lease is None or lease.claim.fence != claim.fence or lease.until <= self._clock():
            return False
        lease.until = self._clock() + LEASE
        return True

    def answer(self, claim: Claim, answer: Answer) -> Answered | None:
        session = self.sessions.get(claim.key)
        if session is None or not self._may_answer(session, claim, answer):
            return None
        session.lease = None
        self.claims.pop((claim.key, claim.fence), None)
        self._add_usage(session, answer)
        return self._write_answer(session, answer)

    def hold(self, claim: Claim, answer: Answer) -> bool:
        session = self.sessions.get(claim.key)
        if session is None or not self._may_answer(session, claim, answer):
            return False
        session.waiting[answer.re].held = answer
        self._changed[claim.key] = None
        self._add_usage(session, answer)
        session.lease = None
        self.claims.pop((claim.key, claim.fence), None)
        return True

    def approve(self, key: SessionKey, re: str, text: str | None) -> Answered | Erased | None:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        waiting = session.waiting.get(re)
        if waiting is None or (held := waiting.held) is None:
            return None
        text = held.text if text is None else text
        if waiting.is_stopped:
            answer = Answer(held.id, re, "", "stopped", record=held.record)
        else:
            answer = Answer(held.id, re, text, held.status, held.state, held.record)
        return self._write_answer(session, answer)

    def release(self, claim: Claim, *, counts: bool) -> None:
        session = self.sessions.get(claim.key)
        if session is None or (lease := session.lease) is None:
            return
        if lease.claim.fence == claim.fence:
            session.lease = None
            self._record(f"{lease.owner} gives {claim.message.id} back, {counts=}")
            self.claims.pop((claim.key, claim.fence), None)
            self._changed[claim.key] = None
            if not counts and (waiting := session.waiting.get(claim.message.id)) is not None:
                waiting.attempts -= 1

    def unanswered(self) -> list[tuple[str, str]]:
        now = self._clock()
        return [
            (one.account, one.name)
            for one in self.sessions.values()
            if one.waiting
            and (one.lease is None or one.lease.until <= now)
            and next(iter(one.waiting.values())).held is None
        ]

    def _may_answer(self, session: Session, claim: Claim, answer: Answer) -> bool:
        assert answer.re == claim.message.id, "an answer under another message's claim"
        waiting = session.waiting.get(answer.re)
        return claim.fence == session.fence and waiting is not None and waiting.held is None

    def _write_answer(self, session: Session, answer: Answer) -> Answered:
        if answer.state is not None:
            session.states.append(json.loads(json.dumps(answer.state)))
        session.waiting.pop(answer.re, None)
        session.records[answer.id] = answer.record
        session.revs[answer.id] = session.rev
        event = self._write(
            session, answer.id, "tutor", answer.text, status=answer.status, re=answer.re or None
        )
        return Answered(event, session.rev)

    def _add_usage(self, session: Session, answer: Answer) -> None:
        if (usage := answer.usage) is not None:
            self.usage[session.account, usage.day] += usage.prompt + usage.completion

    # --- people -----------------------------------------------------------------------------------

    def report(self, key: SessionKey, event_id: str, reason: str | None) -> bool | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        event = session.at.get(event_id)
        if event is None or event.role != "tutor":
            return False
        session.reports[event_id] = Report(key, event_id, reason, self._now)
        return True

    def reports(self, since: int, limit: int) -> list[Report]:
        found = [one for session in self.sessions.values() for one in session.reports.values()]
        return sorted((one for one in found if one.at >= since), key=lambda one: one.at)[:limit]

    def notice(self, key: SessionKey, notice_id: str, by: str, text: str) -> Kept | Erased:
        if (session := self.sessions.get(key)) is None:
            return _ERASED
        if (event := session.at.get(notice_id)) is not None:
            return Kept(event, fresh=False)
        return Kept(self._write(session, notice_id, "notice", text, by=by), fresh=True)

    def erase(self, key: SessionKey, days: float) -> None:
        if (session := self.sessions.pop(key, None)) is None:
            return
        self._record(f"erases {session.account}/{session.name}")
        self.erased[session.epoch] = session
        self._changed[key] = None
        if days > 0:
            self.marks[session.account, session.name] = self._clock() + days * _DAY

    def expire(self, before: int, spare: Collection[SessionKey]) -> int:
        old = [key for key, one in self.sessions.items() if one.active < before]
        old = [key for key in old if key not in spare]
        for key in old:
            self.erase(key, 0)
        return len(old)

    def expire_contexts(self, before: int) -> int:
        count = 0
        for session in self.sessions.values():
            for id, message in session.messages.items():
                is_old = id not in session.waiting and session.at[id].at < before
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

    def _write(self, session: Session, id: str, role: Any, text: str, **more: Any) -> Event:
        more.setdefault("status", "complete")
        seq = len(session.events) + 1
        event = Event(seq=seq, id=id, role=role, text=text, at=self._now, **more)
        session.events.append(event)
        session.at[id] = event
        session.active = self._now
        self._changed[session.key] = None
        self.on_commit(session, event)
        return event


def _json(context: dict[str, Any]) -> bytes:
    return json.dumps(context, ensure_ascii=False, separators=(",", ":")).encode()


def _within(events: Iterable[Event], size: int) -> Iterator[Event]:
    """The events up to the one with which they exceed so many bytes of JSON."""
    for event in events:
        yield event
        size -= len(encode(event).encode()) + 1
        if size <= 0:
            return
