"""The journal's task of one process: writes the real journal in groups, and adopts others.

What `tutor_widget.client.outbox.journal_task` does on a thread this does in simulated time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from simulator.client.disk import Disk
from simulator.environment import Environment
from tutor_widget.client.outbox.journal import TOUCH_EVERY, Journal
from tutor_widget.client.outbox.records import read
from tutor_widget.session import Entry, Session
from tutor_widget.session import effects as do
from tutor_widget.session import events as ev


class JournalOwner(Protocol):
    """The client, as its journal sees it."""

    environment: Environment
    name: str
    machine: str
    process: int
    session: Session
    fsync_takes: float
    promised: set[str]
    started_at: float
    is_new: bool
    journal_task: JournalTask

    @property
    def peers(self) -> Sequence[JournalOwner]: ...

    def step(self, event: ev.Happened) -> list[do.Effect]: ...

    def soon(self, delay: float, act: Callable[[], object], *, on_disk: bool = False) -> None: ...

    def on_disk(self) -> AbstractContextManager[None]: ...


class JournalTask:
    """See the module. It is made and used as its process (`Disk.used_by`)."""

    def __init__(self, owner: JournalOwner, disk: Disk, key: str) -> None:
        self.is_writing = False
        self._owner = owner
        self._disk = disk
        self._journal = Journal(disk.folder, key)
        self._put: dict[str, Entry] = {}
        self._gone: set[str] = set()
        self._is_tending = self._foreign = self._write_fails = self._erasure_fails = False

    @property
    def is_safe(self) -> bool:
        """Whether the last write succeeded."""
        return not self._write_fails

    def save(self, entry: Entry) -> None:
        """Write the entry soon; `Saved` follows."""
        self._put[entry.id] = entry
        self._gone.discard(entry.id)
        self._write_soon()

    def forget(self, id: str) -> None:
        """The entry is settled."""
        self._put.pop(id, None)
        self._gone.add(id)
        self._write_soon()

    def erase(self, account: str | None) -> None:
        """Delete what is the account's or no account's soon, and forget what is unwritten."""
        self._put = {}
        self._owner.soon(self._owner.fsync_takes, lambda: self._erase(account), on_disk=True)

    def adopt(self) -> None:
        """Take what processes left that are gone."""
        with self._owner.on_disk():
            self._look_around()
            entries, self._foreign = self._journal.adopt(self._owner.session.account)
        self._count_adopted()
        if entries:
            self._owner.step(ev.Loaded(tuple(entries)))
        self._tend_later()

    # --- writing --------------------------------------------------------------------------------

    def _write_soon(self) -> None:
        """One turn of group commit: all that has gathered, one fsync."""
        if self.is_writing or not (self._put or self._gone or self._write_fails):
            return
        self.is_writing = True
        self._owner.soon(0.0, self._begin_to_write)

    def _begin_to_write(self) -> None:
        put, gone = self._put, self._gone
        self._put, self._gone = {}, set()
        self._owner.soon(self._owner.fsync_takes, lambda: self._write(put, gone), on_disk=True)

    def _write(self, put: dict[str, Entry], gone: set[str]) -> None:
        self._note_lapse()
        try:
            self._journal.write(list(put.values()), sorted(gone))
            self._write_fails = False
            self._owner.promised |= put.keys()
        except OSError as error:
            self._owner.environment.record(self._owner.name, f"cannot write its journal: {error}")
            self._write_fails = True
        self.is_writing = False
        self._owner.step(ev.Saved(tuple(put)))
        if self._put or self._gone:
            self._write_soon()
        self._tend_later()

    def _erase(self, *accounts: str | None) -> None:
        found, failure = self._journal.erase(*accounts)
        self._erasure_fails = failure is not None
        if found:
            self._owner.step(ev.Loaded(tuple(found)))
        self._tend_later()

    # --- from time to time ----------------------------------------------------------------------

    def _tend_later(self) -> None:
        fails = self._write_fails or self._erasure_fails
        busy = not self._journal.is_empty or self._foreign or fails
        if busy and not self._is_tending:
            self._is_tending = True
            self._owner.soon(TOUCH_EVERY, self._tend, on_disk=True)

    def _tend(self) -> None:
        """Show that the owner lives; adopt the journals of those that do not."""
        self._is_tending = False
        self._note_lapse()
        self._journal.touch()
        self.adopt()
        if self._write_fails:
            self._write_soon()
        if self._erasure_fails:
            self._erase()
        self._tend_later()

    def _note_lapse(self) -> None:
        if self._journal.lapsed:
            self._owner.step(ev.Orphaned())

    # --- what of `endings.JOURNALS` was met -------------------------------------------------------

    def _look_around(self) -> None:
        met, what, me = self._disk.met, "of an equal process id on another machine", self._owner
        for path in self._disk.folder.glob("*.journal") if not met[what] else ():
            owner = read(path).owner or {}
            met[what] += owner.get("pid") == me.process and owner["machine"] != me.machine

    def _count_adopted(self) -> None:
        mine, me = self._journal.orphans._adopted.keys(), self._owner
        for other in me.peers:
            if other is me:
                continue
            theirs = other.journal_task._journal
            if theirs.path in mine and not other.is_new:
                self._disk.met["adopted though its owner lives"] += 1
            if mine & theirs.orphans._adopted.keys() and me.started_at == other.started_at:
                self._disk.met["adopted by two who start together"] += 1
