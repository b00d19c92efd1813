"""What can be found out about a message at a step."""

from __future__ import annotations

import enum
from typing import Final

__all__ = ["LETTERS", "Verdict"]

LETTERS: Final = "ABCDEFGH"
"""The names of choices."""


class Verdict(enum.Enum):
    """What a message says about a step's question."""

    RIGHT = "right"
    WRONG = "wrong"
    TWO = "two answers"
    NONE = "no answer"
