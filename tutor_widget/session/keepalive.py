"""Detects a dead connection by its silence (protocol section 5).

Anything received is proof of life. After some silence a ping is due. If nothing comes for some
seconds more, the connection is dead, whatever TCP says. Both times are shorter while a message or a
reply is under way, because then a learner waits for it.

After a sleep of the machine, or a stall of the process, silence says nothing: nothing could be
received. So the client then pings anew, and judges nothing before that ping could be answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple


class Spans(NamedTuple):
    """Seconds of silence before a ping, and from the ping to giving up."""

    quiet: float
    patience: float


IDLE: Final = Spans(10.0, 5.0)
BUSY: Final = Spans(2.0, 4.0)
UNACKNOWLEDGED: Final = 30.0
"""Seconds that a message may stay unacknowledged while pongs come."""
BYTES_PER_SECOND: Final = 16 << 10
"""Bytes still to be written ahead of a ping extend its time limit at this rate."""


@dataclass(slots=True)
class Keepalive:
    """One connection's silence. All times in seconds of one monotonic clock."""

    heard_at: float
    busy_since: float | None = None
    give_up_at: float | None = None  # a ping is out, and nothing was heard since
    spared_until: float = 0.0
    # Only once between two receptions: a clock that keeps jumping must not keep a connection.
    is_spared: bool = False

    def heard(self, now: float) -> None:
        """Bytes came: data or pong."""
        self.heard_at = now
        self.give_up_at = None
        self.is_spared = False

    def woke(self, now: float) -> None:
        """The machine slept, or the process stood still: an earlier ping no longer counts."""
        if not self.is_spared:
            self.is_spared = True
            self.give_up_at = None
            self.spared_until = now + self._spans.patience

    def busy(self, is_busy: bool, now: float) -> None:
        """A message is unacknowledged or a reply is under way, or no longer."""
        if not is_busy:
            self.busy_since = None
        elif self.busy_since is None:
            self.busy_since = now

    def pinged(self, now: float, backlog: int) -> None:
        """A ping was written behind ``backlog`` bytes that wait in the socket's buffer."""
        if self.give_up_at is not None:  # else something was received already, perhaps the pong
            self.give_up_at = now + self._spans.patience + backlog / BYTES_PER_SECOND

    @property
    def _spans(self) -> Spans:
        return IDLE if self.busy_since is None else BUSY

    @property
    def deadline(self) -> float:
        """When to ping, or, with a ping out, when to give up."""
        if self.give_up_at is not None:
            return self.give_up_at
        idle = self.heard_at + IDLE.quiet
        if self.busy_since is None:
            return idle
        # A client that becomes busy after a long silence must not notice later than an idle one.
        return min(idle, max(self.heard_at, self.busy_since) + BUSY.quiet)

    def acknowledged_by(self, transmitted_at: float) -> float:
        """When the connection counts as dead because of a message sent then and unacknowledged."""
        return max(transmitted_at + UNACKNOWLEDGED, self.spared_until)

    def is_over(self, now: float) -> bool:
        """A ping went unanswered for too long."""
        return self.give_up_at is not None and now >= self.give_up_at

    def probe(self, now: float) -> bool:
        """Whether to ping now; False if a ping is out already."""
        if self.give_up_at is not None:
            return False
        self.give_up_at = now + self._spans.patience  # `pinged` corrects it
        return True
