"""Answers, and the leases under which they are made.

A claim takes the lease of a session with a new fence, and giving it back takes a new fence too. A
claim writes only if its fence is the session's: an older one, and one that has written, finds
another number and writes nothing. A lease ends when it expires, when its answer is written or held,
when it is given back, or when its owner's process has certainly ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from tutor_widget.server.store.records import (
    Answer,
    Answered,
    Busy,
    Claim,
    Erased,
    Held,
    HeldAnswer,
    Message,
    SessionKey,
    Spent,
)
from tutor_widget.server.store.rows import (
    HELD,
    HeldRow,
    Lease,
    approved,
    deadline,
    held_answer,
    is_free,
    size,
    to_json,
    to_object,
)
from tutor_widget.wire import Event

from .connections import Reads, unescape
from .known import Known
from .log import write_event
from .sessions import OWNER, to_owner
from .transaction import Session, Transaction, columns

__all__ = [
    "Finish",
    "Take",
    "approve",
    "finish_all",
    "greet",
    "held",
    "hold",
    "overdue",
    "release",
    "renew",
    "spent",
    "take_all",
    "unanswered",
]

Taken = Claim | Busy | Held | Erased | None
_OLDEST: Final = (
    "SELECT n.session, oldest.* FROM unnest($1::bigint[]) AS n (session) CROSS JOIN LATERAL"
    " (SELECT seq, id, text, at, context, shown_rev, lang, attempts, stopped, held"
    " FROM waiting AS w JOIN events USING (session, seq, id) WHERE w.session = n.session"
    " ORDER BY seq LIMIT 1) AS oldest"
)
_COUNT: Final = (
    "UPDATE waiting SET attempts = attempts + n.by"
    " FROM unnest($1::bigint[], $2::text[], $3::integer[]) AS n (session, id, by)"
    " WHERE waiting.session = n.session AND waiting.id = n.id"
)
_SPENT: Final = (
    "SELECT coalesce(prompt + completion, 0),"
    " ARRAY(SELECT m.name FROM members AS m WHERE m.session = key)"
    " FROM sessions LEFT JOIN usage ON usage.account = sessions.account AND day = $2"
    " AND session = CASE sessions.account WHEN '' THEN key ELSE 0 END WHERE key = $1"
)
"""The usage that counts for a session: its account's, or its own where there are none."""
_END: Final = (
    "DELETE FROM waiting USING unnest($1::bigint[], $2::text[]) AS n (session, id)"
    " WHERE waiting.session = n.session AND waiting.id = n.id"
)
_WRITE_ALL: Final = (
    "INSERT INTO events (session, seq, id, role, text, at, status, re, record)"
    " SELECT session, seq, id, 'tutor', text, at, status, re, record FROM unnest($1::bigint[],"
    " $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])"
    " AS n (session, seq, id, text, at, status, re, record)"
)


class Take(Struct, frozen=True):
    """A call of `Store.claim`."""

    key: SessionKey
    lease: Lease


async def take_all(tx: Transaction, calls: Sequence[Take]) -> list[Taken]:
    """Claim the oldest message of each of these sessions, which are different, and loaded."""
    await tx.flush()  # a message that was taken in this transaction may be the oldest
    # A lease that is not free may be this node's: then another claim is under way.
    asked = [one for call in calls if (one := tx.sessions.get(call.key)) is not None]
    free = [one.key for one in asked if is_free(one.owner, one.until, tx.now)]
    rows = await tx.db.fetch(_OLDEST, free) if free else ()
    oldest = {row[0]: row[1:] for row in rows}
    taken = [_take(tx, call, oldest.get(call.key)) for call in calls]
    claims = [one for one in taken if isinstance(one, Claim)]
    await _count_attempts(tx, [(one.key, one.event.id, 1) for one in claims])
    return taken


