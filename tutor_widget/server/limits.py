"""How much each account may do: messages a minute, and new sessions an hour.

Pure: time is an argument, in seconds of any monotonic clock.

Where there are no accounts a limit belongs to the address from which a client connects. Many
learners may share one, such as a class behind a router, so it is `SHARED_BY` times as high.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

from tutor_widget.server.auth import Account

__all__ = ["SHARED_BY", "AccountLimits", "Buckets", "stored_limit"]

SHARED_BY: Final = 50
"""By this all limits are multiplied where there are no accounts."""
_MOST: Final = 20_000
"""Owners that one `Buckets` remembers. Of more, those that were active last."""


def stored_limit(account: Account, limit: int) -> int:
    """What the store may hold of an account; 0 is no limit.

    The store knows no addresses: without accounts this is a limit of all sessions together.
    """
    return limit if account.name else limit * SHARED_BY


class Buckets:
    """Token buckets: each owner may take ``limit`` tokens in ``period`` seconds, and at once.

    A ``limit`` of 0 is no limit. Full buckets are forgotten, so the memory goes back to nothing
    when the owners are idle.
    """

    def __init__(self, limit: float, period: float) -> None:
        self._limit = limit
        self._most = max(1.0, limit)
        self._gain = limit / period
        self._buckets: dict[str, tuple[float, float]] = {}
        """Of each owner the tokens and when they were counted, oldest first."""

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, owner: str, now: float) -> float:
        """Take a token and return 0, or return the seconds until there is one."""
        if self._limit <= 0:
            return 0.0
        tokens = self._tokens(owner, now)
        taken = tokens >= 1 - 1e-6  # tolerates rounding after exactly the time returned
        self._buckets.pop(owner, None)
        self._buckets[owner] = (tokens - taken, now)
        self._forget(now)
        return 0.0 if taken else (1 - tokens) / self._gain

    def give_back(self, owner: str, now: float) -> None:
        """Undo a `take`."""
        if owner in self._buckets:
            self._buckets[owner] = (self._tokens(owner, now) + 1, now)

    def _tokens(self, owner: str, now: float) -> float:
        tokens, at = self._buckets.get(owner, (self._most, now))
        return min(self._most, tokens + (now - at) * self._gain)

    def _forget(self, now: float) -> None:
        """Drop full buckets among the two oldest, so that each `take` costs the same."""
        for owner in list(islice(self._buckets, 2)):
            if self._tokens(owner, now) >= self._most:
                del self._buckets[owner]
        if len(self._buckets) > _MOST:
            del self._buckets[next(iter(self._buckets))]


class AccountLimits:
    """The limits of all accounts of a server, or of all addresses where there are no accounts.

    ``rate`` is in messages a minute, ``new_sessions`` in sessions an hour; 0 is no limit.
    """

    def __init__(self, rate: float, new_sessions: float, *, has_accounts: bool) -> None:
        shared_by = 1 if has_accounts else SHARED_BY
        self._messages = Buckets(rate * shared_by, 60)
        self._sessions = Buckets(new_sessions * shared_by, 3600)

    def take_message(self, owner: str, now: float) -> float:
        """Count one message and return 0, or return the seconds until one is allowed."""
        return self._messages.take(owner, now)

    def give_back_message(self, owner: str, now: float) -> None:
        """Do not count a message that was a repeat."""
        self._messages.give_back(owner, now)

    def take_session(self, owner: str, now: float) -> float:
        """Count one new session, which costs a message too. Returns as `take_message` does."""
        if (wait := self._messages.take(owner, now)) > 0:
            return wait
        if (wait := self._sessions.take(owner, now)) > 0:
            self._messages.give_back(owner, now)
        return wait
