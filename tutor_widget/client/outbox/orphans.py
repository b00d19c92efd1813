"""Journals that other processes left: which may be adopted, and which can go.

It must be right on an NFS home that pods share, where locks, process ids and host names prove
nothing. So no process writes to another's file. A process *adopts* a journal whose owner is gone:
it copies the messages, under their ids, into its own, and deletes the file only when all of them
are settled. If the owner lives after all, a message is sent twice under one id, which is harmless.
A living owner touches its non-empty journal (`journal.TOUCH_EVERY`). A journal counts as orphaned
when it was untouched for `ORPHANED_AFTER` s, and at once if its owner has released it, or ran on
this machine and is provably gone.

Journals belong to accounts: each message names its account once a server has named it. Until then
only this process knows, by the credentials that a journal was written with, whose it is. A client
with other credentials leaves it alone, unless all of it belongs to the account that was welcomed.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Collection, Hashable, Iterable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from tutor_widget.client.storage.files import delete, modified, remove, sweep_drafts
from tutor_widget.session import Entry, Message

from . import records
from .records import Owner

ORPHANED_AFTER: Final = 120.0

_writers: Final[dict[Path, Hashable]] = {}
"""The credentials with which this process wrote each of its journals. Never in a file."""


class Found(NamedTuple):
    """What `Orphans.adopt` found."""

    entries: list[Entry]
    """Oldest first. The caller copies them."""
    may_live: bool
    """Whether journals remain whose owners may live."""
    unread: list[OSError]
    """Why journals could not be read that may be read later."""


class Orphans:
    """The other journals of one session, and those of them that were adopted.

    ``own`` is the journal into which they are copied, ``writer`` stands for its credentials.
    """

    def __init__(self, own: Path, key: str, writer: Hashable) -> None:
        self._own = own
        self._folder = own.parent
        self._key = key
        self._writer = writer
        self._adopted: dict[Path, _Adopted] = {}
        self.has_passed_over = False
        """Whether the last look found messages that only other credentials may adopt."""
        self.damaged = 0
        """Lines that could not be read, in all journals seen so far."""
        self.aside: Path | None = None
        """The file that holds the last of them; None if there were none."""

    def claim_own(self) -> None:
        """The own journal is about to be written, with our credentials."""
        _writers[self._own] = self._writer

    def adopt(self, account: str | None) -> Found:
        """Read the orphans that were not adopted yet.

        ``account`` was welcomed; None: no account was yet.
        """
        found: dict[str, Entry] = {}
        turn: dict[str, int] = {}
        taken: dict[Path, _Adopted] = {}
        may_live = has_passed_over = False
        unread: list[OSError] = []
        sweep_drafts(self._folder, self._key, ORPHANED_AFTER)
        for path in sorted(self._folder.glob(f"{self._key}.*.journal"), key=modified):
            if path == self._own or path in self._adopted:
                continue
            try:
                entries, owner, damaged, _ = records.read(path)
            except FileNotFoundError:
                continue
            except OSError as error:
                unread.append(error)
                continue
            if not self._may_adopt(path, entries, account):
                has_passed_over |= bool(entries)
                continue
            if not is_orphan(path, owner):
                may_live = True
                continue
            if damaged:
                self._set_aside(path, damaged)
            if entries:
                found |= {id: adopted(entry) for id, entry in entries.items()}
                # Within a journal the order of lines counts: the clock may have been set back.
                turns = accumulate((entry.at for entry in entries.values()), max)
                turn |= dict(zip(entries, turns, strict=True))
            if entries or not drop(path):
                taken[path] = _Adopted(frozenset(entries), set(entries))
        self._adopted |= taken  # now that nothing can go wrong any more
        self.has_passed_over = has_passed_over
        oldest_first = sorted(found.values(), key=lambda entry: turn[entry.id])
        return Found(oldest_first, may_live, unread)

    def settle(self, ids: Iterable[str]) -> None:
        """These messages are settled: delete the adopted journals of which nothing waits."""
        for path, journal in list(self._adopted.items()):
            journal.waiting.difference_update(ids)
            if not journal.waiting:
                del self._adopted[path]
                _settle(path, journal.ids)

    def take_over(self, older: Orphans, known: Collection[str], live: Collection[str]) -> None:
        """Settle from now on what the older had adopted, as far as its messages are among ours.

        ``known`` messages were handed over: those that do not live any more are settled.
        """
        self._adopted.pop(older._own, None)
        for path, journal in older._adopted.items():
            waiting = {id for id in journal.waiting if id in live or id not in known}
            if path != self._own and waiting <= set(live):
                self._adopted.setdefault(path, _Adopted(journal.ids, waiting))
        self.settle(())

    def erase(self, kept: Collection[str], *, are_copied: bool) -> list[OSError]:
        """Delete all that orphans left, except messages of these ids that were not copied yet.

        What belongs to a living process or to other credentials stays. Returns what went wrong;
        nothing else is left undone.
        """
        failures: list[OSError] = []
        for path, journal in list(self._adopted.items()):
            journal.waiting.intersection_update(kept)
            if (are_copied or not journal.waiting) and self._remove_orphan(path, failures):
                del self._adopted[path]
        files = set(self._folder.glob(f"{self._key}.*"))
        for path in files:
            if path == self._own.with_suffix(".draft"):
                _remove(path, failures)
            elif path.suffix == ".draft":
                self._remove_orphan(path, failures)
            elif path.suffix == ".damaged" and path.with_suffix(".journal") not in files:
                self._remove_damaged(path, failures)
        return failures

    def _remove_orphan(self, path: Path, failures: list[OSError]) -> bool:
        """Delete a journal or a draft whose owner does not live. Returns whether it is gone."""
        try:
            if not is_orphan(path, records.read(path).owner):
                return False  # its owner slept, and erases its own
        except FileNotFoundError:
            return True
        except OSError as error:
            failures.append(error)
            return False
        return _remove(path, failures)

    def _remove_damaged(self, path: Path, failures: list[OSError]) -> None:
        if _writers.get(path, self._writer) != self._writer:
            return
        if _remove(path, failures) and path == self.aside:
            self.aside = None

    def _may_adopt(self, path: Path, entries: dict[str, Entry], account: str | None) -> bool:
        """Whether the journal may belong to this account, as far as this process knows."""
        if _writers.get(path, self._writer) == self._writer:
            return True
        return account is not None and all(entry.account == account for entry in entries.values())

    def _set_aside(self, path: Path, lines: list[bytes]) -> None:
        self.damaged += len(lines)
        self.aside = aside = path.with_suffix(".damaged")
        _writers[aside] = self._writer
        with contextlib.suppress(OSError), _create(aside) as file:
            file.writelines(lines)


def adopted(entry: Entry) -> Entry:
    """The entry as another process takes it over: a server may have a message of it, and only the
    server knows that it never received one."""
    return replace(entry, transmitted=True) if isinstance(entry, Message) else entry


class _Adopted(NamedTuple):
    """The ids of all messages of an adopted journal, and of those that still wait."""

    ids: frozenset[str]
    waiting: set[str]


def drop(path: Path) -> bool:
    """Delete a journal. If that fails, it is found again later, and does no harm.

    Returns whether it is gone.
    """
    if not delete(path):
        return False
    _writers.pop(path, None)
    return True


def _remove(path: Path, failures: list[OSError]) -> bool:
    try:
        remove(path)
    except OSError as error:
        failures.append(error)
        return False
    _writers.pop(path, None)
    return True


def _settle(path: Path, adopted: frozenset[str]) -> None:
    """Delete an adopted journal when all of it is settled.

    Its owner may have slept, not died, and may have written more since: then the file stays.
    """
    taken = path.with_suffix(".settled.journal")
    # From here on the owner finds the name gone, and writes all living messages to a new file. What
    # it wrote before is in the file that we hold.
    with contextlib.suppress(OSError):  # else it is found again later
        path.replace(taken)
        if not records.read(taken).entries.keys() <= adopted:
            # Give it back to the owner, unless a new file exists by now, which holds all of it.
            with contextlib.suppress(FileExistsError):
                os.link(taken, path)
        taken.unlink()


def is_orphan(path: Path, owner: Owner | None) -> bool:
    """Whether a journal of this owner has lost it."""
    # A time in the future comes from a clock that was set: it proves as little as an old one.
    if owner is None or abs(time.time() - modified(path)) > ORPHANED_AFTER:
        return True
    return not records.may_live(owner)


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
