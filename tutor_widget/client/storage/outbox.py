"""The durable queue: a journal on disk of the messages that no server has acknowledged yet.

One append-only file for each (server, session) and process. Each line is a record with a checksum:

    1f0c83aa {"put":{"id":"…","text":"…","at":…,"status":"queued",…}}
    8a3be112 {"gone":"…"}

`Outbox.write` returns once the records are on the disk (fsync). Reading takes every line with a
right checksum; other lines are torn or damaged. They are set aside and reported, and never fatal.

It must be right on an NFS home that pods share, where locks, process ids and host names prove
nothing. So no process writes to another's file. A process *adopts* a journal whose owner is gone:
it copies the messages, under their ids, into its own, and deletes the file only when all of them
are settled. If the owner lives after all, a message is sent twice under one id, which is harmless.
A living owner touches its non-empty journal every `TOUCH_EVERY` s. A journal counts as orphaned
when it was untouched for `ORPHANED_AFTER` s, and at once if its owner has released it, or ran on
this machine and is provably gone.

Journals belong to accounts: each message names its account once a server has named it. Until then
only this process knows, by the credentials that a journal was written with, whose it is. A client
with other credentials leaves it alone, unless all of it belongs to the account that was welcomed.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
import zlib
from collections.abc import Callable, Hashable, Iterable
from dataclasses import asdict, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from tutor_widget import processes, words
from tutor_widget.session import Message

from .folders import private_folder, sync_folder

TOUCH_EVERY: Final = 30.0
ORPHANED_AFTER: Final = 120.0
COMPACT_FROM: Final = 256 << 10
"""Bytes from which a journal is rewritten when most of it is settled."""
_FLAGS: Final = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)


_writers: Final[dict[Path, Hashable]] = {}
"""The credentials with which this process wrote each of its journals. Never in a file."""


class Outbox:
    """One process's journal of one session, and the orphans it adopted.

    ``writer`` stands for the credentials that it is written with. The methods block on the disk and
    raise OSError; call them from one thread at a time.
    """

    def __init__(self, folder: Path, key: str, writer: Hashable = None) -> None:
        self._writer = writer
        self._folder = folder
        self._key = key
        self._path = folder / f"{key}.{secrets.token_hex(8)}.journal"
        self._live: dict[str, Message] = {}
        self._fd: int | None = None
        self._size = 0
        self._touched_at = 0.0
        self._orphans: dict[Path, _Orphan] = {}
        self.damaged = 0
        """Lines that could not be read, in all journals seen so far."""
        self.aside: Path | None = None
        """The file that holds the last of them; None if there were none."""

    @property
    def is_empty(self) -> bool:
        """Whether no message waits in it."""
        return not self._live

    @property
    def lapsed(self) -> bool:
        """Whether it was untouched for so long, in a frozen process or a sleeping machine, that
        another process may have adopted it and sent its messages."""
        return bool(self._live) and abs(time.time() - self._touched_at) > ORPHANED_AFTER / 2

    # --- writing --------------------------------------------------------------------------------

    def write(self, put: Iterable[Message], gone: Iterable[str] = ()) -> None:
        """Record messages as they are now, and settled ones; durable on return.

        After an OSError the next call writes all living messages anew.
        """
        put, gone = list(put), list(gone)
        for message in put:
            self._live[message.id] = message
        for id in gone:
            self._live.pop(id, None)
        self._settle_orphans(gone)  # even if the write below fails
        self._touched_at = time.time()
        lines = [_put_line(message) for message in put]
        lines += [_line({"gone": id}) for id in gone]
        if not self._live:
            # A power failure may bring the name back: then the file says that all is settled.
            self._append(lines)
            self._remove()
        elif self._is_bloated() or not self._append(lines):
            self._rewrite()

    def _append(self, lines: list[bytes]) -> bool:
        """Append the lines. Returns whether they are on the disk, in a file that is still ours."""
        if self._fd is None:
            return False
        with contextlib.suppress(OSError):  # also if the file was deleted on another machine
            self._put_bytes(self._fd, b"".join(lines))
            # An adopter may have deleted it, before or meanwhile.
            return os.path.samestat(self._path.stat(), os.fstat(self._fd))
        return False

    def _rewrite(self) -> None:
        """Write all living messages to a new file, then replace the old one by it."""
        self._close()
        _writers[self._path] = self._writer
        private_folder(self._folder)
        draft = self._path.with_suffix(".draft")
        self._size = 0
        lines = [_line({"owner": _owner()})]
        lines += [_put_line(message) for message in self._live.values()]
        try:
            fd = os.open(draft, _FLAGS | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                self._put_bytes(fd, b"".join(lines))
            finally:
                os.close(fd)  # Windows renames no open file
            draft.replace(self._path)
            self._fd = os.open(self._path, _FLAGS)
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            raise
        sync_folder(self._folder)

    def _put_bytes(self, fd: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(fd, rest) :]
        os.fsync(fd)
        self._size += len(data)

    def _is_bloated(self) -> bool:
        if self._size <= COMPACT_FROM:
            return False
        return self._size > 4 * sum(len(m.text.encode()) + 256 for m in self._live.values())

    def touch(self) -> None:
        """Show that the owner lives. Call this every `TOUCH_EVERY` s while it is not empty."""
        self._touched_at = time.time()
        if self._fd is not None:
            os.utime(self._fd if os.utime in os.supports_fd else self._path)

    def close(self) -> None:
        """Stop writing. Unsettled messages stay for the next owner, which may take them at once."""
        if self._live:
            self._append([_line({"owner": None})])
        self._close()

    def erase(self, account: str | None = None) -> None:
        """Delete the account's messages here and in orphaned journals; living owners erase theirs.

        Those of other accounts stay. None: the account is not known, and nothing stays.
        """

        def stay(messages: dict[str, Message]) -> dict[str, Message]:
            others = {id: m for id, m in messages.items() if m.account not in (None, account)}
            return {} if account is None else others

        self._live = stay(self._live)
        if self._live:
            self._rewrite()
        else:
            self._remove()
        for path in self._folder.glob(f"{self._key}.*"):
            if path == self._path:
                continue
            # What stays of an adopted orphan is in our own journal by now.
            if path.suffix != ".journal" or path in self._orphans or self._may_erase(path, stay):
                _delete(path)
        self._orphans.clear()

    def _may_erase(self, path: Path, stay: Callable[[dict[str, Message]], object]) -> bool:
        try:
            messages, owner, _ = _read(path)
        except OSError:
            return False
        is_ours = _writers.get(path, self._writer) == self._writer
        return is_ours and _is_orphan(path, owner) and not stay(messages)

    def _remove(self) -> None:
        self._close()
        _delete(self._path)

    def _close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with contextlib.suppress(OSError):
                os.close(fd)

    # --- adopting -------------------------------------------------------------------------------

    def adopt(self, account: str | None = None) -> tuple[list[Message], bool]:
        """Copy orphaned journals of this session into this one, durably.

        ``account`` was welcomed; None: no account was yet. Returns the copied messages, oldest
        first, and whether journals remain whose owners may live.
        """
        found: dict[str, Message] = {}
        turn: dict[str, int] = {}
        remain = False
        self._sweep()
        for path in sorted(self._folder.glob(f"{self._key}.*.journal"), key=_modified):
            if path == self._path or path in self._orphans:
                continue
            try:
                messages, owner, damaged = _read(path)
            except FileNotFoundError:
                continue
            except OSError:
                remain = True  # what cannot be read now may be read later
                continue
            if not self._may_adopt(path, messages, account):
                continue
            if not _is_orphan(path, owner):
                remain = True
                continue
            if damaged:
                self._set_aside(path, damaged)
            if messages:
                # A server may have them: only it knows that it never received one.
                found |= {id: replace(m, transmitted=True) for id, m in messages.items()}
                # Within a journal the order of lines counts: the clock may have been set back.
                turns = accumulate((m.at for m in messages.values()), max)
                turn |= dict(zip(messages, turns, strict=True))
                self._orphans[path] = _Orphan(frozenset(messages), set(messages))
            else:
                _delete(path)
        new = sorted(
            (m for m in found.values() if m.id not in self._live), key=lambda m: turn[m.id]
        )
        if new:
            # Adopted messages come first, in the file as in the queue.
            self._live = {m.id: m for m in new} | self._live
            self._touched_at = time.time()
            try:
                self._rewrite()
            except OSError:
                self._close()  # they are safe where they are
        return new, remain

    def _may_adopt(self, path: Path, messages: dict[str, Message], account: str | None) -> bool:
        """Whether the journal may belong to this account, as far as this process knows."""
        if _writers.get(path, self._writer) == self._writer:
            return True
        return account is not None and all(m.account == account for m in messages.values())

    def _sweep(self) -> None:
        """Delete the drafts of processes that were killed while they wrote."""
        for draft in self._folder.glob(f"{self._key}.*.draft"):
            if time.time() - _modified(draft) > ORPHANED_AFTER:
                _delete(draft)

    def _settle_orphans(self, gone: Iterable[str]) -> None:
        for path, orphan in list(self._orphans.items()):
            orphan.waiting.difference_update(gone)
            if not orphan.waiting:
                del self._orphans[path]
                _settle(path, orphan.adopted)

    def _set_aside(self, path: Path, lines: list[bytes]) -> None:
        self.damaged += len(lines)
        self.aside = aside = path.with_suffix(".damaged")
        with contextlib.suppress(OSError), _create(aside) as file:
            file.writelines(lines)


class _Orphan(NamedTuple):
    """An adopted journal: the ids of all its messages, and of those that still wait."""

    adopted: frozenset[str]
    waiting: set[str]


def _settle(path: Path, adopted: frozenset[str]) -> None:
    """Delete an adopted journal when all of it is settled.

    Its owner may have slept, not died, and may have written more since: then the file stays.
    """
    taken = path.with_suffix(".settled.journal")
    # From here on the owner finds the name gone, and writes all living messages to a new file. What
    # it wrote before is in the file that we hold.
    with contextlib.suppress(OSError):  # else it is found again later
        path.replace(taken)
        if not _read(taken)[0].keys() <= adopted:
            # Give it back to the owner, unless a new file exists by now, which holds all of it.
            with contextlib.suppress(FileExistsError):
                os.link(taken, path)
        taken.unlink()


def _read(path: Path) -> tuple[dict[str, Message], dict[str, Any] | None, list[bytes]]:
    """A journal's living messages, its owner (None: released), and the lines that cannot be read.

    Raises OSError.
    """
    messages: dict[str, Message] = {}
    owner: dict[str, Any] | None = {}
    damaged: list[bytes] = []
    for line in path.read_bytes().splitlines(keepends=True):
        match _record(line):
            case {"put": Message() as message}:
                messages[message.id] = message
            case {"gone": id}:
                messages.pop(id, None)
            case {"owner": owner}:
                pass
            case None:
                damaged.append(line)
    return messages, owner, damaged


def _put_line(message: Message) -> bytes:
    # Version 0.1 knows no codes, and shows the reason alone.
    reason = message.reason or words.sentence(message.code)
    return _line({"put": asdict(message) | {"reason": reason}})


def _line(record: dict[str, Any]) -> bytes:
    body = json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(body), body)


def _record(line: bytes) -> dict[str, Any] | None:
    checksum, _, body = line.rstrip(b"\n").partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(body) or not line.endswith(b"\n"):
            return None
        record = json.loads(body)
        if not isinstance(record, dict):
            return None
        if "put" in record:  # another version may have written unknown keys
            record["put"] = msgspec.convert(record["put"], Message)
        if not isinstance(record.get("gone", ""), str):
            return None
        if not isinstance(record.get("owner"), dict | None):
            return None
    except (ValueError, TypeError):
        return None
    return record


def _create(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb")


def _delete(path: Path) -> None:
    """Delete the file. If that fails, it is found again later, and does no harm."""
    with contextlib.suppress(OSError):
        path.unlink()
        _writers.pop(path, None)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _is_orphan(path: Path, owner: dict[str, Any] | None) -> bool:
    # A time in the future comes from a clock that was set: it proves as little as an old one.
    if owner is None or abs(time.time() - _modified(path)) > ORPHANED_AFTER:
        return True
    return bool(owner) and owner.get("machine") == _machine() and not _lives(owner)


def _owner() -> dict[str, Any]:
    started = processes.started()
    if started is None:
        return {}
    return {"machine": _machine(), "pid": os.getpid(), "started": started}


def _machine() -> str:
    return " ".join(processes.here() or processes.machine())


def _lives(owner: dict[str, Any]) -> bool:
    try:
        return processes.is_alive(owner["pid"], float(owner.get("started", 0.0)))
    except (LookupError, TypeError, ValueError, OverflowError):
        return True  # nothing is proved
