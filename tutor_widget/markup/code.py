"""Code in messages, and the one tag that means something."""

from __future__ import annotations

import re
from typing import Final

TICKS: Final = re.compile("`+")
BREAK: Final = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
"""A line break in a cell of a table."""

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
    "|\u200d(?![\u2600-\u27bf\U0001f000-\U0001faff])"
)


def visible(code: str) -> str:
    """Code without characters that are not seen, or that reorder the others."""
    return _INVISIBLE.sub("", code)
