"""The store in one SQLite file.

WAL with ``synchronous=FULL``: a commit that was reported has reached the disk, and readers do not
wait for the writer. WAL needs memory shared by all processes on the file. A network file system has
none, so there the file has a rollback journal instead.

Several processes may use one file at once (two notebooks, each with its embedded tutor). They see
each other's commits by ``PRAGMA data_version``, which changes only when *another* connection
commits. So the check is cheap while no other process writes.

    sessions    one row each: epoch, last seq, state, lease owner and its expiry
    events      the logs
    waiting     learners' messages without an answer: attempts, and whether Stop was pressed
    withdrawn   ids that are never written
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from asyncio import Future
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from tutor_widget.server.store.contract import (
    Answer,
    Answered,
    Busy,
    Claim,
    Head,
    Kept,
    Message,
    Outcome,
    StoreError,
)
from tutor_widget.server.store.lease_owner import is_gone, lease_owner_name
from tutor_widget.wire import Event

from .filesystem import is_on_network, make_private
from .fork_guard import IN_USE
from .schema import (
    EVENT,
    SCHEMA,
    VERSION,
    count_attempt,
    find,
    now,
    read_head,
    take_events,
    to_json,
    to_object,
    write_event,
    write_state,
)
from .writer import Writer

__all__ = ["SQLiteStore"]

T = TypeVar("T")
_BUSY: Final = 1.0
"""Seconds that one attempt waits for another process's lock."""


