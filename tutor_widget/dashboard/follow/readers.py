"""What learns from the reads of the follower, so that nothing is read twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from tutor_widget.server.store import Entry, Head, Listed, SessionKey

__all__ = ["Reader"]


class Reader(Protocol):
    """Folds what was read of one conversation after the other. Neither method waits."""

    def read(self, listed: Listed, head: Head, entries: Sequence[Entry]) -> Iterable[str]:
        """Take in a conversation's head, and the entries that are new since the last call for it.

        Returns the topics that have changed. It may be called without an entry, and with very many
        entries in several calls.
        """

    def forget(self, key: SessionKey) -> Iterable[str]:
        """Forget a conversation that was erased. Returns the topics that have changed."""
