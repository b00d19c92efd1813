"""Answers, and the leases under which they are made.

A claim takes the lease of a session with a new fence, and giving it back takes a new fence too. A
claim writes only if its fence is the session's: an older one, and one that has written, finds
another number and writes nothing. A lease ends when it expires, when its answer is written or held,
when it is given back, or when its owner's process has certainly ended.
"""

from __future__ import annotations

import sqlite3
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
    HeldAnswer,
    Message,
    SessionKey,
    Spent,
    Usage,
)
from tutor_widget.server.store.rows import (
    HELD,
    HeldRow,
    Lease,
    Owner,
    approved,
    deadline,
    held_answer,
    is_free,
    to_json,
    to_object,
)
from tutor_widget.wire import Event

from .leases import ENDED, TAKEN
from .log import End, end_of, exists, write_event
from .sessions import groups_of
from .transaction import Transaction, now

__all__ = [
    "answer",
    "approve",
    "claim",
    "greet",
    "held",
    "hold",
    "overdue",
    "release",
    "renew",
    "spent",
    "unanswered",
]

OVERDUE: Final = (
    "SELECT account, name, id FROM waiting JOIN sessions ON key = session"
    " WHERE held_until <= ? ORDER BY held_until, session"
)
"""Read every second by each node."""
_PAYER: Final = "usage.account = sessions.account AND session = iif(sessions.account = '', key, 0)"
"""The usage that counts for a session: its account's, or its own where there are none."""


def claim(tx: Transaction, key: SessionKey, lease: Lease) -> Claim | Busy | Held | Erased | None:
    # The session, with its oldest waiting message if there is one.
    query = (
        "SELECT owner, until, fence, state, rev, seq, id, text, at, context, shown_rev, lang,"
        " attempts, stopped, held FROM sessions"
        " LEFT JOIN waiting ON waiting.session = key LEFT JOIN events USING (session, seq, id)"
        " WHERE key = ? ORDER BY waiting.seq LIMIT 1"
    )
    if (row := tx.execute(query, (key,)).fetchone()) is None:
        return Erased()
    owner, until, fence, state, rev, seq, message_id, text, at, *kept = row
    if not is_free(owner, until, now()):  # also if it is this node's: another claim is under way
        return Busy(max(0.0, (until - tx.now) / 1000))
    if seq is None:
        return None
    context, shown_rev, lang, attempts, stopped, held = kept
    if held is not None:
        return Held(message_id)
    tx.execute(f"UPDATE sessions SET {TAKEN} WHERE key = ?", (*lease.values(tx.now), key))  # noqa: S608
    _count_attempt(tx, key, message_id, +1)
    tx.changed(key)
    message = Message(message_id, text, to_object(context), shown_rev, lang)
    event = Event(seq, message_id, "learner", text, at, "complete")
    return Claim(key, fence + 1, message, event, attempts + 1, bool(stopped), to_object(state), rev)


def renew(tx: Transaction, claim: Claim, lease: Lease) -> bool:
    # Others need not know, so the session does not count as changed.
    update = "UPDATE sessions SET until = ? WHERE key = ? AND fence = ? AND owner = ? AND until > ?"
    row = (tx.now + lease.duration, claim.key, claim.fence, lease.owner, tx.now)
    return tx.execute(update, row).rowcount > 0


def answer(tx: Transaction, claim: Claim, answer: Answer) -> Answered | None:
    query = "SELECT last, account, rev FROM sessions WHERE key = ? AND fence = ?"
    if (row := tx.execute(query, (claim.key, claim.fence)).fetchone()) is None:
        return None
    if not _end_waiting(tx, claim.key, answer.re):
        _give_back(tx, claim)
        return None
    _add_usage(tx, claim.key, answer.usage)
    return _write(tx, claim.key, End(*row), answer, also=(ENDED,))


def hold(
    tx: Transaction, claim: Claim, answer: Answer, seconds: float | None, otherwise: str | None
) -> bool:
    if not _give_back(tx, claim):
        return False
    update = (
        "UPDATE waiting SET held = ?, held_at = ?, held_until = ?, otherwise = ?"
        " WHERE session = ? AND id = ? AND held IS NULL"
    )
    held = (msgspec.json.encode(answer).decode(), tx.now, deadline(tx.now, seconds), otherwise)
    if not tx.execute(update, (*held, claim.key, answer.re)).rowcount:
        return False
    _add_usage(tx, claim.key, answer.usage)
    return True


def held(db: sqlite3.Connection) -> Sequence[HeldAnswer]:
    # An earlier version did not write when: then it counts as held since its message came.
    rows = db.execute(
        "SELECT session, name, account, waiting.id, text, held, coalesce(held_at, at) AS since,"
        " held_until FROM waiting JOIN sessions ON key = session"
        " JOIN events USING (session, seq) WHERE held IS NOT NULL ORDER BY since, session"
    ).fetchall()
    return [
        held_answer(key, name, Owner(account, groups_of(db, key)), *rest)
        for key, name, account, *rest in rows
    ]


