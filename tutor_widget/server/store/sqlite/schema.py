"""The tables, and how a database of an earlier format becomes one of this format.

    sessions    a row each: epoch, last seq, state, lease, fence, bytes of text and contexts
    members     the groups that the session's account was in when the session began
    events      the logs, with what belongs to an event and is never on the wire
    waiting     learners' messages without an answer: attempts, stop, the held answer (when it
                was held, until when, and the text that goes out then)
    withdrawn   ids that are never written
    reports     learners' reports of tutors' messages, and what people made of them
    presence    connections of other nodes to a session (engines for several machines use it)
    accounts    bytes of text and contexts of an account's sessions
    usage       tokens by account and day; without accounts (session is 0 else) by session and day
    erased      marks of erased sessions
    publications  what was published, by cell: of no session, and without a learner's words
    changes     which session was changed by which node (see `transaction`)
    store       one row: the secret of this database

SQLite 3.34 is enough: there are no STRICT tables. Keys are AUTOINCREMENT, because SQLite gives the
key of a deleted last row to the next one otherwise.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FROM_1", "FROM_2", "PARTS", "SCHEMA", "VERSION"]

VERSION: Final = 3
"""``PRAGMA user_version``. 0.1 wrote 1."""

PARTS: Final = ("members", "events", "waiting", "withdrawn", "reports", "presence", "usage")
"""Tables with a column ``session``, whose rows end with their session."""

_PUBLICATIONS: Final = """CREATE TABLE publications (
    cell TEXT PRIMARY KEY, number INTEGER NOT NULL, data TEXT NOT NULL) WITHOUT ROWID"""
_HELD: Final = (
    "CREATE INDEX held_since ON waiting (held_at) WHERE held IS NOT NULL",
    "CREATE INDEX held_until ON waiting (held_until) WHERE held_until IS NOT NULL",
)

SCHEMA: Final = (
    """CREATE TABLE sessions (
    key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, name TEXT NOT NULL,
    epoch TEXT NOT NULL, began INTEGER NOT NULL, active INTEGER NOT NULL,
    last INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT '{}', rev INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0, owner TEXT, until INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, name))""",
    """CREATE TABLE members (
    session INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (session, name)) WITHOUT ROWID""",
    """CREATE TABLE events (
    session INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL,
    role TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, status TEXT NOT NULL, re TEXT,
    author TEXT, context TEXT, shown_rev INTEGER, lang TEXT, record TEXT,
    PRIMARY KEY (session, seq), UNIQUE (session, id)) WITHOUT ROWID""",
    "CREATE UNIQUE INDEX answered_once ON events (session, re) WHERE re IS NOT NULL",
    "CREATE INDEX contexts ON events (at) WHERE context IS NOT NULL",
    """CREATE TABLE waiting (
    session INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, stopped INTEGER NOT NULL DEFAULT 0, held TEXT,
    held_at INTEGER, held_until INTEGER, otherwise TEXT,
    PRIMARY KEY (session, seq)) WITHOUT ROWID""",
    *_HELD,
    """CREATE TABLE withdrawn (
    session INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (session, id)) WITHOUT ROWID""",
    """CREATE TABLE reports (
    session INTEGER NOT NULL, event TEXT NOT NULL, reason TEXT, at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'open', shared INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (session, event)) WITHOUT ROWID""",
    "CREATE INDEX reports_at ON reports (at)",
    """CREATE TABLE presence (
    session INTEGER NOT NULL, node TEXT NOT NULL, instance TEXT NOT NULL,
    dial INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (session, node, instance)) WITHOUT ROWID""",
    """CREATE TABLE accounts (
    name TEXT PRIMARY KEY, bytes INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID""",
    """CREATE TABLE usage (
    account TEXT NOT NULL, session INTEGER NOT NULL, day TEXT NOT NULL,
    prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
    PRIMARY KEY (account, session, day)) WITHOUT ROWID""",
    """CREATE TABLE erased (
    account TEXT NOT NULL, name TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (account, name)) WITHOUT ROWID""",
    """CREATE TABLE changes (
    number INTEGER PRIMARY KEY, session INTEGER NOT NULL, node TEXT NOT NULL)""",
    "CREATE TABLE store (secret BLOB NOT NULL)",
    _PUBLICATIONS,
)

_SIZE: Final = "length(CAST(text AS BLOB)) + coalesce(length(CAST(context AS BLOB)), 0)"
_NOW: Final = "CAST(strftime('%s', 'now') AS INTEGER) * 1000"

FROM_1: Final = (
    "DROP INDEX answered_once",
    "ALTER TABLE sessions RENAME TO old_sessions",
    "ALTER TABLE events RENAME TO old_events",
    "ALTER TABLE waiting RENAME TO old_waiting",
    "ALTER TABLE withdrawn RENAME TO old_withdrawn",
    *SCHEMA,
    """INSERT INTO events (session, seq, id, role, text, at, status, re, context)
    SELECT session, seq, id, role, text, at, status, re, context FROM old_events""",
    """INSERT INTO waiting (session, seq, id, attempts, stopped)
    SELECT session, seq, id, attempts, stopped FROM old_waiting""",
    "INSERT INTO withdrawn SELECT session, id FROM old_withdrawn",
    f"""INSERT INTO sessions (key, account, name, epoch, last, state, rev, bytes, began, active)
    SELECT key, account, name, epoch, last, state, rev,
    (SELECT coalesce(sum({_SIZE}), 0) FROM events WHERE session = key),
    coalesce((SELECT min(at) FROM events WHERE session = key), {_NOW}),
    coalesce((SELECT max(at) FROM events WHERE session = key), {_NOW}) FROM old_sessions""",  # noqa: S608
    "INSERT INTO accounts SELECT account, sum(bytes) FROM sessions GROUP BY account",
    "DROP TABLE old_withdrawn",
    "DROP TABLE old_waiting",
    "DROP TABLE old_events",
    "DROP TABLE old_sessions",
)
"""Leases of format 1 are not kept: a claim takes a new one."""

FROM_2: Final = (
    "ALTER TABLE waiting ADD COLUMN held_at INTEGER",
    "ALTER TABLE waiting ADD COLUMN held_until INTEGER",
    "ALTER TABLE waiting ADD COLUMN otherwise TEXT",
    *_HELD,
    "ALTER TABLE reports ADD COLUMN state TEXT NOT NULL DEFAULT 'open'",
    "ALTER TABLE reports ADD COLUMN shared INTEGER NOT NULL DEFAULT 0",
    _PUBLICATIONS,
)
"""Format 2 did not keep when an answer was held (see `answers.held`)."""
