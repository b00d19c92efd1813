"""Answers, and the leases under which they are made.

A claim takes the lease of a session with a new fence, and giving it back takes a new fence too. A
claim writes only if its fence is the session's: an older one, and one that has written, finds
another number and writes nothing. A lease ends when it expires, when its answer is written or held,
when it is given back, or when its owner's process has certainly ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from tutor_widget.server.store.records import (
    Answer,
    Answered,
    Busy,
    Claim,
    Erased,
    Held,
    Message,
    SessionKey,
    Spent,
)
from tutor_widget.server.store.rows import Lease, approved, is_free, to_json, to_object
from tutor_widget.wire import Event

from .connections import Reads, unescape
from .log import write_event
from .transaction import Session, Transaction

__all__ = [
    "answer",
    "approve",
    "claim",
    "greet",
    "hold",
    "release",
    "renew",
    "spent",
    "unanswered",
]

_OLDEST: Final = (
    "SELECT seq, id, text, at, context, shown_rev, lang, attempts, stopped, held"
    " FROM waiting JOIN events USING (session, seq, id) WHERE session = $1 ORDER BY seq LIMIT 1"
)
_SPENT: Final = (
    "SELECT coalesce(prompt + completion, 0),"
    " ARRAY(SELECT m.name FROM members AS m WHERE m.session = key)"
    " FROM sessions LEFT JOIN usage ON usage.account = sessions.account AND day = $2"
    " AND session = CASE sessions.account WHEN '' THEN key ELSE 0 END WHERE key = $1"
)
"""The usage that counts for a session: its account's, or its own where there are none."""


async def claim(
    tx: Transaction, key: SessionKey, lease: Lease
) -> Claim | Busy | Held | Erased | None:
    if (session := tx.sessions.get(key)) is None:
        return Erased()
    # Also if it is this node's: another claim is under way.
    if not is_free(session.owner, session.until, tx.now):
        return Busy(max(0.0, (session.until - tx.now) / 1000))
    if (row := await tx.db.fetchrow(_OLDEST, key)) is None:
        return None
    seq, message_id, text, at, context, shown_rev, lang, attempts, stopped, held = row
    if held is not None:
        return Held(message_id)
    session.take(lease, tx.now)
    await _count_attempt(tx, key, message_id, +1)
    tx.changed(key)
    return Claim(
        key,
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


async def answer(tx: Transaction, claim: Claim, answer: Answer) -> Answered | None:
    if (session := _session_of(tx, claim)) is None:
        return None
    _give_back(tx, session)
    if not await _end_waiting(tx, claim.key, answer.re):
        return None
    tx.spend(session, answer.usage)
    return await _write(tx, session, answer)


async def hold(tx: Transaction, claim: Claim, answer: Answer) -> bool:
    if (session := _session_of(tx, claim)) is None:
        return False
    _give_back(tx, session)
    update = "UPDATE waiting SET held = $1 WHERE session = $2 AND id = $3 AND held IS NULL"
    held = msgspec.json.encode(answer).decode()
    if await tx.db.execute(update, held, claim.key, answer.re) == "UPDATE 0":
        return False
    tx.spend(session, answer.usage)
    return True


async def approve(
    tx: Transaction, key: SessionKey, re: str, text: str | None
) -> Answered | Erased | None:
    if (session := tx.sessions.get(key)) is None:
        return Erased()
    query = "SELECT held, stopped FROM waiting WHERE session = $1 AND id = $2 AND held IS NOT NULL"
    if (row := await tx.db.fetchrow(query, key, re)) is None:
        return None
    await _end_waiting(tx, key, re)
    return await _write(tx, session, approved(row["held"], re, row["stopped"], text))


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
        await _count_attempt(tx, claim.key, claim.event.id, -1)


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


async def _count_attempt(tx: Transaction, key: SessionKey, message_id: str, by: int) -> None:
    update = "UPDATE waiting SET attempts = attempts + $1 WHERE session = $2 AND id = $3"
    await tx.db.execute(update, by, key, message_id)


async def _end_waiting(tx: Transaction, key: SessionKey, message_id: str) -> bool:
    """The message waits no more, whether its answer is held or not. False if it did not wait."""
    delete = "DELETE FROM waiting WHERE session = $1 AND id = $2"
    return await tx.db.execute(delete, key, message_id) != "DELETE 0"


async def _write(tx: Transaction, session: Session, answer: Answer) -> Answered:
    """Write event and state. A message that answers no other has the ``re`` ``""``."""
    columns = {
        "id": answer.id,
        "role": "tutor",
        "text": answer.text,
        "status": answer.status,
        "re": answer.re or None,
        "record": to_json(answer.record) if answer.record else None,
    }
    if answer.state is not None:
        session.set_state(to_json(answer.state))
    return Answered(await write_event(tx, session, columns), session.rev)
