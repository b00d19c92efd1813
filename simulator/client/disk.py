"""A disk in memory under the real journal: only what was synced is certain to stay.

For the length of a call, the modules' `os`, their clock and their knowledge of which processes live
are replaced by this disk's, and the folder they are given is a `Place`. So the project's own code
writes, reads, renames and adopts, and all of it is repeated by the seed.

A process can be killed between any two system calls (`calls_left`), also in the middle of a write.
After a power failure (`lose_power`), what was not fsynced is there, or torn, or missing; names that
were added or removed since the folder was last synced may be there or not.
"""

from __future__ import annotations

import errno
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from math import inf
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any, Final

from tutor_widget.client.outbox import journal, orphans, records
from tutor_widget.client.storage import files

COMPACT_FROM: Final = 600
"""Bytes from which journals are rewritten here: few, so that it happens often."""


class Died(BaseException):
    """The process was killed in the middle of a system call."""


@dataclass(eq=False, slots=True)
class Inode:
    """A file: its bytes, and those that no power failure takes."""

    number: int
    content: bytes = b""
    synced: bytes = b""
    mtime: float = 0.0

    @property
    def stat(self) -> SimpleNamespace:
        return SimpleNamespace(st_ino=self.number, st_mtime=self.mtime)


@dataclass(frozen=True, slots=True)
class Place:
    """A path on the disk; "" is the one folder. What journals need of `pathlib.Path`."""

    disk: Disk
    name: str

    def __truediv__(self, name: str) -> Place:
        return Place(self.disk, name)

    @property
    def suffix(self) -> str:
        return f".{self.name.rpartition('.')[2]}"

    @property
    def parent(self) -> Place:
        return Place(self.disk, "")

    def with_suffix(self, suffix: str) -> Place:
        return Place(self.disk, self.name.rpartition(".")[0] + suffix)

    def glob(self, pattern: str) -> list[Place]:
        return [Place(self.disk, name) for name in self.disk.names if fnmatchcase(name, pattern)]

    def stat(self) -> SimpleNamespace:
        return self.disk.find(self.name).stat

    def read_bytes(self) -> bytes:
        return self.disk.find(self.name).content

    def replace(self, target: Place) -> None:
        self.disk.rename(self.name, target.name)

    def unlink(self, *, missing_ok: bool = False) -> None:
        self.disk.unlink(self.name, missing_ok)


