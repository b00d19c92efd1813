"""A server that kills itself at a chosen moment (a failpoint).

`--tutor tests.support.faults.failpoints:FailpointTutor`, and ``FAILPOINT=moment:n`` in the
environment, choose it. When the moment comes for the n-th time, the process sends itself SIGKILL:

    batch    one write of a group commit is made, others of the group are not
    before   all writes of a commit are made, nothing is committed
    after    a commit is durable, no client has a frame about it
    event    a commit is durable and known, its event is about to be sent
    delta    a piece of a reply is sent, others are not
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
from tutor_widget.server.store.sqlite import writer
from tutor_widget.server.store.sqlite.opening import DatabaseFile
from tutor_widget.server.store.sqlite.transaction import Transaction
from tutor_widget.server.tutors import Turn
from tutor_widget.wire import Event, ServerFrame

MOMENTS: Final = ("batch", "before", "after", "event", "delta")
_moment, _, _number = os.environ.get("FAILPOINT", "").partition(":")
_passed = itertools.count(1)


def reached(moment: str) -> None:
    """Count the moment; kill the process when it is the chosen one."""
    if moment == _moment and next(_passed) == int(_number):
        os.kill(os.getpid(), signal.SIGKILL)


class _Connection(sqlite3.Connection):
    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        commits = threading.current_thread().name == "tutor-store" and sql == "COMMIT"
        if commits:
            reached("before")
        cursor = super().execute(sql, *values)
        if commits:
            reached("after")
        return cursor


def _connection(file: DatabaseFile, patience: float = 10.0) -> sqlite3.Connection:
    return sqlite3.connect(
        file.path,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
        factory=_Connection,
    )


_runs = writer._runs
_transaction: Transaction | None = None


def _runs_at_moment(job: Any, transaction: Transaction) -> bool:
    global _transaction  # noqa: PLW0603  # of the one thread that writes
    if transaction is _transaction:  # a job of the same group ran before
        reached("batch")
    _transaction = transaction
    return _runs(job, transaction)


_broadcast = LiveSession.broadcast


def _broadcast_at_moment(session: LiveSession, frame: ServerFrame) -> None:
    if isinstance(frame, Event):
        reached("event")
    _broadcast(session, frame)


writer._runs = _runs_at_moment
DatabaseFile.connect_plain = _connection  # type: ignore[method-assign, assignment]
LiveSession.broadcast = _broadcast_at_moment  # type: ignore[method-assign, assignment]


class FailpointTutor:
    """Echoes the message letter by letter, with a failpoint after each letter."""

    async def reply(self, turn: Turn) -> AsyncIterator[str]:
        for letter in turn.message:
            yield letter
            reached("delta")
