"""What all nodes share: the logs, the answers to their messages, and the leases to make them.

A plain statement of `tutor_widget.server.store.contract`: in memory, synchronous, without faults.
`store.MemoryStore` is a process's view of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Final

from simulator.nodes.memory.board import Board
from simulator.nodes.memory.logs import Commit, Logs
from simulator.nodes.memory.sessions import Lease, Session, Waiting
from tutor_widget.server.store.records import (
    Answer,
    Answered,
    Busy,
    Claim,
    Erased,
    Held,
    HeldAnswer,
    Kept,
    Message,
    Outcome,
    Publication,
    SessionKey,
    Spent,
)

__all__ = ["LEASE", "Commit", "Database"]

LEASE: Final = 10.0
"""Seconds that a lease lasts unless it is renewed."""


class Database(Logs):
    """The logs with their answers. Each method is one transaction."""

    def __init__(
        self,
        clock: Callable[[], float],
        new_epoch: Callable[[], str],
        record: Callable[[str], None] = lambda what: None,
    ) -> None:
        super().__init__(clock, new_epoch, record)
        self.on_release: Callable[[Claim, bool], None] = lambda claim, counts: None
        """Called when a claim is given back, with whether the attempt counts."""
        self.board = Board(clock)
        self.usage: Counter[tuple[str | SessionKey, str]] = Counter()
        """By account, or by session where there are no accounts, and by day."""
        self.publications: dict[str, Publication] = {}
        self.claims: dict[tuple[SessionKey, int], tuple[str, str]] = {}
        """Claims that were neither answered nor given back, by session and fence: of which message,
        and by whom."""

    def greet(self, key: SessionKey, answer: Answer) -> Answered | Erased | None:
        if (session := self.sessions.get(key)) is None:
            return Erased()
        if answer.id in session.at:
            return None
        self._add_usage(session, answer)
        return self._write_answer(session, answer)

    def append_and_claim(
        self,
        key: SessionKey,
        message: Message,
        most_bytes: int,
        behind: str | None,
        owner: str | None,
    ) -> Outcome | Erased:
        """Write the message, and claim it for ``owner``, if there is one and no other waits."""
        outcome = self.append(key, message, most_bytes, behind)
        is_written = isinstance(outcome, Kept) and outcome.fresh
        if owner is None or not is_written or len(self.sessions[key].waiting) > 1:
            return outcome
        claim = self.claim(key, owner)
        assert isinstance(outcome, Kept)
        return Kept(outcome.event, fresh=True, claim=claim if isinstance(claim, Claim) else None)

    def claim(self, key: SessionKey, owner: str) -> Claim | Busy | Held | Erased | None:
        if (session := self.sessions.get(key)) is None:
            return Erased()
        if (lease := session.lease) is not None and lease.until > self.clock():
            return Busy(lease.until - self.clock())
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
        session.lease = Lease(owner, claim, self.clock() + LEASE)
        self.record(f"{owner} claims {message_id}: {waiting.attempts}, fence {session.fence}")
        self.claims[key, session.fence] = (message_id, owner)
        self.touched[key] = None
        return claim

    def renew(self, claim: Claim) -> bool:
        session = self.sessions.get(claim.key)
        lease = session.lease if session else None
        if lease is None or lease.claim.fence != claim.fence or lease.until <= self.clock():
            return False
        lease.until = self.clock() + LEASE
        return True

    def answer(self, claim: Claim, answer: Answer) -> Answered | None:
        session = self.sessions.get(claim.key)
        if session is None or not self._may_answer(session, claim, answer):
            return None
        session.lease = None
        self.claims.pop((claim.key, claim.fence), None)
        self._add_usage(session, answer)
        return self._write_answer(session, answer)

    def hold(
        self, claim: Claim, answer: Answer, seconds: float | None, otherwise: str | None
    ) -> bool:
        session = self.sessions.get(claim.key)
        if session is None or not self._may_answer(session, claim, answer):
            return False
        waiting = session.waiting[answer.re]
        waiting.held, waiting.held_at, waiting.otherwise = answer, self._now, otherwise
        waiting.held_until = None if seconds is None else self.clock() + seconds
        self.touched[claim.key] = None
        self._add_usage(session, answer)
        session.lease = None
        self.claims.pop((claim.key, claim.fence), None)
        return True

    def held(self) -> list[HeldAnswer]:
        found = [
            _held_answer(session, re, held, waiting)
            for session in self.sessions.values()
            for re, waiting in session.waiting.items()
            if (held := waiting.held) is not None
        ]
        return sorted(found, key=lambda one: (one.at, one.key))

    def overdue(self) -> list[tuple[str, str, str]]:
        found = [
            (waiting.held_until, session.key, re)
            for session in self.sessions.values()
            for re, waiting in session.waiting.items()
            if waiting.held_until is not None and waiting.held_until <= self.clock()
        ]
        places = [(self.sessions[key], re) for _, key, re in sorted(found)]
        return [(session.account, session.name, re) for session, re in places]

    def approve(
        self, key: SessionKey, re: str, text: str | None, by: str | None
    ) -> Answered | Erased | None:
        if (session := self.sessions.get(key)) is None:
            return Erased()
        waiting = session.waiting.get(re)
        if waiting is None or (held := waiting.held) is None:
            return None
        if waiting.is_stopped:
            answer = Answer(held.id, re, "", "stopped", record=held.record)
            return self._write_answer(session, answer)
        is_over = waiting.held_until is not None and waiting.held_until <= self.clock()
        if text is None and by is None and is_over:
            text = waiting.otherwise
        text = held.text if text is None else text
        record = {**held.record, "approved": {"by": by, "edited": text != held.text}}
        answer = Answer(held.id, re, text, held.status, held.state, record)
        return self._write_answer(session, answer)

    def release(self, claim: Claim, *, counts: bool) -> None:
        session = self.sessions.get(claim.key)
        lease = session.lease if session else None
        if session is not None and lease is not None and lease.claim.fence == claim.fence:
            session.lease = None
            self.on_release(claim, counts)
            self.record(f"{lease.owner} gives {claim.message.id} back, {counts=}")
            self.claims.pop((claim.key, claim.fence), None)
            self.touched[claim.key] = None
            if not counts and (waiting := session.waiting.get(claim.message.id)) is not None:
                waiting.attempts -= 1

    def unanswered(self) -> list[tuple[str, str]]:
        return [
            (one.account, one.name)
            for one in self.sessions.values()
            if one.waiting
            and self.has_expired(one)
            and next(iter(one.waiting.values())).held is None
        ]

    def has_expired(self, session: Session) -> bool:
        """Whether nobody has the lease."""
        return session.lease is None or session.lease.until <= self.clock()

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
        event = self.write(
            session, answer.id, "tutor", answer.text, status=answer.status, re=answer.re or None
        )
        return Answered(event, session.rev)

    def publish(self, cell: str, number: int, data: str) -> Publication:
        known = self.publications.get(cell, Publication(0, ""))
        if known.number == number:
            known = self.publications[cell] = Publication(number + 1, data)
        return known

    def spent(self, key: SessionKey, day: str) -> Spent | Erased:
        if (session := self.sessions.get(key)) is None:
            return Erased()
        return Spent(self.usage[_payer(session), day], session.groups)

    def _add_usage(self, session: Session, answer: Answer) -> None:
        if (usage := answer.usage) is not None:
            self.usage[_payer(session), usage.day] += usage.prompt + usage.completion


def _held_answer(session: Session, re: str, held: Answer, waiting: Waiting) -> HeldAnswer:
    until = waiting.held_until
    return HeldAnswer(
        session.key,
        session.account,
        session.name,
        session.groups,
        re,
        session.messages[re].text,
        held.text,
        held.record,
        waiting.held_at,
        None if until is None else round(until * 1000),
    )


def _payer(session: Session) -> str | SessionKey:
    """For what usage counts: the account, or where there are none the session."""
    return session.account or session.key
