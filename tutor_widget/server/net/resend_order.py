"""The order of a learner's messages when some were refused for now (protocol.md §4).

Pure: time is an argument, in seconds of any monotonic clock.

A later message must not overtake one that was refused for now. So after such a refusal of X the
`Gate` of that connection stays shut for all messages but X, until X is sent again. If X is
withdrawn, or arrives through another connection, the next refused message takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import Final

__all__ = ["Gate"]

MOST_BEHIND: Final = 1024
"""Refused messages that a gate remembers. No client has so many outstanding."""


@dataclass(slots=True)
class Gate:
    """The message that one connection must send again first, and the earliest time for it."""

    until: float = 0.0
    _taken: dict[str, None] = field(default_factory=dict)
    """Messages that were taken and refused later, in order. They were sent before the others."""
    _refused: dict[str, None] = field(default_factory=dict)
    """Messages that were refused when they came, in order."""

    @property
    def id(self) -> str | None:
        """The message that is awaited, or None if all are admitted."""
        return next(chain(self._taken, self._refused), None)

    def shut(self, message_id: str, until: float) -> None:
        """Admit this message only, and not before ``until``."""
        self._refused = {message_id: None}
        self.until = until

    def shut_before(self, message_id: str, until: float) -> None:
        """Admit this message before all others. It had been taken, and is refused after all."""
        self._taken[message_id] = None
        self.until = until

    def open(self) -> None:
        """Admit all messages: the awaited one was sent again, and the others follow it."""
        self._taken.clear()
        self._refused.clear()

    def passed(self, message_id: str) -> None:
        """Do not wait for this message: it was withdrawn, or committed through another connection.

        If it was the awaited one, the next refused message is awaited: messages already on their
        way must not overtake it.
        """
        self._taken.pop(message_id, None)
        self._refused.pop(message_id, None)

    def wait(self, message_id: str, now: float) -> float:
        """Seconds until this message may be sent again; 0 if it is admitted now.

        Messages other than the awaited one are not admitted even after its time, and get at least
        0.1 s.
        """
        if (awaited := self.id) is None:
            return 0.0
        if message_id not in self._taken and len(self._refused) < MOST_BEHIND:
            self._refused[message_id] = None
        left = max(0.0, self.until - now)
        return left if message_id == awaited else max(0.1, left)
