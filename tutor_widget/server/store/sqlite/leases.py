"""Assignments to the row of a session whose lease is taken or has ended."""

from __future__ import annotations

from typing import Final

__all__ = ["ENDED", "TAKEN"]

TAKEN: Final = "owner = ?, until = ?, fence = fence + 1"
"""With `Lease.values`."""
ENDED: Final = "owner = NULL, until = 0, fence = fence + 1"
