"""The lease of a session: which node may write the next answer in it, and how long."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tutor_widget.server.store.lease_owner import is_gone

from .transaction import now

__all__ = ["ENDED", "TAKEN", "Lease", "is_free"]

TAKEN: Final = "owner = ?, until = ?, fence = fence + 1"
"""Assignments to the session's row, with `Lease.values`."""
ENDED: Final = "owner = NULL, until = 0, fence = fence + 1"


class Lease(Struct, frozen=True):
    """What a node writes for a lease that it takes: its name, and for how long (ms)."""

    owner: str
    duration: int

    def values(self, now: int) -> tuple[str, int]:
        """Owner and end of the lease if it is taken at the time ``now``."""
        return self.owner, now + self.duration


def is_free(owner: str | None, until: int) -> bool:
    """Whether nobody has the lease: it has expired, or its owner's process has ended."""
    return owner is None or until <= now() or is_gone(owner)
