"""The name of a lease owner, and whether its process has provably ended.

A lease expires by itself. A server that was killed and started again need not wait for that: a
process of the same machine whose id no longer exists cannot come back.
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
    """A unique name for one store in this process."""
    return f"{os.getpid()}@{_here()}#{secrets.token_hex(4)}"


def is_gone(owner: str | None) -> bool:
    """True if the owner's process has certainly ended. In doubt False: the lease expires."""
    if owner is None:
        return True
    process, _, rest = owner.partition("@")
    if rest.rpartition("#")[0] != _here() or not process.isdecimal():
        return False
    return not processes.is_alive(int(process))
