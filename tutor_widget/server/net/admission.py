"""Which of a learner's messages may come in now: the rate, and the order when it is exceeded.

Pure: time is an argument, in seconds of any steady clock.

A message refused "for now" must not be overtaken by one typed later. So after such a refusal of X
the `Gate` of that connection stays shut for all but X, until X has come again. Where X was
withdrawn, or came by another connection, the next that was refused takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

__all__ = ["Bucket", "Gate"]

MOST_BEHIND: Final = 1024
"""Refused messages that a gate remembers: more than any client has outstanding."""


class Bucket:
    """A token bucket: ``rate`` messages a minute, up to ``rate`` of them at once; 0: no limit."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._tokens = max(1.0, rate)
        self._at = now

    def take(self, now: float) -> bool:
        """Take one message's token, if there is one."""
        if self._rate <= 0:
            return True
        self._tokens = min(max(1.0, self._rate), self._tokens + self._gained(now))
        self._at = now
        if self._tokens < 1 - 1e-6:  # one who comes exactly in time finds the whole token
            return False
        self._tokens -= 1
        return True

    def give_back(self) -> None:
        """Undo a `take`: the message was a repeat, which costs nothing."""
        self._tokens += 1

    def wait(self, now: float) -> float:
        """Seconds until the next token."""
        if self._rate <= 0:
            return 0.0
        missing = 1 - self._tokens - self._gained(now)
        return max(0.0, missing * 60 / self._rate)

    def _gained(self, now: float) -> float:
        return (now - self._at) * self._rate / 60


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
