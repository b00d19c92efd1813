"""The journal: the file in which a learner's message or request becomes durable.

It holds the messages and the requests that no server has acknowledged yet: its *entries*. There is
one for each (server, session) and process. `Journal.write` returns once its records are on the disk
(fsync).

`records` has the format of its lines, `orphans` the journals of other processes, and `journal_task`
the task that decides when this one is written.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Collection, Hashable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from tutor_widget.client.storage.files import (
    APPENDING,
    remove,
    replace_by,
    sync_folder,
    write_draft,
    write_durably,
)
from tutor_widget.session import Entry

from . import records
from .orphans import ORPHANED_AFTER, Orphans, adopted, drop

TOUCH_EVERY: Final = 30.0
COMPACT_FROM: Final = 256 << 10
"""Bytes from which a journal is rewritten when most of it is settled."""


class Erasure(NamedTuple):
    """What `Journal.erase` did."""

    found: list[Entry]
    """Entries of other accounts that were copied from orphans, as `Journal.adopt` copies them."""
    failure: Exception | None
    """Why something could not be deleted yet: call `Journal.erase` again. Else None."""


class Journal:
    """One process's journal of one session, and the orphans it adopted.

    ``writer`` stands for the credentials that it is written with. ``origin`` returns the session
    that it is of, and is called on the disk's thread. The methods block on the disk and raise
    OSError; call them from one thread at a time.
    """

    def __init__(
        self,
        folder: Path,
        key: str,
        writer: Hashable = None,
        origin: Callable[[], records.Origin] | None = None,
    ) -> None:
        self.path: Final = folder / f"{key}.{secrets.token_hex(8)}.journal"
        self.orphans: Final = Orphans(self.path, key, writer)
        self._origin = origin
        self._live: dict[str, Entry] = {}
        self._fd: int | None = None
        self._size = 0
        self._touched_at: float | None = None  # None: there is no file of ours
        self._may_have_file = False  # under our name, with entries that are not settled
        self._erasures: list[str | None] = []  # the accounts of those that are not finished

    @property
    def is_empty(self) -> bool:
        """Whether no entry waits in it."""
        return not self._live

    @property
    def lapsed(self) -> bool:
        """Whether it was untouched for so long, in a frozen process or a sleeping machine, that
        another process may have adopted it and sent its entries."""
        if not self._live or self._touched_at is None:
            return False
        return abs(time.time() - self._touched_at) > ORPHANED_AFTER / 2

    # --- writing --------------------------------------------------------------------------------

    def write(self, put: Iterable[Entry], gone: Iterable[str] = ()) -> None:
        """Record entries as they are now, and settled ones; durable on return.

        After an error the next call writes all living entries anew.
        """
        put, gone = list(put), list(gone)
        for entry in put:
            self._live[entry.id] = entry
        for id in gone:
            self._live.pop(id, None)
        try:
            self.orphans.settle(gone)  # even if the write below fails
            self._record([*map(records.put, put), *map(records.gone, gone)])
        except Exception:
            self._close()
            raise

    def _record(self, lines: list[bytes]) -> None:
        if not self._live:
            # A power failure may bring the name back: then the file says that all is settled.
            is_settled = self._append(lines)
            self._close()
            if is_settled:
                drop(self.path)
                self._may_have_file = False
            else:
                self._remove()  # or the next owner would find entries that are settled
            self._touched_at = None
        elif self._is_bloated() or not self._append(lines):
            self._rewrite()

    def _append(self, lines: list[bytes]) -> bool:
        """Append the lines. Returns whether they are on the disk, in a file that is still ours."""
        if self._fd is None:
            return False
        with contextlib.suppress(OSError):  # also if the file was deleted on another machine
            data, now = b"".join(lines), time.time()
            write_durably(self._fd, data)
            self._size += len(data)
            if not data:
                self.touch()
            # An adopter may have deleted it, before or meanwhile.
            if os.path.samestat(self.path.stat(), os.fstat(self._fd)):
                self._touched_at = now
                return True
        return False

    def _rewrite(self) -> None:
        """Write all living entries to a new file, then replace the old one by it."""
        self._close()
        self.orphans.claim_own()
        head = [] if self._origin is None else [records.comes_from(self._origin())]
        data = b"".join([records.owned(), *head, *map(records.put, self._live.values())])
        draft, now = self.path.with_suffix(".draft"), time.time()
        write_draft(draft, data)
        self._may_have_file = True
        replace_by(draft, self.path)
        self._touched_at = now
        self._fd = os.open(self.path, APPENDING)
        self._size = len(data)

    def _remove(self) -> None:
        """Delete the file, if there may be one. Where nothing can be written there is none, and
        that is no failure. Raises OSError."""
        if self._may_have_file:
            remove(self.path)
            drop(self.path)
            self._may_have_file = False

    def _is_bloated(self) -> bool:
        if self._size <= COMPACT_FROM:
            return False
        return self._size > 4 * sum(len(m.text.encode()) + 256 for m in self._live.values())

    def touch(self) -> None:
        """Show that the owner lives. Call this every `TOUCH_EVERY` s while it is not empty."""
        if self._fd is not None:
            now = time.time()
            os.utime(self._fd if os.utime in os.supports_fd else self.path)
            self._touched_at = now

    def close(self) -> None:
        """Stop writing. Unsettled entries stay for the next owner, which may take them at once."""
        if self._live:
            self._append([records.released()])
        self._close()

    def _close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with contextlib.suppress(OSError):
                os.close(fd)

    # --- adopting and erasing -------------------------------------------------------------------

    def adopt(self, account: str | None = None) -> tuple[list[Entry], bool]:
        """Copy orphaned journals of this session into this one, durably.

        ``account`` was welcomed; None: no account was yet. Returns the copied entries, oldest
        first, and whether journals remain whose owners may live.
        """
        if self._erasures:
            return [], True  # orphans may hold what must not come back
        found = self.orphans.adopt(account)
        new = self._copy(found.entries)
        if new:
            try:
                self._rewrite()
            except Exception:  # noqa: BLE001 - they are safe where they are; the next write tells
                self._close()
        return new, found.may_live or bool(found.unread)

    def take_over(self, older: Journal, known: Collection[str]) -> tuple[list[Entry], bool]:
        """Copy what a closed journal of this process holds into this one, durably; delete it.

        ``known``: the entries that were handed over already. They were written here, or are
        settled and must not come back. Returns the others, which are copied, and whether the older
        is gone: if not, call this again.
        """
        if self._erasures:
            return [], False
        try:
            entries = records.read(older.path).entries
        except FileNotFoundError:
            entries = {}
        except OSError:
            return [], False
        others = [entry for id, entry in entries.items() if id not in known]
        new = self._copy(map(adopted, others))
        try:
            if self._live:
                self._rewrite()
        except Exception:  # noqa: BLE001 - they are safe where they are; the next write tells
            self._close()
            return new, False
        self.orphans.take_over(older.orphans, known, self._live.keys())
        return new, drop(older.path)

    def _copy(self, entries: Iterable[Entry]) -> list[Entry]:
        """Make adopted entries ours, in memory; return those that were not."""
        new = [entry for entry in entries if entry.id not in self._live]
        if new:
            # Adopted entries come first, in the file as in the queue.
            self._live = {entry.id: entry for entry in new} | self._live
        return new

    def erase(self, *accounts: str | None) -> Erasure:
        """Delete what belongs to the accounts, or to none, here and in the orphans that they may
        adopt.

        What is of other accounts stays: it is copied into this journal before an orphan goes.
        Living owners erase their own. None: the account is not known.

        Every step is tried, whichever fails, and each call finishes what earlier ones could not
        delete. What was written since then stays.
        """
        for account in accounts:
            self._live = {id: m for id, m in self._live.items() if not _is_of(account, m)}
        self._erasures += accounts
        failures: list[Exception] = []
        new: list[Entry] = []
        for account in self._erasures:
            found = self.orphans.adopt(account)
            failures += found.unread
            new += self._copy(m for m in found.entries if not self._is_erased(m))
        try:
            if self._live:
                self._rewrite()
            else:
                self._close()
                self._remove()
                self._touched_at = None
        except Exception as error:  # noqa: BLE001 - it is returned
            self._close()
            failures.append(error)
            are_copied = False
        else:
            are_copied = True
        failures += self.orphans.erase(self._live.keys(), are_copied=are_copied)
        sync_folder(self.path.parent)  # a power failure brings no name back
        if not failures:
            self._erasures.clear()
        return Erasure(new, failures[0] if failures else None)

    def _is_erased(self, entry: Entry) -> bool:
        return any(_is_of(account, entry) for account in self._erasures)


def _is_of(account: str | None, entry: Entry) -> bool:
    """Whether the entry goes when the account's conversation is erased."""
    return entry.account in (None, account)
