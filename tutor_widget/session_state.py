"""What is shown of a session's state outside a page. The state is a tutor's: it may be any JSON.

The page's own reading of it is `js/src/model/session_state.ts` and `js/src/parts/budget.ts`;
`tests/golden/budgets.json` holds both to the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

__all__ = ["Budget", "Level", "is_written_by_ai", "read_budget"]

Level = Literal["fifth", "tenth", "less", "used"]
"""The names of the sentences in the catalogue's ``parts.budget``."""

_LEVELS: Final[tuple[tuple[Level, float], ...]] = (
    ("used", 0),
    ("less", 0.05),
    ("tenth", 0.15),
    ("fifth", 0.2),
)
"""Each level with the largest share, from 0 to 1, that it is said of; the words are the nearest."""
_LONGEST: Final = 25 * 3_600_000
"""A day, and an hour for clocks that differ, in ms: a time of day further on would be ambiguous."""


class Budget(NamedTuple):
    """What is left of today's questions; ``until``: when the next budget begins, in Unix ms."""

    level: Level
    until: int


def is_written_by_ai(state: object) -> bool:
    """Whether the tutor says that a language model writes its answers."""
    return isinstance(state, Mapping) and state.get("ai") is True


def read_budget(state: object, now: int) -> Budget | None:
    """What there is to say at ``now`` (Unix ms); None: nothing, or no budget that can be read."""
    match state:
        case {"budget": {"left": int() | float() as left, "until": int() | float() as until}}:
            pass
        case _:
            return None
    if isinstance(left, bool) or isinstance(until, bool) or left < 0:
        return None
    if not now < until <= now + _LONGEST or until != int(until):
        return None
    level = next((level for level, most in _LEVELS if left <= most), None)
    return Budget(level, int(until)) if level else None
