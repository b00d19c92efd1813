"""The order of a learner's messages when some were refused for now (protocol.md §4).

Pure: time is an argument, in seconds of any monotonic clock.

A later message must not overtake one that was refused for now. So after such a refusal of X the
`Gate` of that connection stays shut for all messages but X, until X is sent again. If X is
withdrawn, or arrives through another connection, the next refused message takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Gate"]

MOST_BEHIND: Final = 1024
"""Refused messages that a gate remembers. No client has so many outstanding."""


@dataclass(slots=True)
class Gate:
    """The message that one connection must send again first, and the earliest time for it."""

    id: str | None = None
    until: float = 0.0
    _behind: dict[str, None] = field(default_factory=dict)
    """The messages that were refused after it, in order."""

    def shut(self, message_id: str, until: float) -> None:
        """Admit this message only, and not before ``until``."""
        self.id, self.until = message_id, until

    def open(self) -> None:
        """Admit all messages: the awaited one was sent again, and the others follow it."""
        self.id = None
        self._behind.clear()

    def passed(self, message_id: str) -> None:
        """Do not wait for this message: it was withdrawn, or committed through another connection.

        If it was the awaited one, the next refused message is awaited: messages already on their
        way must not overtake it.
        """
        self._behind.pop(message_id, None)
        if message_id == self.id:
            self.id = next(iter(self._behind), None)
            self._behind.pop(self.id or "", None)

    def wait(self, message_id: str, now: float) -> float:
        """Seconds until this message may be sent again; 0 if it is admitted now.

        Messages other than the awaited one are not admitted even after its time, and get at least
        0.1 s.
        """
        if self.id is None:
            return 0.0
        if message_id != self.id and len(self._behind) < MOST_BEHIND:
            self._behind[message_id] = None
        left = max(0.0, self.until - now)
        return left if message_id == self.id else max(0.1, left)
