"""How often somebody may try to sign in. Pure: time is an argument, in seconds."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

__all__ = ["Attempts"]

_AT_ONCE: Final = 10.0
"""Attempts of one address that fail in a row …"""
_A_MINUTE: Final = 5.0
"""… and further ones a minute."""
_MOST: Final = 10_000
"""Addresses that are remembered. Of more, those that tried last."""


class Attempts:
    """A bucket of attempts for each address. Only those that fail count."""

    def __init__(self) -> None:
        self._spent: dict[Hashable, tuple[float, float]] = {}
        """How many attempts an address has spent, and when that was."""

    def admits(self, address: Hashable, now: float) -> bool:
        """Whether the address may try now."""
        return self._spent_by(address, now) + 1 <= _AT_ONCE

    def failed(self, address: Hashable, now: float) -> None:
        """Count an attempt that failed."""
        spent = self._spent_by(address, now)
        self._spent.pop(address, None)
        self._spent[address] = (spent + 1, now)
        if len(self._spent) > _MOST:
            del self._spent[next(iter(self._spent))]

    def _spent_by(self, address: Hashable, now: float) -> float:
        spent, at = self._spent.get(address, (0.0, now))
        return max(0.0, spent - (now - at) / 60 * _A_MINUTE)
