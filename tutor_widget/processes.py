"""Whether a process is alive.

Journals and leases name their owner's process, and the other processes on the disk check it.

A process id means something in one place only: one boot of one machine, one space of process ids.
How a place and an owner are written into a file is the file's own business.
"""

from __future__ import annotations

import os
import platform
import sys
import uuid
from functools import cache
from pathlib import Path
from typing import Final

__all__ = ["here", "is_alive", "machine", "started"]

_SAME_START: Final = 2.0
"""Seconds by which two starts of one process may differ, because clocks are adjusted."""


@cache
def here() -> tuple[str, str] | None:
    """This boot and this space of process ids; None where the system does not tell (not Linux)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return boot, str(Path("/proc/self/ns/pid").readlink())
    except (OSError, ValueError):
        return None


@cache
def machine() -> tuple[str, str]:
    """The machine's name and hardware address, for where `here` is unknown."""
    return platform.node(), f"{uuid.getnode():x}"


def started() -> float | None:
    """When this process began (Unix seconds); None if that cannot be found out."""
    import psutil

    try:
        return psutil.Process().create_time()
    except (psutil.Error, OSError, RuntimeError):  # where /proc is not to be read
        return None


def is_alive(pid: int, since: float | None = None) -> bool:
    """Whether this place has such a process; in doubt True.

    ``since``: when it began. Process ids are given again; another start is another process.
    """
    try:
        return _exists(pid) and not _is_zombie(pid) and (since is None or _began_at(pid, since))
    except (OSError, RuntimeError, OverflowError, TypeError, ValueError):
        return True


def _exists(pid: int) -> bool:
    if pid <= 0:  # to `os.kill` these are groups of processes
        raise ValueError(pid)
    if sys.platform == "win32":  # where os.kill(pid, 0) is no question but a signal
        import psutil

        return psutil.pid_exists(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _is_zombie(pid: int) -> bool:
    """Whether it has ended, and only waits for its parent to ask how. In doubt False.

    In a container nobody may ever ask.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        # Its first thread may end before the others.
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.Error:
        return False


def _began_at(pid: int, since: float) -> bool:
    import psutil

    try:
        return abs(psutil.Process(pid).create_time() - since) < _SAME_START
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True
