"""The schema of the database, and the statements that several jobs of the store share.

All functions are called inside a job, and so inside a transaction. ``sessions.holder`` is the lease
owner and ``sessions.until`` the end of its lease, in Unix milliseconds.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any, Final

import msgspec

from tutor_widget.server.store.contract import Head, Kept, Outcome
from tutor_widget.wire import Event

VERSION: Final = 1
SCHEMA: Final = """
CREATE TABLE sessions (
    key INTEGER PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL,
    epoch TEXT NOT NULL, last INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT '{}', rev INTEGER NOT NULL DEFAULT 0,
    holder TEXT, until INTEGER NOT NULL DEFAULT 0, UNIQUE (account, name)) STRICT;
CREATE TABLE events (
    session INTEGER NOT NULL REFERENCES sessions, seq INTEGER NOT NULL, id TEXT NOT NULL,
    role TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, status TEXT NOT NULL, re TEXT,
    context TEXT, PRIMARY KEY (session, seq), UNIQUE (session, id)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX answered_once ON events (session, re) WHERE re IS NOT NULL;
CREATE TABLE waiting (
    session INTEGER NOT NULL REFERENCES sessions, seq INTEGER NOT NULL, id TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, stopped INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (session, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE withdrawn (
    session INTEGER NOT NULL REFERENCES sessions, id TEXT NOT NULL,
    PRIMARY KEY (session, id)) STRICT, WITHOUT ROWID;
"""
EVENT: Final = "seq, id, role, text, at, status, re"


def read_head(db: sqlite3.Connection, key: int) -> Head:
    query = "SELECT epoch, last, state, rev FROM sessions WHERE key = ?"
    epoch, seq, state, rev = db.execute(query, (key,)).fetchone()
    query = "SELECT id, stopped FROM waiting WHERE session = ?"
    waiting = db.execute(query, (key,)).fetchall()
    stopped = frozenset(message_id for message_id, is_stopped in waiting if is_stopped)
    return Head(key, epoch, seq, to_object(state), rev, bool(waiting), stopped)


def find(
    db: sqlite3.Connection, key: int, message_id: str, text: str | None = None
) -> Outcome | None:
    query = f"SELECT {EVENT} FROM events WHERE session = ? AND id = ?"  # noqa: S608
    if (row := db.execute(query, (key, message_id)).fetchone()) is not None:
        event = Event(*row)
        return Kept(event, fresh=False) if text in (None, event.text) else "conflict"
    query = "SELECT 1 FROM withdrawn WHERE session = ? AND id = ?"
    return "withdrawn" if db.execute(query, (key, message_id)).fetchone() else None


def write_event(
    db: sqlite3.Connection,
    key: int,
    event_id: str,
    role: str,
    text: str,
    status: str = "complete",
    re: str | None = None,
    context: str | None = None,
) -> Event:
    update = "UPDATE sessions SET last = last + 1 WHERE key = ? RETURNING last"
    (seq,) = db.execute(update, (key,)).fetchone()
    row = (seq, event_id, role, text, now(), status, re)
    db.execute(
        f"INSERT INTO events (session, {EVENT}, context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (key, *row, context),
    )
    return Event(*row)  # type: ignore[arg-type]  # the database holds no other role or status


def write_state(db: sqlite3.Connection, key: int, state: dict[str, Any] | None) -> int:
    if state is not None:
        update = "UPDATE sessions SET state = ?, rev = rev + 1 WHERE key = ?"
        db.execute(update, (to_json(state), key))
    (rev,) = db.execute("SELECT rev FROM sessions WHERE key = ?", (key,)).fetchone()
    return int(rev)


def count_attempt(db: sqlite3.Connection, key: int, message_id: str, by: int) -> None:
    update = "UPDATE waiting SET attempts = max(0, attempts + ?) WHERE session = ? AND id = ?"
    db.execute(update, (by, key, message_id))


def take_events(
    db: sqlite3.Connection, query: str, arguments: tuple[int, ...], size: int
) -> list[Event]:
    """The events of the query, up to the one with which they exceed ``size`` bytes of JSON."""
    events: list[Event] = []
    for row in db.execute(query, arguments):
        event = Event(*row)
        events.append(event)
        size -= len(msgspec.json.encode(event)) + 1
        if size <= 0:
            break
    return events


def now() -> int:
    return time.time_ns() // 1_000_000


def to_json(value: dict[str, Any]) -> str:
    return msgspec.json.encode(value).decode()


def to_object(text: str | None) -> dict[str, Any]:
    return msgspec.json.decode(text, type=dict[str, Any]) if text else {}
