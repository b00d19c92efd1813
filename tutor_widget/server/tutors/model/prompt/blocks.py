"""Text that others wrote, as blocks that it cannot end. Pure, and linear in the text.

A block is a fenced one of CommonMark: its fence has more backticks than any run of them in the
text. So whatever the text says, it says it inside. The text itself is not changed: code stays as
it was written, which a model reads better than JSON with its escapes.

    ````cell
    print("```")
    ````
"""

from __future__ import annotations

import re
from typing import Final, Literal

__all__ = ["CUT", "Label", "block", "cut", "fit", "fit_block", "size"]

Label = Literal[
    "message", "error", "traceback", "cell", "notice", "tutor", "material", "lesson", "question",
    "hint", "mistake",
]  # fmt: skip
"""What a text is. It stands behind the first fence."""
CUT: Final = "\n[… cut …]\n"
"""Stands where the middle of a text was left out."""
_LEAST_FENCE: Final = 3
_TICKS: Final = re.compile("`+")


def size(text: str) -> int:
    """Bytes of UTF-8. Four make about a token: in English, code and Chinese alike."""
    return len(text.encode())


def block(label: Label, text: str) -> str:
    """The text in a block. Between the lines of its fences it stands character for character."""
    fence = "`" * max(_LEAST_FENCE, _longest_run(text) + 1)
    return f"{fence}{label}\n{text}\n{fence}"


def fit_block(label: Label, text: str, room: int) -> str:
    """A block of at most ``room`` bytes (100 or more). Of a longer text the middle is left out."""
    return block(label, fit(text, room))


def fit(text: str, room: int) -> str:
    """The text so that a block of it has at most ``room`` bytes (100 or more)."""
    around = size(block("traceback", text)) - size(text)
    if size(text) + around <= room:
        return text
    # Where the fences alone take all the room, so do the backticks of the text. Of a quarter of
    # the room each fence is shorter than that.
    return cut(text, max(room - around, room // 4))


def cut(text: str, most: int) -> str:
    """The text in at most ``most`` bytes, more than `CUT` has: its beginning and its end."""
    if size(text) <= most:
        return text
    data, half = text.encode(), (most - size(CUT)) // 2
    head, tail = data[:half], data[len(data) - half :]
    return head.decode(errors="ignore") + CUT + tail.decode(errors="ignore")


def _longest_run(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
