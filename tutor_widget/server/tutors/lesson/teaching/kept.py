"""Reads what a session's state holds. What is malformed counts as absent: nothing here raises."""

from __future__ import annotations

from typing import Any, Final

__all__ = ["MOST", "Kept"]

MOST: Final = 9_999
"""The largest number that the widget shows."""


class Kept:
    """A part of a state, which anything may have written."""

    def __init__(self, value: object) -> None:
        self.values: dict[str, Any] = value if isinstance(value, dict) else {}

    def count(self, key: str) -> int | None:
        """A whole number from 0 to `MOST`."""
        value = self.values.get(key)
        return value if type(value) is int and 0 <= value <= MOST else None

    def revision(self, key: str, newest: int) -> int:
        """A revision of the state up to ``newest``, or 0."""
        value = self.values.get(key)
        return value if type(value) is int and 0 <= value <= newest else 0

    def flag(self, key: str) -> bool:
        return self.values.get(key) is True

    def text(self, key: str, most: int) -> str:
        """A text of at most that many characters, or ""."""
        value = self.values.get(key)
        return value if isinstance(value, str) and len(value) <= most else ""

    def entries(self, key: str) -> list[Any] | None:
        """A list of anything."""
        value = self.values.get(key)
        return value if isinstance(value, list) else None

    def table(self, key: str) -> Kept:
        """A part of this part; an empty one, if it is none."""
        return Kept(self.values.get(key))
