"""Who holds a lease, and whether that process is provably gone.

A lease runs out by itself. But a tutor that was killed and started again should not wait for that:
a process of the same machine whose number no longer exists cannot come back.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from functools import cache
from pathlib import Path

__all__ = ["holder_name", "is_gone"]


@cache
def _here() -> str:
    """The space in which a process number means something: this boot, this pid namespace."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def holder_name() -> str:
    """A name for this process (and this store in it) that no other ever has."""
    return f"{os.getpid()}@{_here()}#{secrets.token_hex(4)}"


def is_gone(holder: str | None) -> bool:
    """True only if that process has certainly ended; in doubt False, and its lease runs out."""
    if holder is None:
        return True
    process, _, rest = holder.partition("@")
    place = rest.rpartition("#")[0]
    # On Windows os.kill(pid, 0) is no question but a signal.
    if place != _here() or sys.platform == "win32" or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