@dataclass(eq=False)
class Disk:
    """The disk and, to journals, the system around it."""

    random: Random
    clock: Callable[[], float]
    is_full: bool = False
    calls_left: int | None = None
    """System calls until the process that makes them is killed; None: never."""
    alive: dict[tuple[str, int], float] = field(default_factory=dict)
    """Processes that live: machine and number, and when they began."""
    account: str | None = None
    """The account that the learner's processes were welcomed as last."""
    met: Counter[str] = field(default_factory=Counter)
    """What of `endings.JOURNALS` was met."""
    names: dict[str, Inode] = field(default_factory=dict)
    _kept: dict[str, Inode] = field(default_factory=dict)  # the folder as it was last synced
    _open: dict[int, Inode | None] = field(default_factory=dict)  # None: the folder
    _count: int = 2

    @property
    def folder(self) -> Any:
        return Place(self, "")

    @contextmanager
    def used_by(self, machine: str, process: int) -> Iterator[None]:
        """Let the journal's code run on this disk, as that process."""
        system, clock = _System(self), SimpleNamespace(time=self.clock)
        chance = SimpleNamespace(token_hex=lambda n: f"{self.random.getrandbits(8 * n):x}")
        started = self.alive[machine, process]
        owner = {"machine": machine, "pid": process, "started": started}
        replaced: dict[ModuleType, dict[str, Any]] = {
            files: {"os": system, "time": clock, "private_folder": lambda folder: folder},
            journal: {
                "os": system,
                "time": clock,
                "secrets": chance,
                "COMPACT_FROM": COMPACT_FROM,
            },
            orphans: {"os": system, "time": clock},
            records: {
                "this_process": lambda: owner,
                "may_live": lambda other: self._may_live(other, machine),
            },
        }
        before = {
            module: {name: vars(module)[name] for name in names}
            for module, names in replaced.items()
        }
        for module, names in replaced.items():
            vars(module).update(names)
        try:
            yield
        finally:
            for module, names in before.items():
                vars(module).update(names)

    def _may_live(self, owner: dict[str, Any], machine: str) -> bool:
        if owner.get("machine") != machine:
            return True
        started = self.alive.get((machine, owner["pid"]), -inf)
        return bool(abs(started - owner["started"]) < 2)

    def waiting(self) -> set[str]:
        """The ids that any journal would bring back."""
        return {
            id
            for name in self.names
            if name.endswith(".journal")
            for id in records.read(self.folder / name).entries
        }

    def lose_power(self) -> None:
        """Keep what was synced; of the rest, some."""
        if self.random.random() < 0.5:
            self.names = dict(self._kept)
        for inode in self.names.values():
            kept = len(inode.synced) if inode.content.startswith(inode.synced) else 0
            torn = self.random.randint(kept, len(inode.content)) if kept else 0
            inode.content = inode.content[:torn] if kept else inode.synced
            inode.synced = inode.content
        self._kept = dict(self.names)

    # --- system calls ---------------------------------------------------------------------------

    def called(self) -> None:
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                self.calls_left = None
                if any(name.endswith(".draft") for name in self.names):
                    self.met["killed while it is rewritten"] += 1
                raise Died

    def find(self, name: str) -> Inode:
        try:
            return self.names[name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such file", name) from None

    def rename(self, old: str, new: str) -> None:
        self.called()
        if new in self.names:
            self.met["rewritten"] += 1
        self.names[new] = self.find(old)
        del self.names[old]

    def link(self, old: str, new: str) -> None:
        self.called()
        if new in self.names:
            raise FileExistsError(errno.EEXIST, "file exists", new)
        self.met["written to by an owner who was not dead"] += 1
        self.names[new] = self.find(old)

    def unlink(self, name: str, missing_ok: bool) -> None:
        self.called()
        if missing_ok and name not in self.names:
            return
        self.find(name)
        del self.names[name]

    def open(self, place: Place, flags: int) -> int:
        self.called()
        self._count += 1
        fd = self._count
        if not place.name:
            self._open[fd] = None
            return fd
        if flags & os.O_CREAT and place.name not in self.names:
            self.names[place.name] = Inode(fd, mtime=self.clock())
        inode = self._open[fd] = self.find(place.name)
        if flags & os.O_TRUNC:
            inode.content = b""
        return fd

    def write(self, fd: int, data: bytes) -> int:
        inode = self._open[fd]
        assert inode is not None
        data = bytes(data)
        some = self.random.randint(0, len(data))
        if self.is_full:
            inode.content += data[:some]
            raise OSError(errno.ENOSPC, "No space left on device")
        try:
            self.called()
        except Died:
            inode.content += data[:some]
            raise
        data = data if some % 4 else data[: max(1, some)]  # a write may be short
        inode.content += data
        inode.mtime = self.clock()
        return len(data)

    def fsync(self, fd: int) -> None:
        self.called()
        inode = self._open[fd]
        if inode is None:
            self._kept = dict(self.names)
        else:
            inode.synced = inode.content

    def close(self, fd: int) -> None:
        del self._open[fd]

    def touch(self, fd: int) -> None:
        inode = self._open[fd]
        assert inode is not None
        inode.mtime = self.clock()

    def inode(self, fd: int) -> Inode:
        inode = self._open[fd]
        assert inode is not None
        return inode


class _System:
    """What journals need of `os`."""

    O_WRONLY, O_RDONLY, O_CREAT, O_TRUNC = os.O_WRONLY, os.O_RDONLY, os.O_CREAT, os.O_TRUNC
    path = SimpleNamespace(samestat=lambda one, other: one.st_ino == other.st_ino)

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.write, self.fsync, self.close = disk.write, disk.fsync, disk.close
        self.supports_fd = {self.utime}

    def open(self, place: Place, flags: int, mode: int = 0o600) -> int:
        return self._disk.open(place, flags)

    def link(self, old: Place, new: Place) -> None:
        self._disk.link(old.name, new.name)

    def utime(self, fd: int) -> None:
        self._disk.touch(fd)

    def fstat(self, fd: int) -> SimpleNamespace:
        return self._disk.inode(fd).stat

    def fdopen(self, fd: int, mode: str) -> io.BytesIO:
        return io.BytesIO()  # what was set aside is for people to look at
