"""The log of a session: its events, the learner's messages, and the ids that are never written.

Functions that take a `Transaction` write, those that take a connection only read. A session that
does not exist is `Erased`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from tutor_widget.server.store.records import Claim, Erased, Kept, Message, Outcome, SessionKey
from tutor_widget.server.store.rows import EVENT, Lease, event_of, page, size, to_json, to_object
from tutor_widget.wire import Event

from .leases import TAKEN
from .transaction import Transaction

__all__ = [
    "End",
    "append",
    "end_of",
    "exists",
    "find",
    "read",
    "read_before",
    "withdraw",
    "write_event",
    "write_notice",
    "write_stop",
]


def append(
    tx: Transaction,
    key: SessionKey,
    message: Message,
    most_bytes: int,
    behind: str | None,
    lease: Lease | None,
) -> Outcome | Erased:
    """Write the message. Claim it if there is a lease to take, and if no other message waits."""
    query = (
        "SELECT last, account, rev, (SELECT bytes FROM accounts WHERE name = account),"
        " EXISTS (SELECT 1 FROM events WHERE session = key AND id = ?)"
        " OR EXISTS (SELECT 1 FROM withdrawn WHERE session = key AND id = ?),"
        " EXISTS (SELECT 1 FROM waiting WHERE session = key), fence, state"
        " FROM sessions WHERE key = ?"
    )
    if (row := tx.execute(query, (message.id, message.id, key)).fetchone()) is None:
        return Erased()
    seq, account, rev, stored, is_taken, has_waiting, fence, state = row
    if is_taken and (known := find(tx.db, key, message.id, message.text)) is not None:
        return known
    # Whatever the size of the message: else a shorter one might overtake one that was refused.
    if most_bytes and stored + tx.growth(account) >= most_bytes:
        return "full"
    if behind is not None and find(tx.db, key, behind) is None:
        return "full"
    if has_waiting:  # where none waits, nobody has the lease
        lease = None
    event = _write_message(tx, key, End(seq, account, rev), message, lease)
    if lease is None:
        return Kept(event, fresh=True)
    claim = Claim(key, fence + 1, message, event, 1, False, to_object(state), rev)
    return Kept(event, fresh=True, claim=claim)


def withdraw(tx: Transaction, key: SessionKey, message_id: str) -> Outcome | Erased:
    if (known := find(tx.db, key, message_id)) is not None:
        return known
    tx.execute("INSERT INTO withdrawn VALUES (?, ?)", (key, message_id))
    tx.changed(key)
    return "withdrawn"


def write_stop(tx: Transaction, key: SessionKey, message_id: str) -> bool | Erased:
    update = "UPDATE waiting SET stopped = 1 WHERE session = ? AND id = ?"
    if not tx.execute(update, (key, message_id)).rowcount:
        return False if exists(tx.db, key) else Erased()
    tx.changed(key)
    return True


def write_notice(
    tx: Transaction,
    key: SessionKey,
    notice_id: str,
    by: str | None,
    text: str,
    answers: str | None,
) -> Kept | Erased:
    if isinstance(known := _find_event(tx.db, key, notice_id), Kept):
        return known
    if (end := end_of(tx.db, key)) is None:
        return Erased()
    if answers is not None:
        update = "UPDATE reports SET state = 'answered' WHERE session = ? AND event = ?"
        tx.execute(update, (key, answers))
    notice = {"id": notice_id, "role": "notice", "text": text, "status": "complete", "author": by}
    return Kept(write_event(tx, key, end, notice), fresh=True)


def find(
    db: sqlite3.Connection, key: SessionKey, message_id: str, text: str | None = None
) -> Outcome | Erased | None:
    if (known := _find_event(db, key, message_id, text)) is not None:
        return known
    query = (
        "SELECT EXISTS (SELECT 1 FROM withdrawn WHERE session = key AND id = ?)"
        " FROM sessions WHERE key = ?"
    )
    if (row := db.execute(query, (message_id, key)).fetchone()) is None:
        return Erased()
    return "withdrawn" if row[0] else None


def read(
    db: sqlite3.Connection, key: SessionKey, after: int, limit: int, most: int
) -> Sequence[Event] | Erased:
    query = f"SELECT {EVENT} FROM events WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
    events = page(db.execute(query, (key, after, limit)), most)
    return events if events or exists(db, key) else Erased()


def read_before(
    db: sqlite3.Connection, key: SessionKey, before: int, limit: int, most: int
) -> Sequence[Event] | Erased:
    query = f"SELECT {EVENT} FROM events WHERE session = ? AND seq < ? ORDER BY seq DESC LIMIT ?"  # noqa: S608
    newest_first = page(db.execute(query, (key, before, limit)), most)
    return newest_first[::-1] if newest_first or exists(db, key) else Erased()


def exists(db: sqlite3.Connection, key: SessionKey) -> bool:
    return db.execute("SELECT 1 FROM sessions WHERE key = ?", (key,)).fetchone() is not None


class End(NamedTuple):
    """The end of a session's log, behind which the next event goes."""

    seq: int
    account: str
    rev: int


def end_of(db: sqlite3.Connection, key: SessionKey) -> End | None:
    """The end of the session's log. None if there is no such session."""
    row = db.execute("SELECT last, account, rev FROM sessions WHERE key = ?", (key,)).fetchone()
    return End(*row) if row else None


def write_event(
    tx: Transaction,
    key: SessionKey,
    end: End,
    columns: dict[str, Any],
    also: Sequence[str] = (),
    values: Sequence[object] = (),
) -> Event:
    """Append to the log of a session behind its ``end``, as it was read in this transaction.

    ``columns`` are those of the event, beside its session, number and time. ``also`` are more
    assignments to the session's row, with their ``values``.
    """
    seq, more = end.seq + 1, size(columns["text"], columns.get("context"))
    advance = ", ".join(("UPDATE sessions SET last = ?, active = ?, bytes = bytes + ?", *also))
    tx.execute(f"{advance} WHERE key = ?", (seq, tx.now, more, *values, key))
    tx.grow(end.account, more)
    tx.insert("events", {"session": key, "seq": seq, "at": tx.now, **columns})
    tx.changed(key)
    return event_of(seq, tx.now, columns)


def _write_message(
    tx: Transaction, key: SessionKey, end: End, message: Message, lease: Lease | None
) -> Event:
    """Write the message, which waits. With a lease that is taken, for its first attempt."""
    columns = {
        "id": message.id,
        "role": "learner",
        "text": message.text,
        "status": "complete",
        "context": to_json(message.context) if message.context else None,
        "shown_rev": message.rev,
        "lang": message.lang,
    }
    if lease is None:
        event = write_event(tx, key, end, columns)
    else:
        event = write_event(tx, key, end, columns, (TAKEN,), lease.values(tx.now))
    row = (key, event.seq, event.id, 0 if lease is None else 1)
    tx.execute("INSERT INTO waiting (session, seq, id, attempts) VALUES (?, ?, ?, ?)", row)
    return event


def _find_event(
    db: sqlite3.Connection, key: SessionKey, event_id: str, text: str | None = None
) -> Kept | Literal["conflict"] | None:
    query = f"SELECT {EVENT} FROM events WHERE session = ? AND id = ?"  # noqa: S608
    if (row := db.execute(query, (key, event_id)).fetchone()) is None:
        return None
    event = Event(*row)
    return Kept(event, fresh=False) if text in (None, event.text) else "conflict"
