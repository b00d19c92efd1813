"""How many tokens an account may use on a day. Pure: what was used, and the time, are arguments.

The tokens of a day are counted by the store (`Turn.spent`). They are looked at before a question is
asked, so what is asked at one time may go beyond the limit (one question in each of the account's
sessions), and the first of a day is never refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from math import ceil
from typing import Final

__all__ = ["Allowance", "Budget", "next_day"]

_SHOWN_BELOW: Final = 0.2
"""The share of a day's tokens below which the learner is shown what is left."""


@dataclass(frozen=True, slots=True)
class Budget:
    """``daily`` tokens for each account, prompt and completion together, or what ``groups`` has.

    0 is no limit.
    """

    daily: int = 0
    groups: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit for anybody."""
        return self.daily > 0 or any(self.groups.values())

    def limit(self, groups: Collection[str]) -> int:
        """The limit of who is in these groups: of several that are named, the most generous."""
        named = [self.groups[group] for group in groups if group in self.groups]
        if not named:
            return self.daily
        return 0 if 0 in named else max(named)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an account may still use today: of ``limit`` tokens ``spent`` were used. 0: no limit."""

    limit: int
    spent: int

    @property
    def is_used_up(self) -> bool:
        return 0 < self.limit <= self.spent

    def left(self, more: int = 0) -> float:
        """The share that is left after ``more`` tokens, from 0 to 1."""
        if self.limit <= 0:
            return 1.0
        return max(0.0, (self.limit - self.spent - more) / self.limit)

    def shown(self, more: int, now: datetime) -> dict[str, float] | None:
        """What the learner sees of it (`budget` in the state); None above a fifth.

        ``until`` is Unix time in ms.
        """
        left = self.left(more)
        if left >= _SHOWN_BELOW:
            return None
        # Rounded up, so that 0 is said of a budget that is used up, and of no other.
        return {"left": ceil(left * 1000) / 1000, "until": int(next_day(now).timestamp() * 1000)}


def next_day(now: datetime) -> datetime:
    """When the next UTC day begins, after an aware ``now``."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), UTC)