def _take(tx: Transaction, call: Take, oldest: Any) -> Taken:
    """Take the lease. ``oldest`` is the row of the message, if one waits and the lease is free."""
    if (session := tx.sessions.get(call.key)) is None:
        return Erased()
    if not is_free(session.owner, session.until, tx.now):
        return Busy(max(0.0, (session.until - tx.now) / 1000))
    if oldest is None:
        return None
    seq, message_id, text, at, context, shown_rev, lang, attempts, stopped, held = oldest
    if held is not None:
        return Held(message_id)
    session.take(call.lease, tx.now)
    tx.changed(call.key)
    return Claim(
        call.key,
        session.fence,
        Message(message_id, text, to_object(context), shown_rev, lang),
        Event(seq, message_id, "learner", text, at, "complete"),
        attempts + 1,
        stopped,
        to_object(session.state),
        session.rev,
    )


async def renew(tx: Transaction, claim: Claim, lease: Lease) -> bool:
    session = _session_of(tx, claim)
    if session is None or session.owner != lease.owner or session.until <= tx.now:
        return False
    session.until = tx.now + lease.duration
    session.is_changed = True  # others need not know, so nothing is told
    return True


class Finish(Struct, frozen=True):
    """A call of `Store.answer`."""

    claim: Claim
    answer: Answer

    def message(self) -> tuple[SessionKey, str]:
        """Of which has to be known whether it waits."""
        return self.claim.key, self.answer.re


def finish_all(tx: Transaction, known: Known, calls: Sequence[Finish]) -> list[Answered | None]:
    """Write the answers, each of another session. The sessions are loaded, the messages known."""
    events: list[tuple[Any, ...]] = []
    answered: list[tuple[SessionKey, str]] = []
    written: list[Answered | None] = []
    for call in calls:
        if (session := _session_of(tx, call.claim)) is None:
            written.append(None)
            continue
        _give_back(tx, session)
        message = call.message()
        if message not in known.waiting:
            written.append(None)
            continue
        answered.append(message)
        tx.spend(session, call.answer.usage)
        event = _advance(tx, session, call.answer, events)
        written.append(Answered(event, session.rev))
    if events:
        tx.defer(_END, *columns(answered))
        tx.defer(_WRITE_ALL, *columns(events))
    return written


def _advance(
    tx: Transaction, session: Session, answer: Answer, events: list[tuple[Any, ...]]
) -> Event:
    """Take the next place in the log for the answer, and its state. Its row goes to ``events``."""
    if answer.state is not None:
        session.set_state(to_json(answer.state))
    more = size(answer.text, None)
    seq = session.advance(tx.now, more)
    tx.grow(session.account, more)
    tx.changed(session.key)
    record = to_json(answer.record) if answer.record else None
    at, re, status = tx.now, answer.re, answer.status
    events.append((session.key, seq, answer.id, answer.text, at, status, re, record))
    return Event(seq, answer.id, "tutor", answer.text, at, status, re)


async def hold(
    tx: Transaction, claim: Claim, answer: Answer, seconds: float | None, otherwise: str | None
) -> bool:
    if (session := _session_of(tx, claim)) is None:
        return False
    _give_back(tx, session)
    update = (
        "UPDATE waiting SET held = $1, held_at = $2, held_until = $3, otherwise = $4"
        " WHERE session = $5 AND id = $6 AND held IS NULL"
    )
    held = (msgspec.json.encode(answer).decode(), tx.now, deadline(tx.now, seconds), otherwise)
    if await tx.db.execute(update, *held, claim.key, answer.re) == "UPDATE 0":
        return False
    tx.spend(session, answer.usage)
    return True


async def held(db: Reads) -> Sequence[HeldAnswer]:
    # An earlier version did not write when: then it counts as held since its message came.
    rows = await db.fetch(
        "SELECT session, name, waiting.id, text, held, coalesce(held_at, at) AS since,"  # noqa: S608
        f" held_until, {OWNER} FROM waiting JOIN sessions ON key = session"
        " JOIN events USING (session, seq) WHERE held IS NOT NULL ORDER BY since, session"
    )
    return [
        held_answer(key, name, to_owner(account, groups), *rest)
        for key, name, *rest, account, groups in rows
    ]


