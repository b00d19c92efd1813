"""What is in flight on the present connection, and how long the queue waits after a refusal.

In flight: transmitted on this connection, neither acknowledged nor refused. Two things delay what
is behind it:

*A hold*: after `refused` with `retry_after` the server refuses everything behind that message too.
The queue waits for each of those refusals, then begins again with the oldest of the refused: so
nothing overtakes, and what came before them meanwhile, from a journal, waits for its turn.

*A withdrawal in flight*: a withdrawal behind its own message ends, at the server, a hold that the
client has not heard of yet. Nothing more is sent until both are answered, so that nothing overtakes
a refused message.
"""

from __future__ import annotations

from typing import Final

from tutor_widget.session.endings import LONGEST_ASKED

LEAST_HOLD: Final = 0.1
"""Seconds of the first hold, doubled for each fruitless one: otherwise "at once" is a busy loop."""
MOST_DOUBLINGS: Final = 6


class Flight:
    """The messages and withdrawals in flight, by the message's id. Times in seconds."""

    def __init__(self) -> None:
        self.sent_at: dict[str, float] = {}
        """When the message, or else its withdrawal, was transmitted."""
        self._withdrawn: set[str] = set()  # withdrawals transmitted here
        self._behind: set[str] = set()  # those behind their own message, with neither answered
        self._refused: set[str] = set()  # for a while, here, and not transmitted since
        self._hold_until: float | None = None
        self._hold_least: float = 0.0
        self._fruitless = 0  # holds in a row, with nothing taken between them

    def sent(self, id: str, now: float) -> None:
        """The message was transmitted."""
        self.sent_at[id] = now
        self._refused.discard(id)

    def withdrawn(self, id: str, now: float) -> None:
        """The message's withdrawal was transmitted."""
        self._withdrawn.add(id)
        if id in self.sent_at:
            self._behind.add(id)
        else:
            self.sent_at[id] = now

    def is_withdrawn(self, id: str) -> bool:
        """Whether the message's withdrawal is in flight."""
        return id in self._withdrawn

    def is_refused(self, id: str) -> bool:
        """Whether the server may refuse all other messages until this one comes again."""
        return id in self._refused

    @property
    def is_blocked(self) -> bool:
        """A withdrawal is behind its own message: no other message may be sent."""
        return bool(self._behind)

    def settled(self, id: str) -> None:
        """The message was acknowledged, refused for good, or left the queue."""
        self.sent_at.pop(id, None)
        self._withdrawn.discard(id)
        self._behind.discard(id)
        self._refused.discard(id)

    def taken(self) -> None:
        """Something left the queue: the next hold is not a fruitless one."""
        self._fruitless = 0

    def refused(self, id: str, now: float, retry_after: float) -> bool:
        """The message was refused for a while. False if its withdrawal is still in flight."""
        if self._hold_until is None:
            self._hold_least = now + LEAST_HOLD * 2 ** min(self._fruitless, MOST_DOUBLINGS)
            self._fruitless += 1
        self._hold_until = max(self._hold_least, now + min(retry_after, LONGEST_ASKED))
        if id in self._behind:
            self._behind.discard(id)
            return False
        self.settled(id)
        self._refused.add(id)
        return True

    @property
    def held_until(self) -> float | None:
        """When the hold ends; None if there is none, or if refusals are still to come."""
        return None if self.sent_at else self._hold_until

    def is_held(self, now: float) -> bool:
        """Whether the queue must wait. A hold that is over is forgotten."""
        if self._hold_until is None:
            return False
        if self.sent_at or now < self._hold_until:
            return True
        self._hold_until = None
        return False

    def release(self) -> None:
        """The hold was another account's: it does not delay the present one's messages."""
        self._hold_until, self._fruitless = None, 0

    def clear(self) -> None:
        """The connection is over: nothing is in flight any more. A hold goes on."""
        self.sent_at.clear()
        self._withdrawn.clear()
        self._behind.clear()
        self._refused.clear()
