"""Who holds a lease, and whether that process is provably gone.

A lease runs out by itself. But a tutor that was killed and started again should not wait for that:
a process of the same machine whose number no longer exists cannot come back.
"""

from __future__ import annotations

import os
import secrets
import socket

from tutor_widget import processes

__all__ = ["is_gone", "lease_owner_name"]


def _here() -> str:
    place = processes.here()
    return "/".join(place) if place else socket.gethostname()


def lease_owner_name() -> str:
    """A name for this process (and this store in it) that no other ever has."""
    return f"{os.getpid()}@{_here()}#{secrets.token_hex(4)}"


def is_gone(owner: str | None) -> bool:
    """True only if that process has certainly ended; in doubt False, and its lease runs out."""
    if owner is None:
        return True
    process, _, rest = owner.partition("@")
    if rest.rpartition("#")[0] != _here() or not process.isdecimal():
        return False
    return not processes.is_alive(int(process))
