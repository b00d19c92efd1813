"""The circuit breaker: an endpoint that fails each answer is left alone for a while.

        CLOSED ── failures answers in a row failed ──▶ OPEN ── seconds passed ──▶ one call tries
          ▲                                             ▲                             │
          └───────── its first token, or its end ───────┼─────────────────────────────┤
                                                        └──────── it failed ──────────┘

What counts is an *answer*: not its tries, and not what the request or the set-up is to blame for.
The call that tries has a first token as its proof; from then on others may ask, and one more
failure opens the breaker again. Pure: the time is an argument, in seconds of one monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .failure import Proof

__all__ = ["Breaker", "Permit", "Resting"]

_SOON: Final = 1.0
"""Seconds after which to ask again while another call is trying."""


@dataclass(frozen=True, slots=True)
class Resting:
    """No call is made now."""

    seconds: float
    """… and asking again makes sense after so many."""


class Permit:
    """One call that was admitted."""

    __slots__ = ()


class Breaker:
    """Admits calls, and learns how they end: each `Permit` comes back to `ended`, once."""

    def __init__(self, failures: int, seconds: float) -> None:
        self._most = failures
        self._seconds = seconds
        self._in_a_row = 0
        self._open_until: float | None = None
        self._probe: Permit | None = None

    @property
    def is_open(self) -> bool:
        """Whether new calls are kept off, but for the one that tries."""
        return self._open_until is not None

    def admit(self, now: float) -> Permit | Resting:
        """Whether a call may be made now."""
        if self._open_until is None:
            return Permit()
        if self._probe is not None or now < self._open_until:
            return Resting(max(_SOON, self._open_until - now))
        self._probe = Permit()
        return self._probe

    def progressed(self, permit: Permit) -> bool:
        """The call had its first token. Returns whether this closes the breaker.

        It does if the call was the one that tried: others may ask now.
        """
        if permit is not self._probe:
            return False
        self._close(self._most - 1)
        return True

    def ended(self, permit: Permit, proof: Proof, now: float) -> bool:
        """The call is over. Returns whether this opens or closes the breaker.

        ``nothing`` was proved where the call was stopped, or was itself at fault.
        """
        was_open = self.is_open
        tried = permit is self._probe
        if tried:
            self._probe = None  # unless something was proved, the next call tries
        match proof:
            case "works":
                self._close(0)
            case "fails" if tried:
                self._open_until = now + self._seconds
            case "fails" if self._open_until is None:
                self._in_a_row += 1
                if self._in_a_row >= self._most:
                    self._open_until = now + self._seconds
        return self.is_open is not was_open

    def _close(self, in_a_row: int) -> None:
        self._in_a_row = in_a_row
        self._open_until = None
        self._probe = None