class SQLiteStore:
    """A `Store` in the file ``path``. Make one with `open_file`, and close it with `close`."""

    lease = 10.0

    def __init__(self, path: Path, on_commit: Callable[[float, int], None]) -> None:
        self.path = path
        self.on_network = is_on_network(path)
        self.poll = 1.0 if self.on_network else 0.25
        self._owner = lease_owner_name()
        self._writer = Writer(self._connect, on_commit)
        self._reader = ThreadPoolExecutor(1, "tutor-reader")
        self._reading: sqlite3.Connection | None = None
        self._data_version = 0

    @classmethod
    async def open_file(
        cls,
        path: Path | str,
        on_commit: Callable[[float, int], None] = lambda seconds, jobs: None,
    ) -> SQLiteStore:
        """Open the file. A new one, and its folder, are made for their owner only.

        ``on_commit(seconds, writes)`` is called on the writer's thread after each commit.
        Raises StoreError, a sentence for the operator, if the file cannot be opened.
        """

        def prepared() -> SQLiteStore:
            store = cls(Path(path), on_commit)
            store._prepare()
            return store

        try:
            store = await asyncio.to_thread(prepared)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(code="database_unusable", file=str(path), detail=str(error)) from error
        store._writer.start()
        await store.others_committed()  # later commits of others count from here
        return store

    def _prepare(self) -> None:
        make_private(self.path)
        with IN_USE:
            self._prepare_schema()

    def _prepare_schema(self) -> None:
        connection = self._connect()
        try:
            connection.execute("BEGIN IMMEDIATE")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise StoreError(
                    code="database_newer", file=str(self.path), format=version, known=VERSION
                )
            if version == 0:
                for statement in SCHEMA.split(";")[:-1]:
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute("COMMIT")
        finally:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = self._plain_connection(_BUSY)
        # Not DELETE: after a power failure an unlinked journal could exist again.
        connection.execute(f"PRAGMA journal_mode = {'TRUNCATE' if self.on_network else 'WAL'}")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _plain_connection(self, patience: float) -> sqlite3.Connection:
        return sqlite3.connect(
            self.path, timeout=patience, isolation_level=None, check_same_thread=False
        )

    # --- sessions ---------------------------------------------------------------------------------

    def open(self, account: str, name: str) -> Future[Head]:
        def job(db: sqlite3.Connection) -> Head:
            db.execute(
                "INSERT OR IGNORE INTO sessions (account, name, epoch) VALUES (?, ?, ?)",
                (account, name, secrets.token_urlsafe(9)),
            )
            (key,) = db.execute(
                "SELECT key FROM sessions WHERE account = ? AND name = ?", (account, name)
            ).fetchone()
            return read_head(db, key)

        return self._writer.submit(job)

    async def head(self, key: int) -> Head:
        return await self._read(lambda db: read_head(db, key))

    # --- the learner's messages -------------------------------------------------------------------

    def append(self, key: int, message: Message) -> Future[Outcome]:
        def job(db: sqlite3.Connection) -> Outcome:
            if (known := find(db, key, message.id, message.text)) is not None:
                return known
            context = to_json(message.context) if message.context else None
            event = write_event(db, key, message.id, "learner", message.text, context=context)
            db.execute(
                "INSERT INTO waiting (session, seq, id) VALUES (?, ?, ?)",
                (key, event.seq, event.id),
            )
            return Kept(event, fresh=True)

        return self._writer.submit(job)

    def withdraw(self, key: int, message_id: str) -> Future[Outcome]:
        def job(db: sqlite3.Connection) -> Outcome:
            known = find(db, key, message_id)
            if known is None:
                db.execute("INSERT INTO withdrawn VALUES (?, ?)", (key, message_id))
            return known or "withdrawn"

        return self._writer.submit(job)

    def stop(self, key: int, message_id: str) -> Future[bool]:
        def job(db: sqlite3.Connection) -> bool:
            update = "UPDATE waiting SET stopped = 1 WHERE session = ? AND id = ?"
            return db.execute(update, (key, message_id)).rowcount > 0

        return self._writer.submit(job)

    async def find(self, key: int, message_id: str, text: str | None = None) -> Outcome | None:
        return await self._read(lambda db: find(db, key, message_id, text))

    # --- reading ----------------------------------------------------------------------------------

    async def read(self, key: int, after: int, limit: int, size: int) -> Sequence[Event]:
        query = f"SELECT {EVENT} FROM events WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
        return await self._read(lambda db: take_events(db, query, (key, after, limit), size))

    async def read_before(self, key: int, before: int, limit: int, size: int) -> Sequence[Event]:
        query = (
            f"SELECT {EVENT} FROM events WHERE session = ? AND seq < ? ORDER BY seq DESC LIMIT ?"  # noqa: S608
        )
        newest_first = await self._read(
            lambda db: take_events(db, query, (key, before, limit), size)
        )
        return newest_first[::-1]

    # --- answers ----------------------------------------------------------------------------------

    def greet(self, key: int, answer: Answer) -> Future[Answered | None]:
        def job(db: sqlite3.Connection) -> Answered | None:
            if find(db, key, answer.id) is not None:
                return None
            event = write_event(db, key, answer.id, "tutor", answer.text, answer.status)
            return Answered(event, write_state(db, key, answer.state))

        return self._writer.submit(job)

    def claim(self, key: int) -> Future[Claim | Busy | None]:
        def job(db: sqlite3.Connection) -> Claim | Busy | None:
            if (busy := self._take_lease(db, key)) is not None:
                return busy
            row = db.execute(
                f"SELECT {EVENT}, context, attempts, stopped, state FROM waiting"  # noqa: S608
                " JOIN events USING (session, seq, id) JOIN sessions ON key = session"
                " WHERE session = ? ORDER BY seq LIMIT 1",
                (key,),
            ).fetchone()
            if row is None:
                self._drop_lease(db, key)
                return None
            event = Event(*row[:7])
            context, attempts, stopped, state = row[7:]
            count_attempt(db, key, event.id, +1)
            message = Message(event.id, event.text, to_object(context))
            return Claim(message, event, attempts + 1, bool(stopped), to_object(state))

        return self._writer.submit(job)

    def renew(self, key: int) -> Future[bool]:
        return self._writer.submit(lambda db: self._take_lease(db, key) is None)

    def answer(self, key: int, answer: Answer) -> Future[Answered | None]:
        def job(db: sqlite3.Connection) -> Answered | None:
            if self._take_lease(db, key) is not None:
                return None
            done = db.execute(
                "DELETE FROM waiting WHERE session = ? AND id = ?", (key, answer.re)
            ).rowcount
            if not done:  # another node had the lease meanwhile and has answered
                return None
            event = write_event(db, key, answer.id, "tutor", answer.text, answer.status, answer.re)
            return Answered(event, write_state(db, key, answer.state))

        return self._writer.submit(job)

    def release(self, key: int, unbegun: str | None = None) -> Future[None]:
        def job(db: sqlite3.Connection) -> None:
            if self._drop_lease(db, key) and unbegun is not None:
                count_attempt(db, key, unbegun, -1)

        return self._writer.submit(job)

    async def unanswered(self) -> Sequence[tuple[str, str]]:
        query = (
            "SELECT account, name, holder, until FROM sessions"
            " WHERE key IN (SELECT session FROM waiting) ORDER BY key"
        )

        def job(db: sqlite3.Connection) -> Sequence[tuple[str, str]]:
            rows = db.execute(query).fetchall()
            return [(account, name) for account, name, *lease in rows if self._is_free(*lease)]

        return await self._read(job)

    def _take_lease(self, db: sqlite3.Connection, key: int) -> Busy | None:
        query = "SELECT holder, until FROM sessions WHERE key = ?"
        owner, until = db.execute(query, (key,)).fetchone()
        if not self._is_free(owner, until):
            return Busy(max(0.0, (until - now()) / 1000))
        db.execute(
            "UPDATE sessions SET holder = ?, until = ? WHERE key = ?",
            (self._owner, now() + round(self.lease * 1000), key),
        )
        return None

    def _drop_lease(self, db: sqlite3.Connection, key: int) -> bool:
        update = "UPDATE sessions SET holder = NULL, until = 0 WHERE key = ? AND holder = ?"
        return db.execute(update, (key, self._owner)).rowcount > 0

    def _is_free(self, owner: str | None, until: int) -> bool:
        return owner in (None, self._owner) or until <= now() or is_gone(owner)

    # --- other processes, failures, closing -------------------------------------------------------

    async def others_committed(self) -> bool:
        def job(db: sqlite3.Connection) -> int:
            (version,) = db.execute("PRAGMA data_version").fetchone()
            return int(version)

        # Not compared inside the job: a job that is rolled back runs again.
        version = await self._writer.submit(job, writes=False)
        before, self._data_version = self._data_version, version
        return before != version

    def stalled(self) -> float:
        return self._writer.stalled()

    async def close(self) -> None:
        await self._writer.close()
        await asyncio.to_thread(self._reader.shutdown)
        if self._reading is not None:
            self._reading.close()

    async def _read(self, job: Callable[[sqlite3.Connection], T]) -> T:
        def run() -> T:
            try:
                with IN_USE:
                    if self._reading is None:
                        self._reading = self._plain_connection(10 * _BUSY)
                    return job(self._reading)
            except sqlite3.Error as error:
                raise StoreError(f"The store cannot be read: {error}.") from error

        return await asyncio.get_running_loop().run_in_executor(self._reader, run)
