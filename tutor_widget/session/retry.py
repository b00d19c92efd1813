"""The retry policy: whether and when to dial again after a connection ended (protocol section 6).

`endings.policy_for` says what an ending means by itself. What it means now depends on what came
before, and that is kept here: whether a server ever said welcome, what the connection proved, how
often it failed, whether the token is new, whether the server announced the close.

The wait is an exponential backoff with full jitter. The n-th wait is uniform in
[0, min(cap, 0.5 s · 2ⁿ)], the first (n = 0) uniform in [0, max(0.5 s, spread)]. *Spread* is the
number of seconds over which the server wants its clients to come back: a large class returns no
faster than its server takes it, a single learner within seconds.
"""

from __future__ import annotations

from math import inf
from typing import Final

from tutor_widget.wire import Bye

from .endings import LONGEST_ASKED, MISDIRECTED_WAIT, Policy, Recovery

BASE: Final = 0.5
"""Seconds: the longest first wait where the server names no spread."""
LONGEST_SPREAD: Final = 300.0
PATIENT_AFTER: Final = 600.0
"""Seconds without a welcome after which the cap rises to `PATIENT_CAP`."""
PATIENT_CAP: Final = 60.0
NEVER_WELCOMED_CAP: Final = 15.0
LEAST_CAP: Final = 5.0
PROVEN_AFTER: Final = 10.0
"""Seconds after which a welcomed connection has proved itself."""
NUDGED_EVERY: Final = 1.0
"""Seconds within which a second nudge does nothing."""


class RetryPolicy:
    """The memory of one session's connections. Times in seconds of one monotonic clock."""

    def __init__(self, now: float) -> None:
        self.retry_at = now
        self.failures = 0
        """Waits since a connection last proved itself: the n of the backoff."""
        self._floor = now  # no nudge shortens the wait below this time
        self._nudged_at = -inf
        self._ever_welcomed = False
        self._unwelcomed_since = now  # the last welcomed connection ended, or one was requested
        self._spread = 0.0
        self._renewed = False  # the token is new, and nothing has proved it good since
        # Of the present connection:
        self._welcomed_at: float | None = None
        self._proven = False
        self._bye: Bye | None = None

    # --- what happened --------------------------------------------------------------------------

    def requested(self, now: float) -> None:
        """The program or the learner asks for a connection."""
        self._renewed = False
        self._unwelcomed_since = now

    def dialled(self) -> None:
        """Another connection begins. It has proved nothing yet."""
        self._welcomed_at = None
        self._proven = False
        self._bye = None

    def welcomed(self, now: float, spread: float) -> None:
        """A server said welcome. This alone resets nothing: a flapping server says it each time."""
        self._ever_welcomed = True
        self._welcomed_at = now
        self._spread = min(max(spread, 0.0), LONGEST_SPREAD)

    def progressed(self) -> None:
        """This connection brought the log or the outbox forward."""
        self._proven = True

    @property
    def is_ending(self) -> bool:
        """Whether the server has announced that it will close this connection."""
        return self._bye is not None

    def announced(self, bye: Bye) -> None:
        """The server is about to close, and says when to come back."""
        self._bye = bye

    def disconnected(self, now: float, *, honest: bool = True) -> None:
        """The connection, or the attempt, is over. Reset the backoff if it proved itself.

        ``honest`` is false where the server broke the protocol or contradicted itself: then nothing
        that it did or said before counts.
        """
        if self._welcomed_at is not None:
            self._unwelcomed_since = now
            self._proven = self._proven or now - self._welcomed_at >= PROVEN_AFTER
            self._welcomed_at = None
        if not honest:
            self._proven, self._bye = False, None
        if self._proven:
            self.failures = 0
            self._renewed = False

    # --- what to do -----------------------------------------------------------------------------

    def decide(self, policy: Policy, now: float, chance: float) -> Recovery:
        """What comes next: RETRY at `retry_at`, RENEW, FATAL or ERASED.

        ``chance`` is uniform in [0, 1).
        """
        bye = self._bye
        match policy.recovery:
            case Recovery.RENEW if not self._renewed:
                self._renewed = True
                return Recovery.RENEW
            case Recovery.RENEW:
                return Recovery.FATAL
            case Recovery.MISDIRECTED if not self._ever_welcomed:
                return Recovery.FATAL
            case Recovery.MISDIRECTED:
                shortest, longest = MISDIRECTED_WAIT
                self._wait(now, 0.0, shortest + chance * (longest - shortest))
            case Recovery.RETRY if bye is not None:
                # A bye names the wait. A server that sends one to every client, before any gets
                # anywhere, is a flapping one: from the second time on the backoff is added.
                first = self.failures == 0
                due = 0.0 if self._proven else self._backoff(now, chance)
                spread = min(max(bye.spread, 0.0), LONGEST_SPREAD)
                away = min(bye.retry_after, LONGEST_ASKED)
                asked = max(policy.floor, away + chance * spread)
                self._wait(now, asked, 0.0 if first else due)
            case Recovery.RETRY:
                self._wait(now, policy.floor, self._backoff(now, chance))
            case Recovery.FATAL | Recovery.ERASED:
                return policy.recovery
        return Recovery.RETRY

    def no_token_now(self, now: float, chance: float) -> None:
        """The source of the token is unreachable: wait, and ask it again at the next dial.

        The count of refusals is not reset: what the source returns then counts as the new token.
        """
        self._wait(now, 0.0, self._backoff(now, chance))

    def _wait(self, now: float, floor: float, due: float) -> None:
        self._floor = now + floor
        self.retry_at = self._floor + due

    def _backoff(self, now: float, chance: float) -> float:
        """The next wait in seconds; it counts as a failure."""
        first = max(BASE, self._spread)
        longest = min(self._cap(now), BASE * 2.0**self.failures) if self.failures else first
        self.failures = min(self.failures + 1, 1000)  # 2.0**1024 would overflow
        return chance * longest

    def _cap(self, now: float) -> float:
        if now - self._unwelcomed_since >= PATIENT_AFTER:
            return PATIENT_CAP
        if not self._ever_welcomed:
            return NEVER_WELCOMED_CAP
        return max(LEAST_CAP, 4 * self._spread)

    def nudge(self, now: float, *, by_message: bool) -> bool:
        """Shorten the wait as far as the floor allows. Returns whether it is over."""
        least = max(NUDGED_EVERY, self._spread) if by_message else NUDGED_EVERY
        if now - self._nudged_at < least:
            return False
        self._nudged_at = now
        self.retry_at = max(now, self._floor)
        return self.retry_at <= now
