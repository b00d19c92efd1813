"""Whether and when to come back after a connection is over (protocol section 6).

`endings.policy_for` says what an ending means by itself. What it means *now* depends on what came
before, and that is kept here: whether a server ever said welcome, what the connection proved, how
often it failed, whether the token is a fresh one, whether the server announced its going.
"""

from __future__ import annotations

from math import inf
from typing import Final

from tutor_widget.wire import Bye

from .backoff import LONGEST_SPREAD, Backoff
from .endings import LONGEST_ASKED, MISDIRECTED_WAIT, Policy, Recovery

PROVEN_AFTER: Final = 10.0
"""Seconds after which a welcomed connection has proved itself."""
NUDGED_EVERY: Final = 1.0
"""Seconds within which a second nudge does nothing."""


class Comeback:
    """The memory of one session's connections. Times in seconds of one monotonic clock."""

    def __init__(self, now: float) -> None:
        self.retry_at = now
        self._floor = now  # no nudge goes below
        self._nudged_at = -inf
        self._backoff = Backoff(now)
        self._ever_welcomed = False
        self._renewed = False  # the token is a new one, and nothing has proved it good since
        # Of the present connection:
        self._welcomed_at: float | None = None
        self._proven = False
        self._bye: Bye | None = None

    # --- what happened --------------------------------------------------------------------------

    def wanted(self, now: float) -> None:
        """The program or the learner asks for a connection."""
        self._renewed = False
        self._backoff.out_since(now)

    def dialled(self) -> None:
        """Another connection begins, with nothing to its credit."""
        self._welcomed_at = None
        self._proven = False
        self._bye = None

    def welcomed(self, now: float, spread: float) -> None:
        """A server said welcome."""
        self._ever_welcomed = True
        self._welcomed_at = now
        self._backoff.welcomed(spread)

    def progressed(self) -> None:
        """This connection brought the log or the outbox forward."""
        self._proven = True

    def announced(self, bye: Bye) -> None:
        """The server is about to close, and says when to come back."""
        self._bye = bye

    def parted(self, now: float, *, honest: bool = True) -> None:
        """The connection, or the try, is over: forgive, if it proved itself.

        ``honest`` is false where the server broke the protocol or contradicted itself: then nothing
        that it did or said before counts.
        """
        if self._welcomed_at is not None:
            self._backoff.out_since(now)
            self._proven = self._proven or now - self._welcomed_at >= PROVEN_AFTER
            self._welcomed_at = None
        if not honest:
            self._proven, self._bye = False, None
        if self._proven:
            self._backoff.forgive()
            self._renewed = False

    # --- what to do -----------------------------------------------------------------------------

    def decide(self, policy: Policy, now: float, chance: float) -> Recovery:
        """What comes next: RETRY at `retry_at`, RENEW, FATAL or ERASED."""
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
                # A bye names the wait. A server that says it to all who come, before they get
                # anywhere, is a flapping one: from the second time on the backoff is added.
                first = self._backoff.n == 0
                due = 0.0 if self._proven else self._backoff.wait(now, chance)
                spread = min(max(bye.spread, 0.0), LONGEST_SPREAD)
                away = min(bye.retry_after, LONGEST_ASKED)
                asked = max(policy.floor, away + chance * spread)
                self._wait(now, asked, 0.0 if first else due)
            case Recovery.RETRY:
                self._wait(now, policy.floor, self._backoff.wait(now, chance))
            case Recovery.FATAL | Recovery.ERASED:
                return policy.recovery
        return Recovery.RETRY

    def no_token_now(self, now: float, chance: float) -> None:
        """The source of the token is unreachable: wait, and ask it again."""
        self._renewed = False
        self._wait(now, 0.0, self._backoff.wait(now, chance))

    def _wait(self, now: float, floor: float, due: float) -> None:
        self._floor = now + floor
        self.retry_at = self._floor + due

    def nudge(self, now: float, *, by_message: bool) -> bool:
        """Shorten the wait as far as it may be; whether it is over."""
        least = max(NUDGED_EVERY, self._backoff.spread) if by_message else NUDGED_EVERY
        if now - self._nudged_at < least:
            return False
        self._nudged_at = now
        self.retry_at = max(now, self._floor)
        return self.retry_at <= now
