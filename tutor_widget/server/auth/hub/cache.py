"""What the hub has said of tokens, and how long that counts.

Pure: time is an argument, in seconds of any monotonic clock. Tokens are given as digests.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, TypeVar

from tutor_widget.server.auth.contract import Account, Denied

__all__ = ["TokenCache"]

Said = TypeVar("Said")
_FRESH: Final = 60.0
"""Seconds for which an account is not asked for again …"""
_REFUSED: Final = 5.0
"""… and a refusal, nor a hub that has not answered."""
_KEPT: Final = 600.0
"""Seconds for which an account is good while the hub does not answer."""
_MOST: Final = 20_000
"""Accounts, and refusals, that are remembered. Of more, the newest."""


@dataclass(frozen=True, slots=True)
class _Known:
    account: Account
    said_at: float
    fresh_until: float


class TokenCache:
    """Remembers accounts and refusals apart: no flood of wrong tokens drives out a right one."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Known] = {}
        self._refused: dict[bytes, tuple[Denied, float]] = {}
        """With the time until which each counts. Both are in the order of the hub's answers."""

    def __len__(self) -> int:
        return len(self._known) + len(self._refused)

    def fresh(self, token: bytes, now: float) -> Account | Denied | None:
        """What needs no question to the hub; None if it has to be asked."""
        known = self._known.get(token)
        if known is not None and now < known.fresh_until:
            return known.account
        denied, until = self._refused.get(token, (None, now))
        return denied if now < until else None

    def kept(self, token: bytes, now: float) -> Account | None:
        """The account of a token that was good lately, for while the hub does not answer.

        For the next 5 s it is `fresh`: the hub is not asked by everyone again and again.
        """
        known = self._known.get(token)
        if known is None or now >= known.said_at + _KEPT:
            return None
        until = min(now + _REFUSED, known.said_at + _KEPT)
        self._known[token] = replace(known, fresh_until=until)
        return known.account

    def learn(self, token: bytes, answer: Account | Denied, asked_at: float) -> None:
        """Remember what the hub has answered to a question that was sent at ``asked_at``."""
        self._known.pop(token, None)
        self._refused.pop(token, None)
        if isinstance(answer, Account):
            self._known[token] = _Known(answer, asked_at, asked_at + _FRESH)
        else:
            self._refused[token] = (answer, asked_at + _REFUSED)
        _forget(self._known, lambda known: known.said_at + _KEPT <= asked_at)
        _forget(self._refused, lambda refused: refused[1] <= asked_at)


def _forget(said: dict[bytes, Said], is_over: Callable[[Said], bool]) -> None:
    """Drop what is over among the two oldest, so that each call costs the same."""
    for token in list(islice(said, 2)):
        if is_over(said[token]):
            del said[token]
    if len(said) > _MOST:
        del said[next(iter(said))]
