"""A server that kills itself at a chosen moment.

Chosen by `--tutor tests.support.failpoints:Fatal` and ``CUT=moment:n``.

The moments, at the n-th of which the process is gone as by `kill -9`:

    batch    a write of a group commit was made, others of it were not
    before   all writes of a commit were made, nothing was committed
    after    a commit is durable, nobody was told of anything in it
    event    a commit is durable and known, its event is about to be sent
    delta    a piece of a reply was sent, others were not
"""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import threading
from collections.abc import AsyncIterator
from typing import Any, Final

from tutor_widget.server.sessions.live import LiveSession
from tutor_widget.server.store.sqlite import SQLiteStore
from tutor_widget.server.tutors import Turn
from tutor_widget.wire import Event, ServerFrame

MOMENTS: Final = ("batch", "before", "after", "event", "delta")
_moment, _, _number = os.environ.get("CUT", "").partition(":")
_passed = itertools.count(1)


def passing(moment: str) -> None:
    """The moment has come once more."""
    if moment == _moment and next(_passed) == int(_number):
        os.kill(os.getpid(), signal.SIGKILL)


class _Connection(sqlite3.Connection):
    _writes = 0  # made since the transaction began

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        ours = threading.current_thread().name == "tutor-store"
        if ours and sql == "BEGIN IMMEDIATE":
            self._writes = 0
        elif ours and sql == "RELEASE job":
            self._writes += 1
        elif ours and sql == "SAVEPOINT job" and self._writes:
            passing("batch")
        elif ours and sql == "COMMIT":
            passing("before")
        cursor = super().execute(sql, *values)
        if ours and sql == "COMMIT":
            passing("after")
        return cursor


def _connection(store: SQLiteStore, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(
        store.path,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )


_broadcast = LiveSession.broadcast


def _passing_on(session: LiveSession, frame: ServerFrame) -> None:
    if isinstance(frame, Event):
        passing("event")
    _broadcast(session, frame)


SQLiteStore._plain_connection = _connection  # type: ignore[method-assign, assignment]
LiveSession.broadcast = _passing_on  # type: ignore[method-assign, assignment]


class Fatal:
    """Says again what the learner said, letter by letter."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        for letter in turn.message:
            yield letter
            passing("delta")
