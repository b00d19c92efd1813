"""The order in which a learner's messages come in when some were refused for now.

Pure: time is an argument, in seconds of any steady clock.

A message refused "for now" must not be overtaken by one typed later. So after such a refusal of X
the `Gate` of that connection stays shut for all but X, until X has come again. Where X was
withdrawn, or came by another connection, the next that was refused takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Gate"]

MOST_BEHIND: Final = 1024
"""Refused messages that a gate remembers: more than any client has outstanding."""


@dataclass(slots=True)
class Gate:
    """The message that one connection must send again first, and when."""

    id: str | None = None
    until: float = 0.0
    _behind: dict[str, None] = field(default_factory=dict)
    """What was refused behind it, in order."""

    def shut(self, message_id: str, until: float) -> None:
        self.id, self.until = message_id, until

    def open(self) -> None:
        """The awaited message came again, and the others come behind it."""
        self.id = None
        self._behind.clear()

    def passed(self, message_id: str) -> None:
        """That message is settled without coming again: withdrawn, or committed for another client.

        Then the next that was refused is awaited: what is under way already must not overtake it.
        """
        self._behind.pop(message_id, None)
        if message_id == self.id:
            self.id = next(iter(self._behind), None)
            self._behind.pop(self.id or "", None)

    def wait(self, message_id: str, now: float) -> float:
        """Seconds for which this message may not come; 0 if it may.

        Others than the awaited one wait even if its time has come, and are told at least 0.1 s.
        """
        if self.id is None:
            return 0.0
        if message_id != self.id and len(self._behind) < MOST_BEHIND:
            self._behind[message_id] = None
        left = max(0.0, self.until - now)
        return left if message_id == self.id else max(0.1, left)