def overdue(db: sqlite3.Connection) -> Sequence[tuple[str, str, str]]:
    return db.execute(OVERDUE, (now(),)).fetchall()


def approve(
    tx: Transaction, key: SessionKey, re: str, text: str | None, by: str | None
) -> Answered | Erased | None:
    query = f"SELECT {HELD} FROM waiting WHERE session = ? AND id = ? AND held IS NOT NULL"  # noqa: S608
    if (row := tx.execute(query, (key, re)).fetchone()) is None:
        return None if exists(tx.db, key) else Erased()
    _end_waiting(tx, key, re)
    answer = approved(HeldRow(*row), re, text, by, tx.now)
    return _write(tx, key, _known_end(tx, key), answer)


def greet(tx: Transaction, key: SessionKey, answer: Answer) -> Answered | Erased | None:
    query = "SELECT 1 FROM events WHERE session = ? AND id = ?"
    if tx.execute(query, (key, answer.id)).fetchone() is not None:
        return None
    if (end := end_of(tx.db, key)) is None:
        return Erased()
    _add_usage(tx, key, answer.usage)
    return _write(tx, key, end, answer)


def release(tx: Transaction, claim: Claim, counts: bool) -> None:
    if _give_back(tx, claim) and not counts:
        _count_attempt(tx, claim.key, claim.event.id, -1)


def unanswered(db: sqlite3.Connection) -> Sequence[tuple[str, str]]:
    # With min() SQLite takes the other columns from the row that has the minimum.
    rows = db.execute(
        "SELECT account, name, owner, until FROM"
        " (SELECT session, held, min(seq) FROM waiting GROUP BY session)"
        " JOIN sessions ON key = session WHERE held IS NULL ORDER BY key"
    ).fetchall()
    return [(account, name) for account, name, owner, until in rows if is_free(owner, until, now())]


def spent(db: sqlite3.Connection, key: SessionKey, day: str) -> Spent | Erased:
    query = (
        f"SELECT coalesce(prompt + completion, 0) FROM sessions LEFT JOIN usage ON {_PAYER}"  # noqa: S608
        " AND day = ? WHERE key = ?"
    )
    if (row := db.execute(query, (day, key)).fetchone()) is None:
        return Erased()
    return Spent(int(row[0]), groups_of(db, key))


def _give_back(tx: Transaction, claim: Claim) -> bool:
    """Give the lease back. False, without effect, if the claim is not the newest."""
    update = f"UPDATE sessions SET {ENDED} WHERE key = ? AND fence = ?"  # noqa: S608
    if not tx.execute(update, (claim.key, claim.fence)).rowcount:
        return False
    tx.changed(claim.key)
    return True


def _count_attempt(tx: Transaction, key: SessionKey, message_id: str, by: int) -> None:
    update = "UPDATE waiting SET attempts = attempts + ? WHERE session = ? AND id = ?"
    tx.execute(update, (by, key, message_id))


def _end_waiting(tx: Transaction, key: SessionKey, message_id: str) -> bool:
    """The message waits no more, whether its answer is held or not. False if it did not wait."""
    delete = "DELETE FROM waiting WHERE session = ? AND id = ?"
    return tx.execute(delete, (key, message_id)).rowcount > 0


def _add_usage(tx: Transaction, key: SessionKey, usage: Usage | None) -> None:
    if usage is None:
        return
    tx.execute(
        "INSERT INTO usage SELECT account, iif(account = '', key, 0), ?, ?, ? FROM sessions"
        " WHERE key = ?"
        " ON CONFLICT (account, session, day) DO UPDATE SET prompt = prompt + excluded.prompt,"
        " completion = completion + excluded.completion",
        (usage.day, usage.prompt, usage.completion, key),
    )


def _known_end(tx: Transaction, key: SessionKey) -> End:
    end = end_of(tx.db, key)
    assert end is not None  # one of its rows was changed in this transaction
    return end


def _write(
    tx: Transaction, key: SessionKey, end: End, answer: Answer, also: tuple[str, ...] = ()
) -> Answered:
    """Write event and state. A message that answers no other has the ``re`` ``""``.

    ``also`` are more assignments to the session's row.
    """
    columns = {
        "id": answer.id,
        "role": "tutor",
        "text": answer.text,
        "status": answer.status,
        "re": answer.re or None,
        "record": to_json(answer.record) if answer.record else None,
    }
    rev = end.rev
    values: tuple[str, ...] = ()
    if answer.state is not None:
        also, values, rev = (*also, "state = ?, rev = rev + 1"), (to_json(answer.state),), rev + 1
    return Answered(write_event(tx, key, end, columns, also, values), rev)
