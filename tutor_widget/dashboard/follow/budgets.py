"""Who has little left of the day's questions to a model, as a session's state says it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tutor_widget.server.store import Entry, Head, Listed, SessionKey
from tutor_widget.server.tutors.lesson.teaching.kept import Kept

from .topics import BUDGETS

__all__ = ["Budget", "Budgets"]


class Budget(NamedTuple):
    """One conversation of which the learner has less than a fifth left."""

    key: SessionKey
    is_used_up: bool
    until: int
    """When the next day begins (Unix ms)."""


class Budgets:
    """The small budgets of all conversations."""

    def __init__(self) -> None:
        self._budgets: dict[SessionKey, Budget] = {}

    def all(self, now: int) -> list[Budget]:
        """Those of this day (``now`` in Unix ms), the ones that are used up first."""
        found = (budget for budget in self._budgets.values() if budget.until > now)
        return sorted(found, key=lambda budget: (not budget.is_used_up, budget.key))

    def read(self, listed: Listed, head: Head, entries: Sequence[Entry]) -> Iterable[str]:
        """See `Reader.read`."""
        return self._replace(listed.key, _read(listed.key, head.state))

    def forget(self, key: SessionKey) -> Iterable[str]:
        """See `Reader.forget`."""
        return self._replace(key, None)

    def _replace(self, key: SessionKey, budget: Budget | None) -> Iterable[str]:
        before = self._budgets.pop(key, None)
        if budget is not None:
            self._budgets[key] = budget
        return () if budget == before else (BUDGETS,)


def _read(key: SessionKey, state: object) -> Budget | None:
    """A state may be any JSON. What is malformed says nothing."""
    match Kept(state).table("budget").values:
        case {"left": int() | float() as left, "until": int(until)}:
            return Budget(key, left <= 0, until)
    return None