async def overdue(db: Reads) -> Sequence[tuple[str, str, str]]:
    rows = await db.fetch(
        "SELECT account, name, id FROM waiting JOIN sessions ON key = session"
        " WHERE held_until <= (SELECT unix_ms()) ORDER BY held_until, session"
    )
    return [(account, name, message_id) for account, name, message_id in rows]


async def approve(
    tx: Transaction, key: SessionKey, re: str, text: str | None, by: str | None
) -> Answered | Erased | None:
    if (session := tx.sessions.get(key)) is None:
        return Erased()
    query = f"SELECT {HELD} FROM waiting WHERE session = $1 AND id = $2 AND held IS NOT NULL"  # noqa: S608
    if (row := await tx.db.fetchrow(query, key, re)) is None:
        return None
    await _end_waiting(tx, key, re)
    return await _write(tx, session, approved(HeldRow(*row), re, text, by, tx.now))


async def greet(tx: Transaction, key: SessionKey, answer: Answer) -> Answered | Erased | None:
    if (session := tx.sessions.get(key)) is None:
        return Erased()
    query = "SELECT 1 FROM events WHERE session = $1 AND id = $2"
    if await tx.db.fetchval(query, key, answer.id) is not None:
        return None
    tx.spend(session, answer.usage)
    return await _write(tx, session, answer)


async def release(tx: Transaction, claim: Claim, counts: bool) -> None:
    if (session := _session_of(tx, claim)) is None:
        return
    _give_back(tx, session)
    if not counts:
        await _count_attempts(tx, [(claim.key, claim.event.id, -1)])


async def unanswered(db: Reads) -> Sequence[tuple[str, str]]:
    rows = await db.fetch(
        "SELECT account, name, owner, until, unix_ms() AS now FROM"
        " (SELECT DISTINCT ON (session) session, held FROM waiting ORDER BY session, seq) AS oldest"
        " JOIN sessions ON key = session WHERE held IS NULL ORDER BY key"
    )
    return [
        (account, name) for account, name, owner, until, now in rows if is_free(owner, until, now)
    ]


async def spent(db: Reads, key: SessionKey, day: str) -> Spent | Erased:
    if (row := await db.fetchrow(_SPENT, key, day)) is None:
        return Erased()
    return Spent(row[0], frozenset(map(unescape, row[1])))


def _session_of(tx: Transaction, claim: Claim) -> Session | None:
    """The session of the claim. None if there is a newer one, or if the session was erased."""
    session = tx.sessions.get(claim.key)
    return session if session is not None and session.fence == claim.fence else None


def _give_back(tx: Transaction, session: Session) -> None:
    session.end_lease()
    tx.changed(session.key)


async def _count_attempts(tx: Transaction, counts: Sequence[tuple[SessionKey, str, int]]) -> None:
    """Add to the attempts at messages of sessions."""
    if counts:
        await tx.db.execute(_COUNT, *columns(counts))


async def _end_waiting(tx: Transaction, key: SessionKey, message_id: str) -> bool:
    """The message waits no more, whether its answer is held or not. False if it did not wait."""
    delete = "DELETE FROM waiting WHERE session = $1 AND id = $2"
    return await tx.db.execute(delete, key, message_id) != "DELETE 0"


async def _write(tx: Transaction, session: Session, answer: Answer) -> Answered:
    """Write event and state. A message that answers no other has the ``re`` ``""``."""
    given = {
        "id": answer.id,
        "role": "tutor",
        "text": answer.text,
        "status": answer.status,
        "re": answer.re or None,
        "record": to_json(answer.record) if answer.record else None,
    }
    if answer.state is not None:
        session.set_state(to_json(answer.state))
    return Answered(await write_event(tx, session, given), session.rev)
